"""Restores: the tail only, truncated changelogs, engines ahead of the log, source topics as changelogs, stopping."""

from pathlib import Path

import pytest

from headrace import Materialized, StreamsBuilder, TopicPartition, Topology
from headrace.log.api import Position
from headrace.log.memory import MemoryLog
from headrace.runtime.restore.restorer import Restorer
from headrace.runtime.tasks.task import Task
from support import tasks as bench
from support.tasks import Bench

CHANGELOG = TopicPartition("app-n-changelog", 0)
COUNT = (1).to_bytes(8, "big")


class Listener:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, int, int]] = []

    def on_restore_start(self, partition: TopicPartition, store: str, start: int, end: int) -> None:
        self.calls.append(("start", store, start, end))

    def on_batch_restored(self, partition: TopicPartition, store: str, position: int, restored: int) -> None:
        self.calls.append(("batch", store, position, restored))

    def on_restore_end(self, partition: TopicPartition, store: str, total: int) -> None:
        self.calls.append(("end", store, total, 0))


def counting() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("n"))
    return builder.build()


def table() -> Topology:
    builder = StreamsBuilder(optimize=["reuse.ktable.source.topics"])
    builder.table("in", materialized=Materialized("t"))
    return builder.build()


@pytest.fixture
def made(log: MemoryLog, tmp_path: Path) -> Bench:
    bench.make_topics(log, **{"in": 1})
    return Bench(counting(), log, tmp_path)


def entries(*keys: str) -> list[tuple[bytes, bytes, int]]:
    return [(key.encode(), COUNT, 5) for key in keys]


def restored(
    made: Bench, *, committed: dict[TopicPartition, Position] | None = None, slices: int = 1_000
) -> tuple[Task, Listener, bool]:
    task, listener = made.task(), Listener()
    reader = made.log.reader()
    restorer = Restorer(made.log.admin(), reader, listener)
    restorer.restore([task], committed or {})
    while slices and not restorer.complete():
        restorer.step(0.0)
        slices -= 1
    complete = restorer.complete() == [task.id]
    if complete:
        restorer.finish(task.id)
    reader.close()
    return task, listener, complete


def contents(task: Task, store: str = "n") -> list[str]:
    return [key for key, _ in task.stores[store].range(None, None)]


def test_an_empty_store_is_restored_whole_and_the_listener_told(log: MemoryLog, made: Bench) -> None:
    bench.write(log, CHANGELOG.topic, *entries("a", "b", "c"), (b"b", None, 6))
    task, listener, complete = restored(made)
    assert complete
    assert contents(task) == ["a", "c"]
    assert listener.calls == [("start", "n", 0, 4), ("batch", "n", 4, 4), ("end", "n", 4, 0)]
    assert task.stores["n"].position() == 4
    task.close()


def test_only_the_tail_is_read(log: MemoryLog, made: Bench) -> None:
    bench.write(log, CHANGELOG.topic, *entries("a", "b"))
    restored(made)[0].close()
    bench.write(log, CHANGELOG.topic, *entries("c"))
    task, listener, _ = restored(made)
    assert contents(task) == ["a", "b", "c"]
    assert listener.calls == [("start", "n", 2, 3), ("batch", "n", 3, 1), ("end", "n", 1, 0)]
    task.close()


def test_a_store_that_is_up_to_date_restores_nothing(log: MemoryLog, made: Bench) -> None:
    bench.write(log, CHANGELOG.topic, *entries("a"))
    restored(made)[0].close()
    task, listener, _ = restored(made)
    assert listener.calls == [("start", "n", 1, 1), ("end", "n", 0, 0)]
    task.close()


def test_a_changelog_cut_off_behind_the_store_rebuilds_it(
    log: MemoryLog, made: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.write(log, CHANGELOG.topic, *entries("a", "b"))
    restored(made)[0].close()
    bench.write(log, CHANGELOG.topic, *entries("c", "d", "e"))
    log.admin().delete_records({CHANGELOG: 3})
    task, listener, _ = restored(made)
    assert contents(task) == ["d", "e"]
    assert listener.calls[0] == ("start", "n", 3, 5)
    assert "store_rebuilt" in caplog.text
    task.close()


def test_a_changelog_cut_off_up_to_the_store_s_position_loses_nothing(log: MemoryLog, made: Bench) -> None:
    bench.write(log, CHANGELOG.topic, *entries("a", "b"))
    restored(made)[0].close()
    bench.write(log, CHANGELOG.topic, *entries("c"))
    log.admin().delete_records({CHANGELOG: 2})
    task, _, _ = restored(made)
    assert contents(task) == ["a", "b", "c"]
    task.close()


def test_a_store_ahead_of_its_changelog_is_rebuilt(log: MemoryLog, made: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.write(log, CHANGELOG.topic, *entries("a", "b"))
    restored(made)[0].close()
    log.admin().delete_topics([CHANGELOG.topic])
    bench.make_topics(log, **{CHANGELOG.topic: 1})
    bench.write(log, CHANGELOG.topic, *entries("z"))
    task, _, _ = restored(made)
    assert contents(task) == ["z"]
    assert "store_rebuilt" in caplog.text
    task.close()


@pytest.mark.parametrize(("committed", "found"), [(None, []), (2, ["a", "b"]), (9, ["a", "b", "c"])])
def test_a_source_topic_as_changelog_is_read_up_to_the_committed_position_only(
    log: MemoryLog, tmp_path: Path, committed: int | None, found: list[str]
) -> None:
    bench.make_topics(log, **{"in": 1})
    bench.write(log, "in", (b"a", b"1", 1), (b"b", b"1", 2), (b"c", b"1", 3))
    positions = {} if committed is None else {TopicPartition("in", 0): Position(committed)}
    task, _, _ = restored(Bench(table(), log, tmp_path), committed=positions)
    assert contents(task, "t") == found
    task.close()


def test_a_restore_that_is_stopped_goes_on_where_it_was(log: MemoryLog, made: Bench) -> None:
    bench.write(log, CHANGELOG.topic, *((f"{n:05}".encode(), COUNT, 1) for n in range(25_000)))
    task, listener, complete = restored(made, slices=1)
    assert not complete
    begun = task.stores["n"].position()
    assert begun is not None
    assert 0 < begun < 25_000
    assert not any(call[0] == "end" for call in listener.calls)
    task.close()
    task, listener, complete = restored(made)
    assert complete
    assert listener.calls[0] == ("start", "n", begun, 25_000)
    assert len(contents(task)) == 25_000
    task.close()
