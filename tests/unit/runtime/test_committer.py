"""The commit: its order, what a failure at each point leaves behind, and when nothing is written."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace import Json, LogError, Materialized, Produced, Repartitioned, StreamsBuilder, TopicPartition, Topology
from headrace.core.errors import LogBusyError
from headrace.log.api import Log
from headrace.log.embedded import open_log
from headrace.log.memory import MemoryLog
from headrace.runtime.commit.committer import CommitPoint, Committer
from headrace.runtime.patience import Patience
from headrace.runtime.tasks.task import Task
from support import tasks as bench
from support.tasks import Bench

IN, CHANGELOG = TopicPartition("in", 0), TopicPartition("app-n-changelog", 0)


def counting() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("n")).to_stream().to("out", Produced(value=Json(int)))
    return builder.build()


@pytest.fixture
def task(log: MemoryLog, tmp_path: Path) -> Iterator[Task]:
    bench.make_topics(log, **{"in": 1, "out": 1})
    bench.write(log, "in", (b"a", b"1", 5), (b"a", b"1", 7))
    made = Bench(counting(), log, tmp_path).task()
    made.begin_running()
    bench.poll_into(log, made)
    yield made
    made.close()


def committer(log: Log, *, exactly_once: bool = True, **options: Any) -> Committer:
    producer = log.producer("app-0" if exactly_once else None)
    return Committer(producer, log.admin(), "app", exactly_once=exactly_once, **options)


@pytest.mark.parametrize("exactly_once", [True, False])
def test_a_commit_passes_its_points_in_order_and_makes_all_visible(log: MemoryLog, task: Task, exactly_once: bool) -> None:
    seen: list[tuple[CommitPoint, int, int]] = []

    def probe(point: CommitPoint) -> None:
        outputs = len(bench.read(log, "out"))
        positions = len(log.admin().positions("app"))
        seen.append((point, outputs, positions))

    task.process(10)
    assert committer(log, exactly_once=exactly_once, probe=probe).commit([task])
    assert seen == [
        (CommitPoint.OUTPUTS_APPENDED, 0, 0),
        (CommitPoint.LOG_COMMITTED, 1, 1),
        (CommitPoint.BEFORE_STORES, 1, 1),
        (CommitPoint.AFTER_STORES, 1, 1),
    ]
    assert bench.read(log, "out") == [(b"a", b"2", 7)]
    assert log.admin().positions("app")[IN].offset == 2
    assert task.stores["n"].position() == log.admin().end_offsets([CHANGELOG])[CHANGELOG] == 1


def test_nothing_is_written_where_nothing_was_done(log: MemoryLog, task: Task) -> None:
    mine = committer(log)
    task.process(10)
    assert mine.commit([task])
    assert not mine.commit([task])
    assert len(bench.read(log, "out")) == 1


@pytest.fixture
def without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headrace.runtime.commit.committer.SEND_EVERY_S", 0.0)


def eager(log: MemoryLog) -> Any:
    """A producer that writes when it is told to send."""
    producer: Any = log.producer()
    producer.send = producer.flush
    return producer


@pytest.mark.usefixtures("without_a_pause")
def test_results_are_sent_before_the_commit_where_the_log_can_do_that_and_changes_of_stores_are_not(
    log: MemoryLog, tmp_path: Path
) -> None:
    bench.make_topics(log, **{"in": 1, "out": 1})
    bench.write(log, "in", (b"a", b"1", 5), (b"a", b"1", 7))
    builder = StreamsBuilder()
    counts = builder.stream("in").group_by_key().count(Materialized("n", caching=False))
    counts.to_stream().to("out", Produced(value=Json(int)))
    task = Bench(builder.build(), log, tmp_path).task()
    task.begin_running()
    bench.poll_into(log, task)
    mine = Committer(eager(log), log.admin(), "app", exactly_once=False)
    task.process(10)
    mine.send([task])
    assert bench.read(log, "out") == [(b"a", b"1", 5), (b"a", b"2", 7)]
    assert bench.read(log, "app-n-changelog") == []
    assert log.admin().positions("app") == {}
    assert mine.commit([task])
    assert len(bench.read(log, "out")) == len(bench.read(log, "app-n-changelog")) == 2
    assert log.admin().positions("app")[IN].offset == 2
    task.close()


@pytest.mark.usefixtures("without_a_pause")
def test_positions_go_with_what_was_sent_also_if_they_have_not_moved(log: MemoryLog, task: Task) -> None:
    mine = Committer(eager(log), log.admin(), "app", exactly_once=False)
    task.process(10)
    assert mine.commit([task])
    log.admin().set_positions("app", {IN: None})
    task.output.partitions("out", 1)[0].append(b"k", b"v", 8)
    mine.send([task])
    assert mine.commit([task])
    assert log.admin().positions("app")[IN].offset == 2


def test_results_are_sent_together_with_those_of_a_moment_later(
    log: MemoryLog, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headrace.runtime.commit.committer.SEND_EVERY_S", 3_600.0)
    mine = Committer(eager(log), log.admin(), "app", exactly_once=False)
    mine._sent_at = time.monotonic()
    task.output.partitions("out", 1)[0].append(b"k", b"v", 8)
    mine.send([task])
    assert task.output.waiting("out")
    mine._sent_at -= 3_600.0
    mine.send([task])
    assert len(bench.read(log, "out")) == 1


@pytest.mark.parametrize("exactly_once", [True, False])
def test_a_log_that_packs_gets_large_output_at_once_and_shows_it_at_the_commit(tmp_path: Path, exactly_once: bool) -> None:
    log = open_log(tmp_path / "log")
    bench.make_topics(log, **{"in": 1, "out": 1})
    bench.write(log, "in", *((b"k", b"%d" % number, number) for number in range(1_100)))
    builder = StreamsBuilder()
    builder.stream("in").map_values(lambda number: -number).to("out")
    task = Bench(builder.build(), log, tmp_path).task()
    task.begin_running()
    bench.poll_into(log, task)
    mine = committer(log, exactly_once=exactly_once)
    task.process(10)
    mine.hand_over(task)
    assert task.output.waiting("out")
    while task.process(500):
        mine.hand_over(task)
    assert len(task.output.partitions("out", 1)[0]) == 90
    assert bench.read(log, "out") == []
    assert mine.commit([task])
    assert [value for _, value, _ in bench.read(log, "out")] == [b"%d" % -number for number in range(1_100)]
    assert log.admin().positions("app")[IN].offset == 1_100
    assert not mine.commit([task])
    task.close()
    log.close()


def test_output_for_internal_topics_is_needed_at_once_also_when_it_was_handed_over(log: MemoryLog, tmp_path: Path) -> None:
    bench.make_topics(log, **{"in": 1, "out": 1, "app-r-repartition": 1})
    bench.write(log, "in", (b"a", b"1", 5))
    builder = StreamsBuilder()
    builder.stream("in").repartition(Repartitioned(name="r")).to("out")
    task = Bench(builder.build(), log, tmp_path).task()
    task.begin_running()
    bench.poll_into(log, task)
    assert not task.has_internal_output()
    task.process(1)
    assert task.take_large(1)
    assert task.has_internal_output()
    committer(log).commit([task])
    assert not task.has_internal_output()
    task.close()


def test_a_log_that_cannot_send_early_keeps_results_for_the_commit(log: MemoryLog, task: Task) -> None:
    mine = committer(log)
    task.process(10)
    task.output.partitions("out", 1)[0].append(b"k", b"v", 8)
    mine.send([task])
    assert task.output.waiting("out")


def test_the_positions_committed_here_are_known(log: MemoryLog, task: Task) -> None:
    mine = committer(log)
    assert mine.committed == {}
    task.process(1)
    mine.commit([task])
    assert mine.committed[IN].offset == 1


@pytest.mark.parametrize("point", [CommitPoint.OUTPUTS_APPENDED])
def test_a_failure_before_the_log_s_commit_leaves_nothing_behind(log: MemoryLog, task: Task, point: CommitPoint) -> None:
    def probe(passed: CommitPoint) -> None:
        if passed is point:
            raise KeyboardInterrupt

    task.process(10)
    with pytest.raises(KeyboardInterrupt):
        committer(log, probe=probe).commit([task])
    assert bench.read(log, "out") == []
    assert bench.read(log, "app-n-changelog") == []
    assert log.admin().positions("app") == {}
    assert task.stores["n"].position() is None


def test_a_failure_after_the_log_s_commit_leaves_the_engine_behind_never_ahead(log: MemoryLog, task: Task) -> None:
    def probe(passed: CommitPoint) -> None:
        if passed is CommitPoint.BEFORE_STORES:
            raise KeyboardInterrupt

    task.process(10)
    with pytest.raises(KeyboardInterrupt):
        committer(log, probe=probe).commit([task])
    assert len(bench.read(log, "app-n-changelog")) == 1
    assert task.stores["n"].position() is None


class Busy:
    """A producer whose log is busy for some time."""

    def __init__(self, inner: Any, times: int, error: Exception) -> None:
        self._inner, self._times, self._error = inner, times, error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def commit(self) -> Any:
        if self._times:
            self._times -= 1
            raise self._error
        return self._inner.commit()


def test_an_error_that_goes_away_by_itself_is_waited_out(log: MemoryLog, task: Task, caplog: pytest.LogCaptureFixture) -> None:
    producer = Busy(log.producer("app-0"), 3, LogBusyError("held"))
    task.process(10)
    mine = Committer(producer, log.admin(), "app", exactly_once=True, patience=Patience(60_000))  # type: ignore[arg-type]
    assert mine.commit([task])
    assert caplog.text.count("put_off what=commit") == 1
    assert len(bench.read(log, "out")) == 1


@pytest.mark.parametrize(("error", "patience_ms"), [(LogBusyError("held"), 0), (LogError("broken"), 60_000)])
def test_other_errors_and_those_that_last_are_raised(log: MemoryLog, task: Task, error: LogError, patience_ms: int) -> None:
    producer = Busy(log.producer("app-0"), 1, error)
    task.process(10)
    mine = Committer(producer, log.admin(), "app", exactly_once=True, patience=Patience(patience_ms))  # type: ignore[arg-type]
    with pytest.raises(type(error)):
        mine.commit([task])
    assert bench.read(log, "out") == []
