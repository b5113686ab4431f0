"""Workers whose assignments a test writes down."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from headrace import TaskId, TopicPartition, Topology
from headrace.app.wiring import policies_of, services_of
from headrace.config.resolve import resolve
from headrace.core.errors import FencedError
from headrace.core.time import SystemClock
from headrace.log.api import Log
from headrace.observe.metrics import Metrics
from headrace.runtime.commit.committer import CommitProbe, no_probe
from headrace.runtime.membership import Assignment
from headrace.runtime.tasks.task import Task
from headrace.runtime.topics import TopicLayout, ensure_topics
from headrace.runtime.worker import Worker
from headrace.runtime.worker_parts import WorkerParts

_PATIENCE_S = 60.0


def tasks(*names: str) -> frozenset[TaskId]:
    """Task ids as they are printed: `0_1`."""
    return frozenset(TaskId(*map(int, name.split("_"))) for name in names)


class Script:
    """A `Membership` that hands out what a test has written down, and notes what it is told."""

    def __init__(self) -> None:
        self._next: deque[Assignment] = deque()
        self._generation = 0
        self.released_tasks: list[frozenset[TaskId]] = []
        self.held: list[Mapping[TaskId, int]] = []
        self.lost_because: list[FencedError] = []
        self.left: bool | None = None

    def assign(self, active: Iterable[TaskId] = (), standby: Iterable[TaskId] = ()) -> None:
        self._generation += 1
        self._next.append(Assignment(frozenset(active), frozenset(standby), self._generation))

    def poll(self) -> Assignment | None:
        return self._next.popleft() if self._next else None

    def released(self, tasks: Collection[TaskId]) -> None:
        self.released_tasks.append(frozenset(tasks))

    def holds(self, state: Mapping[TaskId, int]) -> None:
        self.held.append(dict(state))

    def lost(self, error: FencedError) -> None:
        self.lost_because.append(error)

    def close(self, *, leave: bool) -> None:
        self.left = leave


class Restores:
    """Notes the events of restores and copies; `on_batch` is called after each restored batch."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int, int]] = []
        self.records: dict[str, int] = {}
        self.ended: list[str] = []
        self.loaded: dict[str, int] = {}
        self.suspended: list[tuple[str, bool]] = []
        self.on_batch: Callable[[TopicPartition, int], None] = lambda _where, _position: None

    def on_restore_start(self, partition: TopicPartition, store: str, start: int, end: int) -> None:
        self.begun.append((f"{store}/{partition.partition}", start, end))

    def on_batch_restored(self, partition: TopicPartition, store: str, position: int, restored: int) -> None:
        name = f"{store}/{partition.partition}"
        self.records[name] = self.records.get(name, 0) + restored
        self.on_batch(partition, position)

    def on_restore_end(self, partition: TopicPartition, store: str, total: int) -> None:
        self.ended.append(f"{store}/{partition.partition}")

    def on_update_start(self, partition: TopicPartition, store: str, start: int, end: int) -> None:
        pass

    def on_batch_loaded(self, partition: TopicPartition, store: str, position: int, loaded: int) -> None:
        name = f"{store}/{partition.partition}"
        self.loaded[name] = self.loaded.get(name, 0) + loaded

    def on_update_suspended(self, partition: TopicPartition, store: str, position: int, *, promoted: bool) -> None:
        self.suspended.append((f"{store}/{partition.partition}", promoted))


class Scripted:
    """A worker in a thread of its own. Leaving the context stops it in order and raises what it has failed with."""

    def __init__(
        self, log: Log, topology: Topology, directory: Path, name: str = "0", probe: CommitProbe = no_probe, **options: Any
    ) -> None:
        self.log, self.script, self.restores = log, Script(), Restores()
        given = {"app_id": "app", "data_dir": directory, "max_task_idle_ms": -1, "commit_interval_ms": 10, **options}
        config = resolve(given, environment={}, directory=directory)
        layout = TopicLayout(topology, "app", log.admin().partition_counts())
        ensure_topics(log.admin(), layout.internal_topics(None))
        stores: dict[str, Any] = {}
        clock = SystemClock()
        services = services_of(config, layout, clock, Metrics(), policies_of(config, {}), caching=True, global_stores=stores)
        self.parts = WorkerParts(
            log=log,
            topology=topology,
            layout=layout,
            config=config,
            services=services,
            global_stores=stores,
            restore_listener=self.restores,
            standby_listener=self.restores,
            probe=probe,
            name=name,
        )
        self._ready, self._round = threading.Event(), threading.Event()
        self.error: BaseException | None = None
        self.worker = Worker(self.parts, self.script, self._ready.set)
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.end()
        if error is None and self.error is not None:
            raise self.error

    def end(self) -> None:
        """Stops in order, and waits for it."""
        self.worker.stop()
        self._thread.join(_PATIENCE_S)
        assert not self._thread.is_alive()

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits, round by round of the worker, until something holds."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            self._round.clear()
            if holds():
                return
            if self.error is not None:
                raise self.error
            assert time.monotonic() < deadline, self.worker.task_states()
            self._round.wait(1.0)

    def assign(self, *active: str, standby: Iterable[str] = ()) -> None:
        """Gives an assignment, and waits until it is taken up."""
        before = len(self.script.released_tasks)
        self.script.assign(tasks(*active), tasks(*standby))
        self.until(lambda: len(self.script.released_tasks) > before)

    def until_running(self, *active: str) -> None:
        """Waits until tasks are processed."""
        self.until(lambda: {state.task for state in self.worker.task_states() if state.ready} >= tasks(*active))

    def until_consumed(self) -> None:
        """Waits until everything of its inputs is processed and committed."""
        self.until(self._consumed)

    def until_warm(self, *copies: str) -> None:
        """Waits until copies stand at the ends of their changelogs."""
        self.until(lambda: self.ask(lambda worker: all(self._warm(worker, task) for task in tasks(*copies))))

    def ask(self, question: Callable[[Worker], Any]) -> Any:
        """An answer of the processing thread."""
        return self.worker.submit(lambda: question(self.worker)).result()

    def _consumed(self) -> bool:
        def there() -> bool:
            admin = self.log.admin()
            inputs = [where for task in self.worker.tasks for where in task.partitions]
            committed, ends = admin.positions("app"), admin.end_offsets(inputs)
            return all(where in committed and committed[where].offset == end for where, end in ends.items() if end)

        return bool(self.worker.submit(there).result())

    def _warm(self, worker: Worker, task_id: TaskId) -> bool:
        copy: Task | None = next((task for task in worker.standbys if task.id == task_id), None)
        if copy is None:
            return False
        ends = self.log.admin().end_offsets(list(copy.changelogs.values()))
        return all((copy.stores[name].position() or 0) == ends[where] for name, where in copy.changelogs.items())

    def _run(self) -> None:
        try:
            self.worker.run(each_round=self._round.set)
        except BaseException as error:
            self.error = error
        finally:
            self._round.set()
