import pytest

from headrace.core.errors import TopologyError
from headrace.core.windows import JoinWindows
from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.plan.graph import Plan
from headrace.plan.nodes.join import StreamGlobalJoin, StreamStreamJoin, StreamTableJoin
from headrace.plan.nodes.source import Consume, GlobalTableSource, StreamSource, TableSource
from headrace.plan.nodes.table import ForeignKeyJoin, TableFilter, TableTableJoin
from headrace.state.spec import StoreKind, StoreSpec
from headrace.topology.lower.lower import lower_plan

CONSUME = Consume(key_format=String(), value_format=Json())


def spec(name, kind=StoreKind.TIMESTAMPED_KEY_VALUE, **settings):
    return StoreSpec(name=name, kind=kind, key_format=String(), value_format=Json(), **settings)


def stream(name):
    return StreamSource(name=name, topics=(name,), consume=CONSUME, line="app.py:1")


def table(name, **settings):
    store = settings.pop("store", spec(f"{name}-store"))
    return TableSource(name=name, source_name=f"{name}-source", topic=name, consume=CONSUME, store=store, materialized=False)


def stream_table_join(left, right, **settings):
    return StreamTableJoin(
        name="join", stream=left, table=right, how="inner", joiner=min, with_key=False, line="app.py:7", **settings
    )


def test_stream_table_join_connects_both_sub_topologies_and_asks_for_co_partitioning():
    clicks, users = stream("clicks"), table("users")
    topology = lower_plan(Plan((clicks, users, stream_table_join(clicks, users))))
    assert topology.nodes["join"].stores == ("users-store",)
    assert len(topology.subtopologies) == 1
    [group] = topology.copartition
    assert set(group.sources) == {"clicks", "users-source"}
    assert group.reason == "stream-table join 'join' of 'clicks' with 'users'"
    assert group.line == "app.py:7"


def test_join_with_a_view_connects_the_store_above_it():
    clicks, users = stream("clicks"), table("users")
    adults = TableFilter(name="adults", parent=users, predicate=bool)
    topology = lower_plan(Plan((clicks, users, adults, stream_table_join(clicks, adults))))
    assert topology.nodes["join"].stores == ("users-store",)


def test_table_that_nobody_looks_up_has_no_store():
    users = table("users")
    adults = TableFilter(name="adults", parent=users, predicate=bool)
    assert lower_plan(Plan((users, adults))).stores == {}


@pytest.mark.parametrize(
    ("store", "message"),
    [
        (spec("users-store"), "not versioned"),
        (spec("users-store", StoreKind.VERSIONED, history_ms=4), "keeps a history of 4 ms only"),
    ],
)
def test_grace_needs_a_versioned_table_with_enough_history(store, message):
    clicks, users = stream("clicks"), table("users", store=store)
    join = stream_table_join(clicks, users, grace_ms=5, buffer=spec("buffer", StoreKind.STREAM_TABLE_BUFFER))
    with pytest.raises(TopologyError, match=message):
        lower_plan(Plan((clicks, users, join)))


def test_grace_adds_the_buffer():
    clicks, users = stream("clicks"), table("users", store=spec("users-store", StoreKind.VERSIONED, history_ms=5))
    join = stream_table_join(clicks, users, grace_ms=5, buffer=spec("buffer", StoreKind.STREAM_TABLE_BUFFER))
    assert lower_plan(Plan((clicks, users, join))).nodes["join"].stores == ("buffer", "users-store")


def test_sides_of_a_table_join_are_connected_to_the_other_table():
    left, right = table("left"), table("right")
    join = TableTableJoin(
        name="join", left=left, right=right, left_name="this", right_name="other", how="inner", joiner=min, store=spec("result")
    )
    topology = lower_plan(Plan((left, right, join)))
    stores = {name: topology.nodes[name].stores for name in ("this", "other", "join")}
    assert stores == {"this": ("right-store",), "other": ("left-store",), "join": ("result",)}
    assert topology.nodes["join"].parents == ("this", "other")
    assert [group.reason for group in topology.copartition] == ["table-table join 'join' of 'left' with 'right'"]


def stream_stream_join(left, right, how):
    outer = None if how == "inner" else spec("outer", StoreKind.OUTER_JOIN_BUFFER)
    return StreamStreamJoin(
        name="join",
        left=left,
        right=right,
        how=how,
        joiner=min,
        with_key=False,
        windows=JoinWindows(before=10, after=5, grace=3),
        left_windowed="left-windowed",
        right_windowed="right-windowed",
        left_name="this",
        right_name="other",
        left_store=spec("left-store", StoreKind.WINDOW),
        right_store=spec("right-store", StoreKind.WINDOW),
        outer_store=outer,
    )


@pytest.mark.parametrize(
    ("how", "buffer", "outer"),
    [
        ("inner", (), (False, False)),
        ("left", ("outer",), (True, False)),
        ("outer", ("outer",), (True, True)),
    ],
)
def test_each_side_of_a_stream_join_probes_the_other_ones_store(how, buffer, outer):
    left, right = stream("left"), stream("right")
    topology = lower_plan(Plan((left, right, stream_stream_join(left, right, how))))
    assert topology.nodes["this"].stores == ("right-store", *buffer)
    assert topology.nodes["other"].stores == ("left-store", *buffer)
    assert topology.nodes["left-windowed"].stores == ("left-store",)
    sides = [topology.nodes[name].operator for name in ("this", "other")]
    assert [(side.before_ms, side.after_ms, side.grace_ms) for side in sides] == [(10, 5, 3), (5, 10, 3)]
    assert tuple(side.outer for side in sides) == outer
    assert len(topology.copartition) == 1


def test_join_of_a_stream_with_itself_keeps_both_sides_before_joining():
    clicks = stream("clicks")
    topology = lower_plan(Plan((clicks, stream_stream_join(clicks, clicks, "inner"))))
    assert topology.children["clicks"] == ("left-windowed", "right-windowed")
    assert topology.copartition == ()


def test_global_join_needs_no_co_partitioning():
    clicks = stream("clicks")
    users = GlobalTableSource(
        name="users", source_name="users-source", topic="users", consume=CONSUME, store=spec("users-store")
    )
    join = StreamGlobalJoin(name="join", stream=clicks, table=users, how="left", key=min, joiner=min, with_key=False)
    topology = lower_plan(Plan((clicks, users, join)))
    assert topology.nodes["join"].stores == ("users-store",)
    assert topology.copartition == ()
    assert topology.stores == {}


def test_global_table_cannot_be_versioned():
    store = spec("users-store", StoreKind.VERSIONED, history_ms=5)
    users = GlobalTableSource(name="users", source_name="users-source", topic="users", consume=CONSUME, store=store)
    with pytest.raises(TopologyError, match="cannot be versioned"):
        lower_plan(Plan((users,)))


def foreign_key_join(left, right, **settings):
    names = (
        "registration_topic response_topic registration_name registration_sink registration_source receive_name "
        "subscription_join_name right_join_name response_sink response_source resolver_name"
    )
    return ForeignKeyJoin(
        name="result",
        left=left,
        right=right,
        how="inner",
        extractor=min,
        joiner=min,
        left_key_format=String(),
        left_value_format=Json(),
        right_key_format=String(),
        right_value_format=Json(),
        subscription_store=spec("subscriptions"),
        **{name: name.replace("_", "-") for name in names.split()},
        **settings,
    )


def test_foreign_key_join_goes_to_the_right_table_and_back():
    orders, users = table("orders"), table("users")
    topology = lower_plan(Plan((orders, users, foreign_key_join(orders, users))))
    assert list(topology.internal_topics) == ["registration-topic", "response-topic"]
    assert [set(part.stores) for part in topology.subtopologies] == [{"orders-store"}, {"users-store", "subscriptions"}]
    assert [set(group.sources) for group in topology.copartition] == [
        {"users-source", "registration-source"},
        {"orders-source", "response-source"},
    ]
    assert topology.nodes["response-sink"].parents == ("subscription-join-name", "right-join-name")
    assert topology.nodes["resolver-name"].stores == ("orders-store",)


def test_users_partitioners_of_a_foreign_key_join_see_keys_only():
    seen = []
    orders, users = table("orders"), table("users")
    join = foreign_key_join(orders, users, other_partitioner=lambda *given: seen.append(given))
    topology = lower_plan(Plan((orders, users, join)))
    topology.nodes["registration-sink"].partitioner("topic", "key", "subscription", 3)
    assert seen == [("topic", "key", None, 3)]


def test_result_that_must_be_kept_needs_a_store():
    orders, users, clicks = table("orders"), table("users"), stream("clicks")
    result = foreign_key_join(orders, users)
    with pytest.raises(TopologyError, match="'result' must be kept in a store"):
        lower_plan(Plan((orders, users, clicks, result, stream_table_join(clicks, result))))
