from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace import StreamsBuilder, TopicPartition
from headrace.core.errors import LogBusyError
from headrace.log.api import Reader
from headrace.log.memory import MemoryLog
from headrace.runtime.flow import FlowControl
from headrace.runtime.patience import Patience
from headrace.runtime.tasks.task import Task
from support import tasks as bench
from support.tasks import Bench

A, B = TopicPartition("a", 0), TopicPartition("b", 0)
Given = tuple[FlowControl, Reader, dict[TopicPartition, Task], Task]


@pytest.fixture
def given(log: MemoryLog, tmp_path: Path) -> Iterator[Given]:
    bench.make_topics(log, a=1, b=1, out=1)
    builder = StreamsBuilder()
    builder.stream("a").merge(builder.stream("b")).to("out")
    task = Bench(builder.build(), log, tmp_path).task()
    task.begin_running()
    reader = log.reader()
    reader.assign({A: 0, B: 0})
    yield FlowControl(log.admin(), reader, 4, Patience(60_000)), reader, {A: task, B: task}, task
    reader.close()
    task.close()


def poll(reader: Reader, task: Task, at_most: int = 100) -> list[str]:
    batches = reader.poll(at_most, 0.0)
    for batch in batches:
        task.add(batch)
    return [batch.topic for batch in batches]


def test_a_full_queue_pauses_its_partition_until_half_of_it_is_done(log: MemoryLog, given: Given) -> None:
    flow, reader, owner, task = given
    bench.write(log, "a", *((b"k", b"1", n) for n in range(4)))
    assert poll(reader, task) == ["a"]
    flow.balance(owner)
    bench.write(log, "a", (b"k", b"1", 9))
    bench.write(log, "b", (b"k", b"1", 9))
    assert poll(reader, task) == ["b"]
    task.process(1)
    flow.balance(owner)
    assert poll(reader, task) == []
    task.process(1)
    flow.balance(owner)
    assert poll(reader, task) == ["a"]


def test_a_partition_is_caught_up_when_all_that_is_there_was_polled_as_far_as_the_last_poll_knows(
    log: MemoryLog, given: Given
) -> None:
    flow, reader, _, task = given
    bench.write(log, "a", (b"k", b"1", 1))
    assert not flow.caught_up(A)
    assert flow.caught_up(B)
    poll(reader, task)
    flow.polled()
    assert flow.caught_up(A)
    bench.write(log, "a", (b"k", b"1", 1))
    assert flow.caught_up(A)
    flow.polled()
    assert not flow.caught_up(A)


def test_lag_counts_what_waits_and_what_is_still_in_the_log(log: MemoryLog, given: Given) -> None:
    flow, reader, owner, task = given
    bench.write(log, "a", *((b"k", b"1", n) for n in range(3)))
    poll(reader, task)
    task.process(1)
    bench.write(log, "a", (b"k", b"1", 9))
    assert flow.lags(owner) == {A: 3, B: 0}


def test_while_the_log_does_not_answer_there_may_be_more(log: MemoryLog, given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    flow, _, _, _ = given

    def away(_self: Any, _partitions: Any) -> None:
        raise LogBusyError("away")

    assert flow.caught_up(A)
    flow.polled()
    with monkeypatch.context() as patched:
        patched.setattr(type(log.admin()), "end_offsets", away)
        assert not flow.caught_up(A)
    assert flow.caught_up(A)


def test_partitions_that_are_read_here_no_longer_are_forgotten(log: MemoryLog, given: Given) -> None:
    flow, reader, owner, task = given
    bench.write(log, "a", *((b"k", b"1", n) for n in range(4)))
    poll(reader, task)
    flow.balance(owner)
    assert flow.caught_up(A)
    reader.assign({B: 0})
    flow.keep({B})
    assert flow.caught_up(B)
    reader.assign({A: 0, B: 0})
    assert not flow.caught_up(A)
    assert poll(reader, task) == ["a"]
