"""Joins: repartitions, names, stores, and what does not fit."""

from __future__ import annotations

import pytest

from headrace.core.errors import TopologyError
from headrace.core.windows import JoinWindows, TumblingWindows
from headrace.dsl import (
    BufferConfig,
    Consumed,
    Joined,
    Materialized,
    StreamJoined,
    StreamsBuilder,
    Suppressed,
    TableJoined,
)
from headrace.formats import Int64, Json, String
from headrace.plan.nodes.join import StreamGlobalJoin, StreamStreamJoin, StreamTableJoin
from headrace.plan.nodes.sink import Sink
from headrace.plan.nodes.stateless import Repartition
from headrace.plan.nodes.table import ForeignKeyJoin, Suppress, TableTableJoin
from headrace.state.spec import StoreKind

from .conftest import Program

WINDOWS = JoinWindows(before=10, after=20, grace=5)


def pair(left, right):
    return left, right


def test_stream_join_keeps_both_sides_with_duplicates(program: Program) -> None:
    left, right = program.stream("l", Consumed(value=int)), program.stream("r", Consumed(value=str))
    left.join(right, pair, WINDOWS)
    join = program.the(StreamStreamJoin)
    assert join.outer_store is None
    for store, value in ((join.left_store, Int64()), (join.right_store, String())):
        assert (store.kind, store.retention_ms, store.window_size_ms) == (StoreKind.WINDOW, 35, 30)
        assert (store.retain_duplicates, store.caching, store.key_format, store.value_format) == (True, False, String(), value)
        assert ("cleanup.policy", "delete") in store.changelog_config


@pytest.mark.parametrize(("method", "how", "shared"), [("left_join", "left", "left"), ("outer_join", "outer", "outer")])
def test_left_and_outer_stream_joins_keep_what_has_not_joined(program: Program, method, how, shared) -> None:
    left, right = program.stream("l", Consumed(value=int)), program.stream("r", Consumed(value=str))
    getattr(left, method)(right, pair, WINDOWS, StreamJoined(name="j"))
    join = program.the(StreamStreamJoin)
    assert join.how == how
    assert join.outer_store is not None
    assert join.outer_store.name == f"j-{shared}-shared-join-store"
    assert (join.outer_store.kind, join.outer_store.value_format) == (StoreKind.OUTER_JOIN_BUFFER, Int64())
    assert join.outer_store.right_value_format == String()


def test_store_names_follow_the_store_name_and_topics_the_name(program: Program) -> None:
    moved = program.stream("l").select_key(max)
    moved.join(program.stream("r"), pair, WINDOWS, StreamJoined(name="j", store_name="s"))
    join = program.the(StreamStreamJoin)
    assert (join.left_store.name, join.right_store.name) == ("s-this-join-store", "s-other-join-store")
    assert (join.name, join.left_windowed) == ("j-merge", "j-this-windowed")
    assert program.the(Repartition).topic == "j-left-repartition"


def test_only_sides_whose_key_changed_are_repartitioned(program: Program) -> None:
    left, right = program.stream("l"), program.stream("r").select_key(max)
    left.join(right, pair, WINDOWS)
    join, repartition = program.the(StreamStreamJoin), program.the(Repartition)
    assert join.left.name == "l"
    assert join.right == repartition


def test_joins_of_one_stream_share_its_repartition(program: Program) -> None:
    moved = program.stream("l").select_key(max)
    moved.join(program.table("t"), pair)
    moved.join(program.table("u"), pair)
    assert [node.topic for node in program.all(Repartition)] == ["l-select-key-repartition"]


def test_left_joins_keep_null_keys_through_the_repartition_and_inner_joins_do_not(program: Program) -> None:
    table = program.table("t")
    program.stream("a").select_key(max).left_join(table, pair)
    program.stream("b").select_key(max).join(table, pair)
    program.stream("c").select_key(max).repartition().filter(bool).left_join(table, pair)
    kept = {node.topic: node.keep_null_keys for node in program.all(Repartition)}
    assert kept == {
        "a-select-key-repartition": True,
        "b-select-key-repartition": False,
        "c-select-key-by-key-repartition": True,
    }


def test_a_joined_stream_needs_no_further_repartition(program: Program) -> None:
    program.stream("a").select_key(max).join(program.table("t"), pair).group_by_key().count()
    assert len(program.all(Repartition)) == 1


def test_joiners_with_a_key_are_marked(program: Program) -> None:
    stream, table, pages = program.stream("a"), program.table("t"), program.global_table("g")
    stream.join_with_key(table, max)
    stream.left_join_with_key(program.stream("b"), max, WINDOWS)
    stream.outer_join_with_key(program.stream("b"), max, WINDOWS)
    stream.join_with_key(pages, max, key=max)
    joins = [*program.all(StreamTableJoin), *program.all(StreamStreamJoin), *program.all(StreamGlobalJoin)]
    assert all(join.with_key for join in joins)
    assert len(joins) == 4


def test_a_grace_needs_a_versioned_table(program: Program) -> None:
    stream, plain = program.stream("a"), program.table("t")
    with pytest.raises(TopologyError, match="'t' is not versioned"):
        stream.join(plain, pair, Joined(grace="5s"))
    versioned = program.table("v", Consumed(), Materialized("v-store", history="1h"))
    stream.join(versioned, pair, Joined(grace="5s", name="j"))
    buffer = program.the(StreamTableJoin).buffer
    assert buffer is not None
    assert (buffer.name, buffer.kind) == ("j-Buffer", StoreKind.STREAM_TABLE_BUFFER)


def test_a_filtered_versioned_table_is_versioned_and_a_kept_one_is_not(program: Program) -> None:
    versioned = program.table("v", Consumed(), Materialized("v-store", history="1h"))
    program.stream("a").join(versioned.filter(bool).map_values(str), pair, Joined(grace=5))
    with pytest.raises(TopologyError, match="not versioned"):
        program.stream("b").join(versioned.filter(bool, Materialized("plain")), pair, Joined(grace=5))


def test_a_negative_grace_is_refused() -> None:
    with pytest.raises(TopologyError, match="grace must not be negative"):
        Joined(grace=-1)


def test_joins_with_a_global_table_do_not_repartition(program: Program) -> None:
    moved = program.stream("a").select_key(max)
    moved.join(program.global_table("g"), pair, key=max).to("out")
    assert program.all(Repartition) == []
    program.the(StreamGlobalJoin)


def test_sides_of_two_builders_are_refused(program: Program) -> None:
    other = StreamsBuilder()
    with pytest.raises(TopologyError, match="two different builders"):
        program.stream("a").join(other.stream("b"), pair, WINDOWS)
    with pytest.raises(TopologyError, match="two different builders"):
        program.stream("a").join(other.table("b"), pair)
    with pytest.raises(TopologyError, match="two different builders"):
        program.stream("a").join(other.global_table("c"), pair, key=max)
    with pytest.raises(TopologyError, match="two different builders"):
        program.table("d").join(other.table("e"), pair)
    with pytest.raises(TopologyError, match="two different builders"):
        program.table("f").join_on(other.table("g"), max, pair)


def test_a_join_with_something_else_is_refused(program: Program) -> None:
    with pytest.raises(TypeError, match="not str"):
        program.stream("a").join("b", pair, WINDOWS)  # type: ignore[call-overload]


def test_the_result_keeps_the_key_format_and_forgets_the_values(program: Program) -> None:
    left = program.stream("l", Consumed(key=int, value=str))
    left.join(program.table("t", Consumed(key=int, value=str)), pair).to("out")
    sink = program.the(Sink)
    assert (sink.key_format, sink.value_format) == (Int64(), Json())


def test_table_joins_are_kept_only_if_described(program: Program) -> None:
    one, other = program.table("t"), program.table("u")
    assert one.join(other, pair).store_name is None
    assert one.left_join(other, pair, Materialized("kept")).store_name == "kept"
    one.outer_join(other, pair, Materialized(), name="unnamed-store")
    stores = [join.store.name if join.store else None for join in program.all(TableTableJoin)]
    assert stores == [None, "kept", "unnamed-store"]


def test_foreign_key_join_names_everything_after_itself(program: Program) -> None:
    orders, customers = program.table("orders", Consumed(value=str)), program.table("customers", Consumed(key=int))
    joined = orders.join_on(customers, max, pair, TableJoined(name="who"), Materialized("result"))
    node = program.the(ForeignKeyJoin)
    assert (node.registration_topic, node.response_topic) == (
        "who-subscription-registration-topic",
        "who-subscription-response-topic",
    )
    assert node.subscription_store.name == "who-subscription-store"
    assert (node.left_value_format, node.right_key_format) == (String(), Int64())
    assert (node.materialized, joined.store_name) == (True, "result")


def test_foreign_key_join_is_kept_only_on_demand_without_a_store_name(program: Program) -> None:
    program.table("orders").left_join_on(program.table("customers"), max, pair)
    node = program.the(ForeignKeyJoin)
    assert (node.how, node.materialized) == ("left", False)


def test_suppress_until_close_takes_the_windows_grace(program: Program) -> None:
    until_close = Suppressed.until_window_closes(BufferConfig.unbounded())
    counts = program.stream("a").group_by_key().windowed_by(TumblingWindows(10, grace=3)).count()
    counts.filter(bool).map_values(str).suppress(until_close)
    assert program.the(Suppress).grace_ms == 3


def test_suppress_until_close_needs_windows_upstream(program: Program) -> None:
    with pytest.raises(TopologyError, match="'t' has no windows upstream"):
        program.table("t").suppress(Suppressed.until_window_closes(BufferConfig.unbounded()))  # type: ignore[arg-type]


def test_suppress_refuses_versioned_tables(program: Program) -> None:
    versioned = program.table("v", Consumed(), Materialized("v-store", history="1h")).filter(bool)
    with pytest.raises(TopologyError, match="is versioned"):
        versioned.suppress(Suppressed.until_time_limit(5, BufferConfig.unbounded()))


def test_final_results_cannot_be_emitted_early() -> None:
    with pytest.raises(TopologyError, match="final results only"):
        Suppressed.until_window_closes(BufferConfig.max_records(3).emit_early_when_full())
    with pytest.raises(TopologyError, match="must not be negative"):
        Suppressed.until_time_limit(-1, BufferConfig.unbounded())
    with pytest.raises(TopologyError, match="cannot hold -1 records"):
        BufferConfig.max_records(-1)


def test_a_buffer_is_logged_unless_said(program: Program) -> None:
    table = program.table("t")
    table.suppress(Suppressed.until_time_limit("5s", BufferConfig.max_bytes(9).with_max_records(3).emit_early_when_full()))
    table.suppress(Suppressed.until_time_limit("5s", BufferConfig.unbounded().without_logging(), name="bare"))
    one, other = program.all(Suppress)
    assert (one.until_ms, one.bound.max_records, one.bound.max_bytes, one.bound.emit_early) == (5000, 3, 9, True)
    assert (one.store.name, one.store.logging) == ("t-suppress-store", True)
    assert (other.store.name, other.store.logging) == ("bare-store", False)
