"""Topics that are joined have to have their keys written alike."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from headrace import (
    PLAIN,
    Avro,
    Consumed,
    Double,
    Grouped,
    Int32,
    JoinWindows,
    Json,
    Materialized,
    Protobuf,
    StreamsBuilder,
    String,
    TopologyError,
    TumblingWindows,
    WindowedFormat,
)


@dataclass(frozen=True)
class Device:
    id: str


def joined(left: Any, right: Any) -> None:
    builder = StreamsBuilder()
    table = builder.table("devices", Consumed(key=right, value=str))
    builder.stream("events", Consumed(key=left, value=str)).join(table, lambda event, device: event + device).to("out")
    builder.build()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (str, int),
        (int, Int32()),
        (int, Double()),
        (str, Json(str)),
        (Avro(Device), Avro(Device, PLAIN)),
        (Avro(Device), Protobuf(Device)),
        (Json(Device), Avro(Device, PLAIN)),
        (Avro(Device), str),
    ],
    ids=repr,
)
def test_a_join_of_keys_that_are_written_differently_is_refused(left: Any, right: Any) -> None:
    with pytest.raises(TopologyError, match="needs inputs whose keys are written alike") as refused:
        joined(left, right)
    assert re.search(r"source 'events', made at .*test_key_formats\.py:\d+ reads ", refused.value.message)
    assert "the same key= to both Consumed(...)" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("left", "right"),
    [(str, str), (bytes, int), (Json(Device), Json(dict)), (Avro(Device), Avro())],
    ids=["the same", "bytes may be anything", "the same JSON", "schemas are compared when the program starts"],
)
def test_a_join_of_keys_that_may_be_written_alike_is_built(left: Any, right: Any) -> None:
    joined(left, right)


def test_every_kind_of_join_is_looked_at() -> None:
    def streams(builder: StreamsBuilder) -> None:
        one, other = builder.stream("a", Consumed(key=str)), builder.stream("b", Consumed(key=int))
        one.join(other, lambda a, b: [a, b], JoinWindows.within("1s", grace="1s")).to("out")

    def tables(builder: StreamsBuilder) -> None:
        builder.table("a", Consumed(key=str)).join(builder.table("b", Consumed(key=int)), lambda a, b: [a, b])

    def grouped(builder: StreamsBuilder) -> None:
        counts = (
            builder.stream("a")
            .group_by(lambda _, value: value, Grouped(key=Json(str), value=Json()))
            .count(materialized=Materialized(key=Json(str)))
        )
        builder.stream("b", Consumed(key=str)).join(counts, lambda a, b: [a, b]).to("out")

    for build in (streams, tables, grouped):
        builder = StreamsBuilder()
        build(builder)
        with pytest.raises(TopologyError, match="keys are written alike"):
            builder.build()


def test_windows_of_a_key_lie_where_the_key_does() -> None:
    builder = StreamsBuilder()
    counts = builder.stream("a", Consumed(key=str)).group_by_key().windowed_by(TumblingWindows("1s", grace="1s")).count()
    limits = builder.table("limits", Consumed(key=WindowedFormat(String(), "1s"), value=int))
    counts.join(limits, lambda count, limit: count > limit)
    builder.build()
