"""Stateless steps, branches, sinks, sources and processors as plan nodes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from headrace.core.errors import TopologyError
from headrace.dsl import Branched, Consumed, KStream, Materialized, Produced, Repartitioned
from headrace.formats import Int64, Json, String
from headrace.plan.nodes.sink import Sink
from headrace.plan.nodes.source import GlobalStore, GlobalTableSource, StateStore, StreamSource
from headrace.plan.nodes.stateless import (
    AsyncMapValues,
    Branch,
    Filter,
    FlatMapValues,
    MapValues,
    Peek,
    Process,
    Repartition,
    Split,
)
from headrace.plan.nodes.table import TableTransformValues, ToTable
from headrace.processor.timestamps import CustomTime, FieldTime, WallClockTime
from headrace.state.spec import StoreKind, StoreSpec

from .conftest import Program


def always(key, value) -> bool:
    return True


def store(name: str) -> StoreSpec:
    return StoreSpec(name=name, kind=StoreKind.KEY_VALUE, key_format=String(), value_format=String())


def test_filters_differ_in_negate(program: Program) -> None:
    program.stream("a").filter(always).filter_not(always)
    assert [node.negate for node in program.all(Filter)] == [False, True]


def test_steps_with_a_key_are_marked(program: Program) -> None:
    stream = program.stream("a")
    stream.map_values(str)
    stream.map_values_with_key(max)
    stream.flat_map_values(list)
    stream.flat_map_values_with_key(lambda key, value: [key])
    assert [node.with_key for node in program.all(MapValues)] == [False, True]
    assert [node.with_key for node in program.all(FlatMapValues)] == [False, True]


def test_terminal_steps_end_the_stream(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    stream = program.stream("a")
    stream.peek(always)
    stream.foreach(always)
    stream.print("label")
    peeked, done, printed = program.all(Peek)
    assert [peeked.terminal, done.terminal, printed.terminal] == [False, True, True]
    printed.action("k", {"n": 1})
    assert capsys.readouterr().out == "[label]: k, {'n': 1}\n"


def test_merge_keeps_formats_that_both_sides_have(program: Program) -> None:
    one, other = program.stream("a", Consumed(key=int, value=str)), program.stream("b", Consumed(key=int, value=int))
    one.merge(other).to("out")
    sink = program.the(Sink)
    assert (sink.key_format, sink.value_format) == (Int64(), Json())


def test_sinks_take_given_formats_and_partitioners(program: Program) -> None:
    def first(topic, key, value, partitions) -> int:
        return 0

    program.stream("a").to("out", Produced(key=int, value=str, partitioner=first, name="sink"))
    sink = program.the(Sink)
    assert (sink.name, sink.topic, sink.key_format, sink.value_format) == ("sink", "out", Int64(), String())
    assert sink.partitioner is first


def test_through_writes_and_goes_on_from_the_topic(program: Program) -> None:
    program.stream("a", Consumed(key=int, value=str)).through("mid").to("out")
    _, mid = program.all(StreamSource)
    assert (mid.topics, mid.consume.key_format, mid.consume.value_format) == (("mid",), Int64(), String())
    assert [sink.topic for sink in program.all(Sink)] == ["mid", "out"]


def test_repartition_takes_its_options(program: Program) -> None:
    program.stream("a").repartition(Repartitioned(name="spread", partitions=7, key=int, value=str))
    node = program.the(Repartition)
    assert (node.topic, node.partitions, node.key_format, node.value_format) == ("spread-repartition", 7, Int64(), String())
    assert node.explicit
    with pytest.raises(TopologyError, match="at least one partition"):
        Repartitioned(partitions=0)


# ---- branches ---------------------------------------------------------------------------------------------------------


def test_branches_are_named_after_the_split(program: Program) -> None:
    split = program.stream("a").split(name="by-size-").branch(always, Branched("big")).branch(always)
    assert list(split.default_branch(Branched("rest"))) == ["by-size-big", "by-size-2", "by-size-rest"]
    node = program.the(Split)
    assert (node.branch_names, node.has_default) == (("by-size-big", "by-size-2", "by-size-rest"), True)
    assert len(node.predicates) == 2


def test_an_unnamed_split_derives_its_branches_names(program: Program) -> None:
    assert list(program.stream("a").split().branch(always).default_branch()) == ["a-split-1", "a-split-0"]


def test_a_split_without_default_drops_the_rest(program: Program) -> None:
    assert list(program.stream("a").split().branch(always).no_default_branch()) == ["a-split-1"]
    assert not program.the(Split).has_default


def test_functions_replace_branches_and_consumers_take_them_out(program: Program) -> None:
    split = program.stream("a").split(name="s-")
    split.branch(always, Branched("f", function=lambda branch: branch.map_values(str)))
    split.branch(always, Branched("none", function=lambda branch: None))
    split.branch(always, Branched("c", consumer=lambda branch: branch.to("consumed")))
    branches = split.no_default_branch()
    assert {name: stream.name for name, stream in branches.items()} == {"s-f": "s-f-map-values"}
    assert [sink.topic for sink in program.all(Sink)] == ["consumed"]
    assert [node.name for node in program.all(Branch)] == ["s-f", "s-none", "s-c"]


def test_a_split_stands_where_it_was_begun(program: Program) -> None:
    stream = program.stream("a")
    split = stream.split()
    stream.filter(always)
    split.branch(always).no_default_branch()
    assert program.names() == ["a", "a-split", "a-filter", "a-split-1"]


def test_an_unfinished_split_is_refused_at_the_end(program: Program) -> None:
    program.stream("a").split().branch(always)
    with pytest.raises(TopologyError, match=r"the split made at .*test_streams\.py:\d+ was not finished"):
        program.plan()


# ---- async and processors ---------------------------------------------------------------------------------------------


async def coroutine(*arguments: object) -> bool:
    return True


def test_async_steps_carry_their_bounds(program: Program) -> None:
    stream = program.stream("a", Consumed(value=str))
    stream.map_values_async(coroutine, concurrency=3, timeout="2s", retries=4)
    assert stream.filter_async(coroutine).state.value == String()
    stream.flat_map_values_async(coroutine)
    stream.foreach_async(coroutine)
    nodes = program.all(AsyncMapValues)
    assert [(node.kind, node.with_key) for node in nodes] == [
        ("map", False),
        ("filter", True),
        ("flat_map", False),
        ("foreach", True),
    ]
    assert (nodes[0].concurrency, nodes[0].timeout_ms, nodes[0].retries) == (3, 2000, 4)
    assert (nodes[1].concurrency, nodes[1].timeout_ms, nodes[1].retries) == (16, None, 0)


@pytest.mark.parametrize("wrong", [{"concurrency": 0}, {"timeout": 0}, {"retries": -1}])
def test_impossible_bounds_are_refused(program: Program, wrong) -> None:
    with pytest.raises(TopologyError, match="are not possible"):
        program.stream("a").map_values_async(coroutine, **wrong)


def test_processors_name_their_stores(program: Program) -> None:
    program.add_state_store(store("seen"))
    program.stream("a").process(object, "seen").process_values(object, "seen", name="second")
    program.table("t").transform_values(object, "seen", materialized=Materialized("kept"))
    one, other = program.all(Process)
    assert (one.stores, one.fixed_key, other.stores, other.fixed_key, other.name) == (
        ("seen",),
        False,
        ("seen",),
        True,
        "second",
    )
    transformed = program.the(TableTransformValues)
    assert transformed.store is not None
    assert (transformed.stores, transformed.store.name) == (("seen",), "kept")
    assert program.the(StateStore).store == store("seen")


def test_a_store_may_have_the_name_of_a_step(program: Program) -> None:
    program.add_state_store(store("clicks"))
    program.stream("clicks").process(object, "clicks")
    assert program.names() == ["clicks", "clicks", "clicks-process"]
    with pytest.raises(TopologyError, match="store 'clicks'"):
        program.add_state_store(store("clicks"))


def test_global_stores_and_tables_have_a_source_of_their_own(program: Program) -> None:
    program.add_global_store(store("pages"), "page-topic", object, Consumed(value=str))
    program.global_table("countries", Consumed(key=int), Materialized("countries-now"))
    filled, table = program.the(GlobalStore), program.the(GlobalTableSource)
    assert (filled.source_name, filled.topic, filled.store) == ("page-topic-source", "page-topic", store("pages"))
    assert (table.source_name, table.store.name, table.store.key_format) == ("countries-source", "countries-now", Int64())


def test_a_global_table_has_no_history(program: Program) -> None:
    with pytest.raises(TopologyError, match="global tables keep no versions"):
        program.global_table("g", Consumed(), Materialized("v", history="1h"))


def test_to_table_repartitions_a_rekeyed_stream(program: Program) -> None:
    program.stream("a", Consumed(value=int)).select_key(max).to_table(Materialized("latest"))
    table, repartition = program.the(ToTable), program.the(Repartition)
    assert (table.parent, table.materialized, table.store.value_format) == (repartition, True, Int64())


# ---- sources ----------------------------------------------------------------------------------------------------------


def test_consumed_settles_time_start_and_undecodable_records(program: Program) -> None:
    options = Consumed(value=int, timestamp="at", offset_reset="latest", on_decode_error="skip", name="in")
    program.stream("a", options)
    source = program.the(StreamSource)
    assert source.name == "in"
    assert source.consume.timestamp == FieldTime("at")
    assert (source.consume.offset_reset, source.consume.on_decode_error) == ("latest", "skip")


def test_timestamps_come_from_fields_extractors_and_functions() -> None:
    def now(record, partition_time) -> int:
        return 5

    assert Consumed(timestamp=WallClockTime()).timestamp == WallClockTime()
    assert Consumed(timestamp=now).timestamp == CustomTime(now)
    assert Consumed(offset_reset=timedelta(hours=1)).offset_reset == "by-duration:3600000"


@pytest.mark.parametrize("wrong", [{"timestamp": 3}, {"offset_reset": "newest"}, {"on_decode_error": "ignore"}])
def test_unknown_ways_of_reading_are_refused(wrong) -> None:
    with pytest.raises(TopologyError):
        Consumed(**wrong)


@pytest.mark.parametrize("topics", [[], ["a", "a"]])
def test_no_topic_or_one_twice_is_refused(program: Program, topics) -> None:
    with pytest.raises(TopologyError, match="no topic, or one twice"):
        program.stream(topics)


def test_a_pattern_asked_for_twice_is_one_source(program: Program) -> None:
    program.stream(re.compile("a.*"))
    assert isinstance(program.stream(re.compile("a.*")), KStream)
    assert len(program.all(StreamSource)) == 1
