"""When to commit."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from headrace import StreamsBuilder
from headrace.log.memory import MemoryLog
from headrace.runtime.commit.interval import CommitInterval
from headrace.runtime.tasks.task import Task
from support import tasks as bench
from support.tasks import Bench

HOUR_MS = 3_600_000


@pytest.fixture
def made(log: MemoryLog, tmp_path: Path) -> Bench:
    bench.make_topics(log, **{"in": 1})
    builder = StreamsBuilder()
    builder.stream("in").group_by(lambda key, _: key).count()
    return Bench(builder.build(), log, tmp_path)


def test_without_anything_done_nothing_is_due(made: Bench) -> None:
    interval = CommitInterval(0, made.services.memory)
    assert interval.over
    assert not interval.due([], idle=True)
    assert interval.idle_wait() > 0


def test_what_was_done_is_due_when_the_interval_is_over(made: Bench) -> None:
    now, later = CommitInterval(0, made.services.memory), CommitInterval(HOUR_MS, made.services.memory)
    now.dirty = later.dirty = True
    assert now.due([], idle=False)
    assert now.idle_wait() == 0.0
    assert not later.due([], idle=False)
    now.begin()
    assert not now.dirty


@pytest.mark.parametrize(("began", "next_at"), [(100.0, 110.0), (98.0, 108.0), (90.0, 105.0)])
def test_an_interval_counts_from_the_begin_of_the_commit_but_half_of_it_comes_after_the_end(
    made: Bench, monkeypatch: pytest.MonkeyPatch, began: float, next_at: float
) -> None:
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr("headrace.runtime.commit.interval.time", clock)
    interval = CommitInterval(10_000, made.services.memory)
    interval.begin(began)
    clock.monotonic = lambda: next_at - 0.1
    assert not interval.over
    clock.monotonic = lambda: next_at
    assert interval.over


def test_what_waits_for_a_repartition_topic_is_due_when_there_is_nothing_else_to_do(
    made: Bench, log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headrace.runtime.commit.interval._EARLY_S", 0.0)
    interval, task = CommitInterval(HOUR_MS, made.services.memory), running(made, log)
    interval.dirty = True
    assert not interval.due([task], idle=True)
    task.process(1)
    assert interval.due([task], idle=True)
    assert not interval.due([task], idle=False)
    task.close()


def running(made: Bench, log: MemoryLog) -> Task:
    """A task with a record to process."""
    task = made.task()
    task.begin_running()
    bench.write(log, "in", (b"a", b"1", 1))
    bench.poll_into(log, task)
    return task
