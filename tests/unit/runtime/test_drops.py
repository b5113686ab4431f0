"""Dropped records are counted each time and told in the log at most every few seconds."""

import logging

import pytest

from headrace import Consumed, StreamsBuilder
from headrace.observe import Metrics
from headrace.observe.events import Event
from headrace.runtime.tasks.drops import INTERVAL_S, Dropper, DropWarnings, dropped_by_reason
from headrace.testing import TestDriver


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    events = [record.msg for record in caplog.records if record.levelno == logging.WARNING]
    return [dict(event.fields) for event in events if isinstance(event, Event) and event.name == "records_dropped"]


@pytest.fixture(autouse=True)
def log_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("headrace"), "propagate", True)
    monkeypatch.setattr(logging.getLogger("headrace"), "level", logging.NOTSET)


def test_the_first_drop_is_told_at_once_and_later_ones_together(caplog):
    seconds, metrics = Seconds(), Metrics()
    drop = Dropper(metrics=metrics, warnings=DropWarnings(seconds), task="0_0", node="counts").counter("late")

    drop()
    for _ in range(3):
        drop()
    assert [fields["records"] for fields in told(caplog)] == [1]

    seconds.now += INTERVAL_S
    drop()
    assert [fields["records"] for fields in told(caplog)] == [1, 4]
    assert metrics.total("headrace_dropped_records_total", reason="late") == 5


def test_each_reason_is_told_once_over_all_tasks(caplog):
    warnings, metrics = DropWarnings(Seconds()), Metrics()
    for task in ("0_0", "0_1"):
        dropper = Dropper(metrics=metrics, warnings=warnings, task=task, node="counts")
        dropper.counter("late")()
        dropper.counter("null-key")()

    assert [(fields["reason"], fields["task"]) for fields in told(caplog)] == [("late", "0_0"), ("null-key", "0_0")]
    assert dropped_by_reason(metrics) == {"late": 2, "null-key": 2}


def test_what_is_dropped_in_the_ordinary_course_is_counted_but_not_told(caplog):
    metrics = Metrics()
    Dropper(metrics=metrics, warnings=DropWarnings(), task="0_0", node="join").counter("outdated-answer")()

    assert told(caplog) == []
    assert dropped_by_reason(metrics) == {}
    assert metrics.total("headrace_dropped_records_total") == 1


def test_a_null_key_in_a_program_is_told_with_the_line_of_the_step(caplog):
    builder = StreamsBuilder()
    builder.stream("text", Consumed(value=str)).group_by_key().count(name="counts")
    with TestDriver(builder.build()) as driver:
        driver.topic("text").pipe(None, "no key")

        assert driver.metrics.total("headrace_dropped_records_total", node="counts", reason="null-key") == 1

    (fields,) = told(caplog)
    assert (fields["reason"], fields["node"], fields["task"]) == ("null-key", "counts", "0_0")
    assert str(fields["line"]).startswith(__file__)


def test_a_record_without_a_usable_time_is_told_with_its_source(caplog):
    builder = StreamsBuilder()
    builder.stream("text", Consumed(value=str, timestamp=lambda _record, _time: -1, name="texts")).to("out")
    with TestDriver(builder.build()) as driver:
        driver.topic("text").pipe("k", "v")

    assert [(fields["reason"], fields["node"]) for fields in told(caplog)] == [("invalid-timestamp", "texts")]
