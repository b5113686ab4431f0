"""Schedules: their order and their clocks, and what a punctuation that fails does to its task."""

from collections.abc import Callable
from typing import Any

import pytest

from headrace import (
    Consumed,
    Decision,
    FailedRecord,
    ProcessingError,
    Processor,
    Produced,
    PunctuationType,
    Record,
    StreamsBuilder,
    Topology,
)
from headrace.testing import TestDriver

STREAM, WALL = PunctuationType.STREAM_TIME, PunctuationType.WALL_CLOCK_TIME


class Scheduled(Processor[str, str, str, str]):
    """Calls back by a clock; passes records on."""

    def __init__(self, kind: PunctuationType, interval: int, callback: Callable[[Any, int], None]) -> None:
        self._schedule = kind, interval, callback

    def init(self, context: Any) -> None:
        super().init(context)
        kind, interval, callback = self._schedule
        context.schedule(interval, kind, lambda now: callback(context, now))

    def process(self, record: Record[str, str]) -> None:
        self.context.forward(record)


def topology(*schedules: tuple[PunctuationType, int, Callable[[Any, int], None]]) -> Topology:
    builder = StreamsBuilder()
    stream = builder.stream("in", Consumed(value=str))
    for schedule in schedules:
        stream = stream.process(lambda schedule=schedule: Scheduled(*schedule))
    stream.to("out", Produced(value=str))
    return builder.build()


def tick(name: str) -> Callable[[Any, int], None]:
    return lambda context, now: context.forward(Record(name, str(now), now))


def raising(_context: Any, _now: int) -> None:
    message = "no tick"
    raise ValueError(message)


def test_wall_clock_schedules_run_once_for_time_that_was_jumped_over() -> None:
    with TestDriver(topology((WALL, 10, tick("t")))) as driver:
        driver.advance_wall_clock(9)
        assert driver.topic("out").values() == []
        driver.advance_wall_clock(26)
        driver.advance_wall_clock(5)
        assert driver.topic("out").values() == ["35", "40"]
        assert driver.metrics.total("headrace_punctuations_total", kind="wall_clock") == 2


def test_stream_time_schedules_run_after_the_record_that_brings_them_due() -> None:
    with TestDriver(topology((STREAM, 10, tick("t")))) as driver:
        for time in (3, 9, 10, 31, 25):
            driver.topic("in").pipe("k", f"v{time}", time)
        assert driver.topic("out").values() == ["v3", "3", "v9", "v10", "10", "v31", "31", "v25"]


def test_schedules_that_are_due_together_run_in_the_order_of_their_nodes() -> None:
    with TestDriver(topology((WALL, 10, tick("up")), (WALL, 10, tick("down")))) as driver:
        driver.advance_wall_clock(10)
        assert [key for key, _ in driver.topic("out").key_values()] == ["up", "down"]


@pytest.mark.parametrize("kind", [STREAM, WALL])
def test_a_punctuation_that_raises_names_clock_time_task_node_and_line(kind: PunctuationType) -> None:
    with TestDriver(topology((kind, 10, raising))) as driver, pytest.raises(ProcessingError) as caught:
        if kind is WALL:
            driver.advance_wall_clock(10)
        else:
            driver.topic("in").pipe("k", "v", 10)
    said = str(caught.value)
    assert "ValueError at " in said
    assert "in raising: no tick" in said
    assert f"in a {kind.value} punctuation at 10, task 0_0, node " in said
    assert 'on_process_error="skip"' in said


@pytest.mark.parametrize("kind", [STREAM, WALL])
def test_a_punctuation_that_raises_goes_the_way_of_the_policy_and_others_run(kind: PunctuationType) -> None:
    seen: list[FailedRecord] = []

    def decide(record: FailedRecord) -> Decision:
        seen.append(record)
        return Decision.SKIP

    with TestDriver(topology((kind, 10, raising), (kind, 10, tick("t"))), on_process_error=decide) as driver:
        driver.topic("in").pipe("k", "v", 10)
        driver.advance_wall_clock(10)
        assert ("t", "10") in driver.topic("out").key_values()
        assert driver.metrics.total("headrace_skipped_records_total", stage="punctuate") == 1
    assert [(record.phase, record.topic, record.offset) for record in seen] == [("punctuate", None, None)]


def test_a_punctuation_can_be_dead_lettered_without_a_record() -> None:
    with TestDriver(topology((WALL, 10, raising)), on_process_error="dlq", dlq_topic="dead") as driver:
        driver.advance_wall_clock(10)
        letter = driver.topic("dead", key=str, value=str).read()
    assert (letter.key, letter.value) == (None, None)
    names = [name for name, _ in letter.headers]
    assert names == ["__streams.errors.exception", "__streams.errors.message", "__streams.errors.stacktrace"]
