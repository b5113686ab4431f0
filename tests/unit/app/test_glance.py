"""A key of a table, looked up beside the processing thread while its task is being closed."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from headrace import Materialized, StreamsBuilder, Topology
from headrace.app.queries.local import glance
from headrace.app.queries.wire import Question
from headrace.log.memory import MemoryLog
from headrace.runtime.tasks.task import Task
from headrace.state.engines.memory import MemoryStorage
from support import tasks as bench


class Interrupted(MemoryStorage):
    """An engine in memory; another thread does something just before a read."""

    def __init__(self) -> None:
        super().__init__()
        read = self.get

        def get(key: bytes) -> bytes | None:
            self.before_read()
            return read(key)

        self.before_read: Callable[[], None] = lambda: None
        self.get = get


class Supplier:
    """Opens one engine."""

    name = "interrupted"
    persistent = False

    def __init__(self) -> None:
        self.engine = Interrupted()

    def open(self, _directory: Path) -> Interrupted:
        return self.engine


@pytest.fixture
def supplier() -> Supplier:
    return Supplier()


@pytest.fixture
def topology(supplier: Supplier) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("n", engine=supplier, caching=False))
    return builder.build()


@pytest.fixture
def task(log: MemoryLog, tmp_path: Path, topology: Topology) -> Task:
    """A task that has counted one record of key a, and committed that."""
    bench.write(log, "in", (b"a", b"1", 1))
    made = bench.Bench(topology, log, tmp_path).task()
    made.begin_running()
    bench.poll_into(log, made)
    assert made.process(10) == 1
    made.stores["n"].commit(1)
    return made


def glanced(task: Task, topology: Topology, key: bytes) -> list[int] | None:
    question = Question(store="n", verb="get", tasks=((0, 0),), key=key)
    reply = glance(SimpleNamespace(tasks=[task]), topology.stores["n"], question)
    return None if reply is None else [entry.value.value for entry in reply.entries]


def test_a_key_is_there_or_not(task: Task, topology: Topology) -> None:
    assert glanced(task, topology, b"a") == [1]
    assert glanced(task, topology, b"b") == []
    task.close()
    assert glanced(task, topology, b"a") is None


def test_a_task_that_is_closed_under_a_glance_does_not_say_that_it_has_nothing(
    task: Task, topology: Topology, supplier: Supplier
) -> None:
    supplier.engine.before_read = task.close
    assert glanced(task, topology, b"a") is None
