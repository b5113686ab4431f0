"""Programs as plans: what the DSL makes of each call."""

from __future__ import annotations

import re

import pytest

from headrace.core.errors import TopologyError
from headrace.dsl import Consumed, Materialized, StreamsBuilder
from headrace.formats import Int64, Json, String
from headrace.plan.nodes.sink import Sink
from headrace.plan.nodes.source import StreamSource, TableSource


def test_stream_reads_with_default_formats() -> None:
    builder = StreamsBuilder()
    builder.stream("clicks").to("copy")
    source, sink = builder.plan().nodes
    assert isinstance(source, StreamSource)
    assert isinstance(sink, Sink)
    assert source.topics == ("clicks",)
    assert (source.consume.key_format, source.consume.value_format) == (String(), Json())
    assert (sink.key_format, sink.value_format) == (String(), Json())


def test_source_formats_flow_to_the_sink_until_a_step_changes_the_type() -> None:
    builder = StreamsBuilder()
    numbers = builder.stream("numbers", Consumed(key=int, value=int))
    numbers.filter(lambda key, value: value > key).to("filtered")
    numbers.map_values(str).to("texts")
    numbers.select_key(lambda key, value: str(key)).to("rekeyed")
    sinks = {node.topic: (node.key_format, node.value_format) for node in builder.plan().nodes if isinstance(node, Sink)}
    assert sinks == {"filtered": (Int64(), Int64()), "texts": (Int64(), Json()), "rekeyed": (String(), Int64())}


def test_the_same_topic_asked_for_twice_is_one_source() -> None:
    builder = StreamsBuilder()
    builder.stream("clicks").to("one")
    builder.stream("clicks").to("two")
    assert [node.name for node in builder.plan().nodes] == ["clicks", "clicks-to-one", "clicks-to-two"]


def test_the_same_topic_in_two_ways_is_refused() -> None:
    builder = StreamsBuilder()
    builder.stream("clicks")
    with pytest.raises(TopologyError, match=r"read in another way at .*test_builder.py"):
        builder.stream("clicks", Consumed(value=int))


def test_overlapping_sets_of_topics_are_refused() -> None:
    builder = StreamsBuilder()
    builder.stream(["a", "b"])
    with pytest.raises(TopologyError, match="topic 'b'"):
        builder.stream(["b", "c"])


def test_pattern_gives_a_source_over_a_pattern() -> None:
    builder = StreamsBuilder()
    builder.stream(re.compile("clicks-.*"))
    (source,) = builder.plan().nodes
    assert isinstance(source, StreamSource)
    assert (source.name, source.topics, source.pattern) == ("clicks", (), re.compile("clicks-.*"))


def test_table_keeps_its_store_only_if_named() -> None:
    builder = StreamsBuilder()
    builder.table("users")
    builder.table("cities", Consumed(), Materialized("cities-now"))
    tables = [node for node in builder.plan().nodes if isinstance(node, TableSource)]
    assert [(table.store.name, table.materialized) for table in tables] == [("users", False), ("cities-now", True)]


def test_every_node_carries_the_line_of_the_call() -> None:
    builder = StreamsBuilder()
    builder.stream("clicks").filter(lambda key, value: True).to("copy")
    assert all("test_builder.py:" in node.line for node in builder.plan().nodes)


def test_two_steps_of_one_given_name_are_refused_with_both_lines() -> None:
    builder = StreamsBuilder()
    clicks = builder.stream("clicks")
    clicks.filter(lambda key, value: True, name="mine")
    with pytest.raises(TopologyError, match=r"step 'mine'.*test_builder.py:\d+.*test_builder.py:\d+"):
        clicks.peek(print, name="mine")


def test_illegal_names_are_refused() -> None:
    with pytest.raises(TopologyError, match="no legal step name"):
        StreamsBuilder().stream("clicks").peek(print, name="my step")
