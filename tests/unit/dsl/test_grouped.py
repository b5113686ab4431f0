"""Grouping and aggregating: repartitions, stores, formats."""

from __future__ import annotations

import pytest

from headrace.core.errors import TopologyError
from headrace.core.windows import (
    END_OF_TIME,
    HoppingWindows,
    SessionWindows,
    SlidingWindows,
    TumblingWindows,
    UnlimitedWindows,
)
from headrace.dsl import Consumed, Grouped, Materialized, StreamsBuilder
from headrace.formats import Int64, Json, SessionWindowedFormat, String, WindowedFormat
from headrace.formats.change import ChangedFormat
from headrace.plan.nodes.aggregate import (
    Aggregation,
    CogroupAggregate,
    PartialAggregate,
    Reduction,
    SessionAggregate,
    StreamAggregate,
    TableAggregate,
    WindowAggregate,
)
from headrace.plan.nodes.sink import Sink
from headrace.plan.nodes.stateless import Repartition, SelectKey
from headrace.state.spec import StoreKind

from .conftest import Program


def test_group_by_key_needs_no_repartition_while_the_key_stays(program: Program) -> None:
    program.stream("clicks").filter(bool).map_values(str).peek(print).group_by_key().count()
    assert program.all(Repartition) == []


@pytest.mark.parametrize(
    "rekeyed",
    [
        lambda s: s.select_key(max),
        lambda s: s.map(lambda k, v: (k, v)),
        lambda s: s.flat_map(lambda k, v: [(k, v)]),
        lambda s: s.select_key(max).filter(bool).map_values(str),
        lambda s: s.merge(s.select_key(max)),
        lambda s: s.process(object),
        lambda s: s.split().branch(bool).default_branch()["clicks-split-1"].select_key(max),
    ],
)
def test_group_by_key_repartitions_behind_a_change_of_the_key(program: Program, rekeyed) -> None:
    rekeyed(program.stream("clicks")).group_by_key().count()
    assert len(program.all(Repartition)) == 1


def test_process_values_keeps_the_partitioning(program: Program) -> None:
    program.stream("clicks").process_values(object).group_by_key().count()
    assert program.all(Repartition) == []


def test_an_explicit_repartition_settles_the_partitioning(program: Program) -> None:
    program.stream("clicks").select_key(max).repartition().group_by_key().count()
    (repartition,) = program.all(Repartition)
    assert repartition.explicit


def test_group_by_selects_a_key_and_repartitions(program: Program) -> None:
    program.stream("clicks", Consumed(key=int, value=int)).group_by(max, Grouped(key=str)).count()
    selected, repartition = program.the(SelectKey), program.the(Repartition)
    assert repartition.parent == selected
    assert (repartition.key_format, repartition.value_format) == (String(), Int64())


def test_aggregations_share_a_named_repartition(program: Program) -> None:
    grouped = program.stream("clicks").group_by(max, Grouped(name="by-page"))
    grouped.count()
    grouped.reduce(max)
    assert [node.topic for node in program.all(Repartition)] == ["by-page-repartition"]


def test_aggregations_without_a_named_repartition_have_one_each(program: Program) -> None:
    grouped = program.stream("clicks").group_by(max)
    grouped.count()
    grouped.reduce(max)
    assert len(program.all(Repartition)) == 2


def test_count_is_an_int64_under_the_streams_key(program: Program) -> None:
    counts = program.stream("clicks", Consumed(key=int, value=str)).group_by_key().count()
    counts.to_stream().to("counts")
    store, sink = program.the(StreamAggregate).store, program.the(Sink)
    assert (store.key_format, store.value_format) == (Int64(), Int64())
    assert (sink.key_format, sink.value_format) == (Int64(), Int64())


def test_reduce_keeps_the_streams_formats_and_aggregate_the_materialized_ones(program: Program) -> None:
    grouped = program.stream("words", Consumed(value=str)).group_by_key()
    grouped.reduce(max)
    grouped.aggregate(int, lambda key, word, n: n + 1, Materialized(value=int))
    grouped.aggregate(int, lambda key, word, n: n + 1, name="loose")
    assert [node.store.value_format for node in program.all(StreamAggregate)] == [String(), Int64(), Json()]


def test_stores_are_cached_and_logged_unless_said(program: Program) -> None:
    grouped = program.stream("words").group_by_key()
    grouped.count(Materialized("default"))
    grouped.count(Materialized("bare", caching=False, logging=False, changelog_config={"retention.ms": "5"}))
    default, bare = (node.store for node in program.all(StreamAggregate))
    assert (default.caching, default.logging, default.kind) == (True, True, StoreKind.TIMESTAMPED_KEY_VALUE)
    assert (bare.caching, bare.logging, bare.changelog_config) == (False, False, (("retention.ms", "5"),))


def test_a_history_makes_the_store_versioned_and_uncached(program: Program) -> None:
    program.stream("words").group_by_key().count(Materialized("v", history="1h"))
    store = program.the(StreamAggregate).store
    assert (store.kind, store.history_ms, store.caching) == (StoreKind.VERSIONED, 3_600_000, False)


WINDOWS = [
    (TumblingWindows(10, grace=3), 13, 10, 10),
    (HoppingWindows(10, advance=5, grace=3), 13, 10, 10),
    (SlidingWindows(10, grace=3), 23, 10, 10),
    (UnlimitedWindows(), END_OF_TIME, END_OF_TIME, END_OF_TIME),
]


@pytest.mark.parametrize(("windows", "retention", "size", "key_size"), WINDOWS)
def test_window_stores_keep_size_and_grace(program: Program, windows, retention, size, key_size) -> None:
    counts = program.stream("clicks").group_by_key().windowed_by(windows).count()
    node = program.the(WindowAggregate)
    assert (node.store.kind, node.store.retention_ms, node.store.window_size_ms) == (
        StoreKind.TIMESTAMPED_WINDOW,
        retention,
        size,
    )
    assert counts.state.key == WindowedFormat(String(), key_size)


def test_session_stores_keep_gap_and_grace(program: Program) -> None:
    counts = program.stream("clicks").group_by_key().windowed_by(SessionWindows(10, grace=3)).count()
    store = program.the(SessionAggregate).store
    assert (store.kind, store.retention_ms) == (StoreKind.SESSION, 13)
    assert counts.state.key == SessionWindowedFormat(String())


def test_a_longer_retention_is_taken_and_a_shorter_one_refused(program: Program) -> None:
    windowed = program.stream("clicks").group_by_key().windowed_by(TumblingWindows(10, grace=3))
    windowed.count(Materialized("long", retention=100))
    assert program.the(WindowAggregate).store.retention_ms == 100
    with pytest.raises(TopologyError, match="retention of 12 ms, needed are 13 ms"):
        windowed.count(Materialized("short", retention=12))


def test_retention_and_history_are_refused_where_they_mean_nothing(program: Program) -> None:
    grouped = program.stream("clicks").group_by_key()
    with pytest.raises(TopologyError, match="neither windows nor sessions"):
        grouped.count(Materialized("a", retention=12))
    with pytest.raises(TopologyError, match="no versions"):
        grouped.windowed_by(TumblingWindows(10, grace=3)).count(Materialized("b", history=12))
    with pytest.raises(TopologyError, match="not both"):
        Materialized("c", history=12, retention=12)


def test_emit_on_close_is_noted_and_switches_caches_off_where_kafka_does(program: Program) -> None:
    grouped = program.stream("clicks").group_by_key()
    grouped.windowed_by(TumblingWindows(10, grace=3)).emit(on="window-close").count()
    grouped.windowed_by(SlidingWindows(10, grace=3)).emit(on="window-close").count()
    grouped.windowed_by(SlidingWindows(10, grace=3)).emit(on="update").count()
    grouped.windowed_by(SessionWindows(10, grace=3)).emit(on="window-close").count()
    nodes = [*program.all(WindowAggregate), *program.all(SessionAggregate)]
    assert [node.emit_on_close for node in nodes] == [True, True, False, True]
    assert [node.store.caching for node in nodes] == [True, False, True, False]


def test_unlimited_windows_cannot_emit_on_close(program: Program) -> None:
    unlimited = program.stream("clicks").group_by_key().windowed_by(UnlimitedWindows())
    with pytest.raises(TopologyError, match="unlimited windows never close"):
        unlimited.emit(on="window-close")
    with pytest.raises(TopologyError, match="is not known"):
        unlimited.emit(on="close")  # type: ignore[arg-type]


def test_sessions_carry_a_merger_or_a_reducer(program: Program) -> None:
    sessions = program.stream("clicks").group_by_key().windowed_by(SessionWindows(10, grace=3))
    sessions.count()
    sessions.reduce(max)
    counted, reduced = (node.aggregation for node in program.all(SessionAggregate))
    assert isinstance(counted, Aggregation)
    assert counted.merger is not None
    assert counted.merger("key", 2, 3) == 5
    assert isinstance(reduced, Reduction)


def test_cogroup_collects_inputs_in_order(program: Program) -> None:
    clicks, views = program.stream("clicks").group_by_key(), program.stream("views").group_by(max, Grouped(name="v"))
    clicks.cogroup(lambda key, click, n: n + 1).cogroup(views, lambda key, view, n: n + 2).aggregate(int, name="both")
    node = program.the(CogroupAggregate)
    assert [each.name for each in node.inputs] == ["both-cogroup-agg-0", "both-cogroup-agg-1"]
    assert [each.parent.name for each in node.inputs] == ["clicks", "v-repartition-source"]
    assert [each.aggregator("k", "v", 0) for each in node.inputs] == [1, 2]
    assert (node.name, node.store.name) == ("both-cogroup-merge", "both")


def test_two_regrouped_inputs_of_a_cogroup_need_topic_names(program: Program) -> None:
    one, other = program.stream("a").group_by(max), program.stream("b").group_by(max)
    cogroup = one.cogroup(lambda key, value, n: n).cogroup(other, lambda key, value, n: n)
    with pytest.raises(TopologyError, match="repartition topic 'x-repartition'"):
        cogroup.aggregate(int, Materialized("x"))


def test_windowed_cogroups_have_the_windows_stores(program: Program) -> None:
    cogroup = program.stream("a").group_by_key().cogroup(lambda key, value, n: n)
    cogroup.windowed_by(TumblingWindows(10, grace=3)).aggregate(int, name="t")
    cogroup.windowed_by(SessionWindows(10, grace=3)).aggregate(int, lambda key, one, other: one, name="s")
    kinds = [node.store.kind for node in program.all(CogroupAggregate)]
    assert kinds == [StoreKind.TIMESTAMPED_WINDOW, StoreKind.SESSION]


def test_streams_of_two_builders_do_not_mix(program: Program) -> None:
    other = StreamsBuilder().stream("b")
    with pytest.raises(TopologyError, match=r"a cogroup at .*test_grouped\.py:\d+ takes streams or tables of two"):
        program.stream("a").group_by_key().cogroup(lambda k, v, n: n).cogroup(other.group_by_key(), lambda k, v, n: n)
    with pytest.raises(TopologyError, match="a merge at"):
        program.stream("a").merge(other)


def test_a_regrouped_table_sends_changes_through_a_topic(program: Program) -> None:
    users = program.table("users", Consumed(value=str))
    users.group_by(lambda key, user: (user, 1), Grouped(value=int)).count(Materialized("per-city"))
    repartition, aggregate = program.the(Repartition), program.the(TableAggregate)
    assert (repartition.topic, repartition.filter_name) == ("per-city-repartition", None)
    assert repartition.value_format == ChangedFormat(Int64())
    assert aggregate.parent == repartition
    assert isinstance(aggregate.aggregation, Aggregation)
    assert aggregate.aggregation.subtractor is not None
    assert aggregate.aggregation.subtractor("key", 1, 3) == 2


def test_aggregations_of_a_regrouped_table_share_a_named_topic(program: Program) -> None:
    grouped = program.table("users").group_by(lambda key, user: (user, 1), Grouped(name="by-city"))
    grouped.count()
    grouped.reduce(max, min)
    assert [node.topic for node in program.all(Repartition)] == ["by-city-repartition"]


def regrouped(program: Program, materialized: Materialized | None = None, key: type = str) -> WindowAggregate:
    windowed = program.stream("in").group_by(lambda _, value: value, Grouped(key=key)).windowed_by(TumblingWindows("1s", "1s"))
    windowed.aggregate(int, lambda _key, _value, total: total + 1, materialized, merger=lambda _key, one, other: one + other)
    return program.the(WindowAggregate)


def test_a_merger_aggregates_parts_before_the_repartition(program: Program) -> None:
    node = regrouped(program, Materialized("s", value=int))
    assert isinstance(node.parent, Repartition)
    assert isinstance(node.parent.parent, PartialAggregate)
    assert node.parent.value_format == node.store.value_format == Int64()
    assert isinstance(node.aggregation, Aggregation)
    assert node.aggregation.aggregator("key", 3, 4) == 7


@pytest.mark.parametrize(("materialized", "key"), [(Materialized(caching=False), str), (None, float)])
def test_nothing_is_aggregated_in_parts_where_that_could_be_seen(program: Program, materialized, key) -> None:
    node = regrouped(program, materialized, key)
    assert isinstance(node.parent, Repartition)
    assert isinstance(node.parent.parent, SelectKey)


def test_a_merger_needs_tumbling_windows(program: Program) -> None:
    windowed = program.stream("in").group_by_key().windowed_by(HoppingWindows("2s", "1s", "1s"))
    with pytest.raises(TopologyError, match="has a merger, and HoppingWindows"):
        windowed.aggregate(int, lambda _key, _value, total: total, merger=lambda _key, one, other: one + other)
