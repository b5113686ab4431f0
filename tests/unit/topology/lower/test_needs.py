"""The cases stand in the order of the DSL calls, as that order matters."""

import pytest

from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.plan.graph import Plan
from headrace.plan.nodes.aggregate import Aggregation, TableAggregate, TableGroup
from headrace.plan.nodes.join import StreamTableJoin
from headrace.plan.nodes.source import Consume, StreamSource, TableSource
from headrace.plan.nodes.stateless import Repartition
from headrace.plan.nodes.table import BufferBound, Suppress, TableFilter, TableMapValues, TableTableJoin, ToStream
from headrace.state.spec import StoreKind, StoreSpec
from headrace.topology.lower.needs import table_needs

CONSUME = Consume(key_format=String(), value_format=Json())


def spec(name):
    return StoreSpec(name=name, kind=StoreKind.TIMESTAMPED_KEY_VALUE, key_format=String(), value_format=Json())


def table(name="table", *, kept=False):
    return TableSource(
        name=name, source_name=f"{name}-source", topic=name, consume=CONSUME, store=spec(f"{name}-store"), materialized=kept
    )


def filtered(parent, name="filter", store=None):
    return TableFilter(name=name, parent=parent, predicate=bool, store=store)


def mapped(parent, name="map", store=None):
    return TableMapValues(name=name, parent=parent, mapper=str, store=store)


def joined(left, right, how="inner", name="join", store=None):
    return TableTableJoin(
        name=name, left=left, right=right, left_name="this", right_name="other", how=how, joiner=min, store=store
    )


def stream_joined(right, name="stream-join"):
    stream = StreamSource(name="stream", topics=("stream",), consume=CONSUME)
    return StreamTableJoin(name=name, stream=stream, table=right, how="inner", joiner=min, with_key=False)


def grouped(parent, name="group"):
    return TableGroup(name=name, parent=parent, selector=divmod)


def needs(*nodes):
    found = table_needs(Plan(nodes))
    return set(found.materialized), set(found.send_old)


def test_nothing_is_kept_that_nobody_needs():
    source = table()
    only_filtered = filtered(source)
    assert needs(source, only_filtered, ToStream(name="stream", parent=only_filtered)) == (set(), set())


def test_filter_asks_a_kept_parent_for_old_values():
    source = table(kept=True)
    assert needs(source, filtered(source)) == ({"table"}, {"table", "filter"})


def test_filter_with_a_store_does_not_make_its_parent_kept():
    source = table()
    assert needs(source, filtered(source, store=spec("f"))) == ({"filter"}, set())


def test_filter_before_the_parent_became_kept_sends_no_old_values():
    source = table()
    early, late = filtered(source, "early"), filtered(source, "late")
    assert needs(source, early, stream_joined(source), late) == ({"table"}, {"table", "late"})


def test_filter_of_a_filter_finds_the_kept_table_above():
    source = table(kept=True)
    first = mapped(source)
    assert needs(source, first, filtered(first)) == ({"table"}, {"table", "map", "filter"})


def test_stream_join_needs_the_table_above_a_view():
    source = table()
    view = mapped(filtered(source))
    assert needs(source, view.parent, view, stream_joined(view)) == ({"table"}, set())


def test_stream_join_with_a_kept_result_needs_nothing_above():
    source = table()
    kept = mapped(source, store=spec("m"))
    assert needs(source, kept, stream_joined(kept)) == ({"map"}, set())


def test_grouping_needs_old_values_all_the_way_up():
    source = table()
    view = mapped(source)
    assert needs(source, view, grouped(view)) == ({"table"}, {"table", "map"})


def test_grouping_a_kept_result_needs_no_old_values_above_it():
    source = table()
    kept = mapped(source, store=spec("m"))
    assert needs(source, kept, grouped(kept)) == ({"map"}, {"map"})


@pytest.mark.parametrize(("how", "send_old"), [("inner", set()), ("left", {"left"}), ("outer", {"left", "right"})])
def test_table_join_keeps_both_tables_and_asks_for_old_values_of_optional_sides(how, send_old):
    left, right = table("left"), table("right")
    assert needs(left, right, joined(left, right, how)) == ({"left", "right"}, send_old)


def test_old_values_of_a_join_need_those_of_both_tables():
    left, right = table("left"), table("right")
    join = joined(left, right)
    assert needs(left, right, join, grouped(join)) == ({"left", "right"}, {"left", "right", "join"})


def test_filter_of_a_join_asks_both_tables_for_old_values():
    left, right = table("left"), table("right")
    join = joined(left, right)
    assert needs(left, right, join, filtered(join))[1] == {"left", "right", "join", "filter"}


def test_suppress_needs_old_values_and_passes_them_on_when_asked():
    source = table()
    held = Suppress(name="held", parent=source, until_ms=5, grace_ms=0, bound=BufferBound(), store=spec("buffer"))
    assert needs(source, held) == ({"table"}, {"table"})
    assert needs(source, held, filtered(held)) == ({"table"}, {"table", "held", "filter"})


def test_aggregate_sends_old_values_if_asked():
    source = table()
    group = grouped(source)
    repartition = Repartition(
        name="again", parent=group, topic="t", filter_name="f", sink_name="s", key_format=String(), value_format=Json()
    )
    count = TableAggregate(
        name="count", parent=repartition, aggregation=Aggregation(initializer=int, aggregator=max), store=spec("c")
    )
    assert needs(source, group, repartition, count)[1] == {"table"}
    assert needs(source, group, repartition, count, filtered(count))[1] == {"table", "count", "filter"}
