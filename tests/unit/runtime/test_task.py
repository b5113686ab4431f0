"""A task by itself: its life cycle, what it commits, and what it does with user code that fails."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace import (
    LifecycleError,
    Materialized,
    ProcessingError,
    Processor,
    Produced,
    Record,
    StreamsBuilder,
    TopicPartition,
    Topology,
    TumblingWindows,
)
from headrace.core.errors import EncodeError
from headrace.log.api import Position
from headrace.log.memory import MemoryLog
from headrace.runtime.commit.positions import decode_metadata
from headrace.runtime.tasks.status import TaskStatus
from headrace.runtime.tasks.task import Task
from support import tasks as bench
from support.tasks import Bench

IN = TopicPartition("in", 0)
Make = Callable[..., Task]


@pytest.fixture
def make(log: MemoryLog, tmp_path: Path) -> Iterator[Make]:
    """Makes running tasks over `in` (three records) and closes them."""
    bench.make_topics(log, **{"in": 1, "out": 1})
    bench.write(log, "in", (b"a", b"1", 5), (b"b", b"0", 3), (b"a", b"2", 9))
    made: list[Task] = []

    def running(topology: Topology, committed: dict[TopicPartition, Position] | None = None, **options: Any) -> Task:
        task = Bench(topology, log, tmp_path, **options).task(committed=committed)
        made.append(task)
        task.begin_running()
        bench.poll_into(log, task)
        return task

    yield running
    for task in made:
        if task.status is not TaskStatus.CLOSED:
            task.close()


def mapping(function: Callable[[Any], Any], **produced: Any) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").map_values(function).to("out", Produced(**produced))
    return builder.build()


def counting() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("n"))
    return builder.build()


def test_its_states_follow_one_another(make: Make) -> None:
    task = make(counting())
    assert task.status is TaskStatus.RUNNING
    task.suspend()
    with pytest.raises(LifecycleError, match="task 0_0 cannot go from SUSPENDED to SUSPENDED"):
        task.suspend()
    task.resume()
    task.close()
    task.close()
    with pytest.raises(LifecycleError, match="from CLOSED to RUNNING"):
        task.resume()


def test_it_processes_so_many_records_at_a_time_and_knows_its_position_and_times(make: Make) -> None:
    task = make(counting())
    assert task.positions() == {}
    assert (task.process(2), task.stream_time) == (2, 5)
    position = task.positions()[IN]
    assert position.offset == 2
    assert decode_metadata(position.metadata).partition_time == 5
    assert (task.process(10), task.process(10), task.stream_time) == (1, 0, 9)


def test_times_go_on_where_they_were_committed(make: Make) -> None:
    builder = StreamsBuilder()
    windows = TumblingWindows(size=10, grace=0)
    builder.stream("in").group_by_key().windowed_by(windows).count(Materialized("w", retention=100))
    task = make(builder.build())
    task.process(10)
    task.flush()
    committed = task.positions()
    task.commit_stores({})
    task.close()
    again = make(builder.build(), committed)
    assert again.stream_time == 9
    assert again.group.queues[IN].partition_time == 9
    times = dict(decode_metadata(committed[IN].metadata).times)
    assert times["store:w"] == 0
    assert 9 in times.values()


def test_a_beginning_without_a_committed_position_is_part_of_the_next_commit(make: Make) -> None:
    task = make(counting())
    task.begin_at(IN, 0)
    assert task.positions()[IN].offset == 0


def test_flushing_hands_over_output_and_changelogs_once(make: Make) -> None:
    task = make(counting())
    task.process(10)
    assert list(task.flush()) == [("app-n-changelog", 0)]
    assert task.flush() == {}


def test_a_failing_record_that_is_skipped_stands_between_those_that_are_not(make: Make, log: MemoryLog) -> None:
    task = make(mapping(lambda value: 10 // value), on_process_error="skip")
    assert [task.process(10), task.process(10)] == [2, 1]
    (columns,) = task.flush().values()
    assert columns.values == [b"10", b"5"]
    assert task.positions()[IN].offset == 3


def test_a_failing_record_that_is_not_skipped_is_named_and_the_position_stays_before_it(make: Make) -> None:
    task = make(mapping(lambda value: 10 // value))
    with pytest.raises(ProcessingError, match="offset 1"):
        task.process(10)
    assert task.positions()[IN].offset == 1


def test_a_result_that_cannot_be_written_is_skipped_with_the_place_of_its_record(make: Make) -> None:
    task = make(mapping(lambda value: value or "text", value=int), on_produce_error="dlq", dlq_topic="out")
    task.process(10)
    (columns,) = task.flush().values()
    assert len(columns) == 3
    letter = dict((columns.headers or [])[1])
    assert letter["__streams.errors.offset"] == b"1"
    assert letter["__streams.errors.exception"] == b"headrace.core.errors.EncodeError"


def test_a_result_below_a_cache_that_cannot_be_written_names_the_store(make: Make) -> None:
    builder = StreamsBuilder()
    table = builder.stream("in").group_by_key().count(Materialized("n"))
    table.to_stream().map_values(str).to("out", Produced(value=int))
    task = make(builder.build())
    task.process(10)
    with pytest.raises(EncodeError, match=r"below a cache while it was flushed, task 0_0, node 'n'"):
        task.flush()


class Fragile(Processor[str, Any, str, Any]):
    """Fails where it is told to."""

    def __init__(self, where: str, closed: list[str]) -> None:
        self._where, self._closed = where, closed

    def init(self, context: Any) -> None:
        super().init(context)
        self._fail("init")

    def process(self, record: Record[str, Any]) -> None:
        self.context.forward(record)

    def close(self) -> None:
        self._closed.append(self._where)
        self._fail("close")

    def _fail(self, where: str) -> None:
        if self._where == where:
            message = f"no {where}"
            raise OSError(message)


def fragile(*wheres: str) -> tuple[Topology, list[str]]:
    closed: list[str] = []
    builder = StreamsBuilder()
    source = stream = builder.stream("in")
    for where in wheres:
        stream = stream.process(lambda where=where: Fragile(where, closed))
    source.group_by_key().count(Materialized("n"))
    return builder.build(), closed


def test_a_processor_that_cannot_be_made_ready_is_named_with_its_line(make: Make) -> None:
    with pytest.raises(ProcessingError) as caught:
        make(fragile("init")[0])
    assert "OSError at " in str(caught.value)
    assert "in _fail: no init (task 0_0, when processor 'in-process' was made ready)" in str(caught.value)


def test_a_processor_that_cannot_be_closed_keeps_nothing_else_open(make: Make) -> None:
    topology, closed = fragile("close", "never", "close")
    task = make(topology, engine="rocksdb")
    with pytest.raises(ProcessingError, match=r"no close \(task 0_0, while it was closed; what was committed is safe\)"):
        task.close()
    assert sorted(closed) == ["close", "close", "never"]
    again = make(fragile("never")[0], engine="rocksdb")
    assert again.stores["n"].get("a") is None


def test_windows_before_a_time_have_expired_as_far_as_the_last_commit_knows(make: Make) -> None:
    builder = StreamsBuilder()
    windows = TumblingWindows(size=1, grace=0)
    builder.stream("in").group_by_key().windowed_by(windows).count(Materialized("w", retention=4))
    task = make(builder.build())
    changelog = TopicPartition("app-w-changelog", 0)
    task.process(10)
    assert task.oldest_windows()[changelog] < 0
    task.flush()
    task.commit_stores({changelog: 2})
    assert task.oldest_windows() == {changelog: 9 - 4}
