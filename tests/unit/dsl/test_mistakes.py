"""What people write who come from Kafka Streams, or mistype: the error says what to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headrace import TopologyBuilder
from headrace.core.windows import HoppingWindows, JoinWindows, SessionWindows, SlidingWindows, TumblingWindows
from headrace.dsl import Consumed, Grouped, Joined, Materialized, Produced, Repartitioned, StreamJoined, StreamsBuilder

STREAM = StreamsBuilder().stream("a")
GROUPED = STREAM.group_by_key()
MINUTES = TumblingWindows("1m", grace=0)

NAMES: list[tuple[Any, str, str]] = [
    (STREAM, "mapValues", "map_values"),
    (STREAM, "groupByKey", "group_by_key"),
    (STREAM, "flatMapValues", "flat_map_values"),
    (STREAM, "branch", "split"),
    (STREAM, "map_value", "map_values"),
    (STREAM.to_table(), "toStream", "to_stream"),
    (STREAM.to_table().group_by(lambda k, v: (k, v)), "aggregat", "aggregate"),
    (GROUPED, "windowedBy", "windowed_by"),
    (GROUPED.windowed_by(MINUTES), "emitStrategy", "emit"),
    (GROUPED.windowed_by(SessionWindows("1m", grace=0)), "agregate", "aggregate"),
    (GROUPED.cogroup(lambda k, v, a: a), "windowedBy", "windowed_by"),
    (STREAM.split(), "defaultBranch", "default_branch"),
    (StreamsBuilder(), "globalTable", "global_table"),
    (StreamsBuilder(), "addStateStore", "add_state_store"),
    (StreamsBuilder().global_table("g"), "queryableStoreName", "store_name"),
    (TopologyBuilder(), "addSource", "add_source"),
]


@pytest.mark.parametrize(("owner", "name", "meant"), NAMES, ids=[f"{type(o).__name__}.{n}" for o, n, _ in NAMES])
def test_a_name_of_kafka_streams_gets_the_one_here(owner: Any, name: str, meant: str) -> None:
    assert hasattr(owner, meant)
    with pytest.raises(AttributeError, match=rf"{type(owner).__name__} has no '{name}'; did you mean {meant}\?"):
        getattr(owner, name)


def test_a_name_that_is_like_no_other_gets_the_list() -> None:
    with pytest.raises(AttributeError, match="KGroupedStream has no 'sum'; it has aggregate, cogroup, count, reduce"):
        GROUPED.sum  # type: ignore[attr-defined]  # noqa: B018


BY_NAME: dict[str, Callable[..., Any]] = {
    "Consumed": Consumed,
    "Produced": Produced,
    "Grouped": Grouped,
    "Repartitioned": Repartitioned,
    "Joined": Joined,
    "StreamJoined": StreamJoined,
    "Materialized": Materialized,
}


@pytest.mark.parametrize(("name", "kind"), BY_NAME.items(), ids=BY_NAME)
def test_options_without_their_names_are_told_how_they_are_written(name: str, kind: Callable[..., Any]) -> None:
    with pytest.raises(
        TypeError, match=rf"^{name}\(\) takes (no arguments|1 argument) without a name; write {name}\(.*\w+=\w+"
    ):
        kind(str, str)


def test_a_misspelt_option_gets_the_one_that_was_meant() -> None:
    with pytest.raises(TypeError, match=r"^Consumed\(\) has no argument 'value_format'; did you mean value=\.\.\.\?"):
        Consumed(value_format=str)  # type: ignore[call-overload]


@pytest.mark.parametrize("method", ["stream", "table", "global_table"])
def test_formats_given_to_a_source_itself_are_sent_to_consumed(method: str) -> None:
    with pytest.raises(TypeError, match=rf"^{method}\(\) has no argument 'value'; .* go into Consumed: Consumed\(key=str"):
        getattr(StreamsBuilder(), method)("a", value=str)


def test_formats_given_to_a_sink_itself_are_sent_to_produced() -> None:
    with pytest.raises(TypeError, match=r"^to\(\) has no argument 'value'; .* go into Produced: Produced\(key=str"):
        STREAM.to("b", value=str)  # type: ignore[call-arg]


WITHOUT_GRACE: dict[str, Callable[..., Any]] = {
    "TumblingWindows": lambda: TumblingWindows("1m"),  # type: ignore[call-arg]
    "SessionWindows": lambda: SessionWindows("1m"),  # type: ignore[call-arg]
    "SlidingWindows": lambda: SlidingWindows("1m"),  # type: ignore[call-arg]
    "HoppingWindows": lambda: HoppingWindows("1m", "10s"),  # type: ignore[call-arg]
    "JoinWindows": lambda: JoinWindows(before="1m", after="1m"),  # type: ignore[call-arg]
    "within": lambda: JoinWindows.within("1m"),  # type: ignore[call-arg]
}


@pytest.mark.parametrize(("name", "make"), WITHOUT_GRACE.items(), ids=WITHOUT_GRACE)
def test_windows_without_a_grace_are_told_what_it_is(name: str, make: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match=rf'^{name}\(\) needs grace; it is how long .* grace="10s", or grace=NO_GRACE'):
        make()
