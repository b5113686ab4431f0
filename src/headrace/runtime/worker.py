"""A worker: the loop that polls, processes, punctuates and commits the tasks of one process.

All work on tasks happens in the thread that calls `run`; other threads hand in requests (`submit`) that are served between two
chunks of records.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Event
from typing import Any, TypeVar

from headrace.config.app_config import AppConfig
from headrace.core.errors import LifecycleError
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.log.api import Log, Position, Reader, RecordBatch
from headrace.observe.events import event_logger
from headrace.runtime.commit.committer import CommitProbe, Committer, no_probe
from headrace.runtime.crash_guard import CrashGuard, Mode
from headrace.runtime.flow import FlowControl
from headrace.runtime.garbage import frozen_objects
from headrace.runtime.global_state import GlobalState
from headrace.runtime.pacing import Pace
from headrace.runtime.restore.restorer import RestoreListener, Restorer
from headrace.runtime.starting_positions import starting_positions
from headrace.runtime.tasks.services import TaskServices
from headrace.runtime.tasks.task import Task
from headrace.runtime.topics import TopicLayout
from headrace.topology.physical import SourceNode, Subtopology, Topology

T = TypeVar("T")

_IDLE_POLL_S = 0.05
_EARLY_COMMIT_S = 0.02
_log = event_logger("worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker is made of; put together by `app`."""

    log: Log
    topology: Topology
    layout: TopicLayout
    config: AppConfig
    services: TaskServices
    global_stores: dict[str, Any]
    restore_listener: RestoreListener
    probe: CommitProbe = no_probe


class Worker:
    """Runs all tasks of an application in this process.

    Args:
        parts: What it is made of.
        running: Called once when all stores are restored and processing begins.
    """

    def __init__(self, parts: WorkerParts, running: Callable[[], None]) -> None:
        self._parts = parts
        self._config = parts.config
        self._running = running
        self._admin = parts.log.admin()
        self._tasks: dict[TaskId, Task] = {}
        self._owner: dict[TopicPartition, Task] = {}
        self._requests: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._stop = Event()
        self._paused = Event()
        self._dirty = False
        self._guard = CrashGuard(parts.services.state_root, parts.config.crash_loop_limit)
        self._pace = Pace()
        self._committed_at = time.monotonic()
        self.records = 0

    # ---- from other threads ---------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Asks for an orderly end: commit, then close."""
        self._stop.set()

    def pause(self) -> None:
        """Stops processing and punctuation; the position stays."""
        self._paused.set()

    def resume(self) -> None:
        """Goes on after `pause`."""
        self._paused.clear()

    def submit(self, request: Callable[[], T]) -> Future[T]:
        """Runs a function in the processing thread, between two chunks of records."""
        future: Future[T] = Future()
        self._requests.put((request, future))
        return future

    @property
    def tasks(self) -> Sequence[Task]:
        """The tasks; to be used in the processing thread (see `submit`)."""
        return tuple(self._tasks.values())

    @property
    def global_stores(self) -> Mapping[str, Any]:
        """Open global stores by name; to be used in the processing thread."""
        return self._parts.global_stores

    def lag(self) -> int:
        """Records still to process; to be asked in the processing thread."""
        return self._flow.lag(self._owner)

    def state_bytes(self) -> int:
        """About how large all stores are; to be asked in the processing thread."""
        return sum(store.engine_bytes() for task in self.tasks for store in task.stores.values())

    # ---- the life of a worker -------------------------------------------------------------------------------------

    def run(self, *, until_end: bool = False, each_round: Callable[[], None] = lambda: None) -> None:
        """Works until `stop` is called, or with `until_end` until every input that is there now is consumed.

        Args:
            until_end: Whether to end when everything is consumed.
            each_round: Called in each round of the loop, for reports.

        Raises:
            HeadraceError: Something failed for good; nothing of the interval was committed.
        """
        config = self._config
        transactional = f"{config.app_id}-0" if config.exactly_once else None
        producer = self._parts.log.producer(transactional)
        reader = self._parts.log.reader()
        globals_ = GlobalState(
            self._parts.topology, self._parts.services, self._parts.global_stores, self._admin, self._parts.log.reader()
        )
        self._committer = Committer(
            producer, self._admin, config.app_id, exactly_once=config.exactly_once, probe=self._parts.probe
        )
        try:
            self._start(globals_, reader)
            with frozen_objects(config.gc_policy):
                self._running()
                self._work(globals_, reader, each_round, until_end=until_end)
                self._commit()
        finally:
            self._guard.end()
            self._close(globals_)
            reader.close()
            producer.close()

    def _start(self, globals_: GlobalState, reader: Reader) -> None:
        globals_.open()
        for _ in globals_.fill():
            pass
        committed = self._admin.positions(self._config.app_id)
        restore_reader = self._parts.log.reader()
        restorer = Restorer(self._admin, restore_reader, committed, self._parts.restore_listener)
        try:
            for part in self._parts.topology.subtopologies:
                for number in range(self._parts.layout.tasks_of(part)):
                    self._start_task(part, number, committed, restorer)
        finally:
            restore_reader.close()
        resets = {partition: self._reset(partition) for partition in self._owner}
        positions = starting_positions(self._admin, self._parts.services.clock, committed, resets)
        self._guard.begin(positions)
        reader.assign(positions)
        self._flow = FlowControl(self._admin, reader, self._config.buffered_records_per_partition)

    def _start_task(
        self, part: Subtopology, number: int, committed: Mapping[TopicPartition, Position], restorer: Restorer
    ) -> None:
        layout = self._parts.layout
        partitions = [TopicPartition(topic, number) for topic in layout.inputs_of(part) if number < layout.partitions(topic)]
        own = {partition: committed[partition] for partition in partitions if partition in committed}
        task = Task(TaskId(part.id, number), self._parts.topology, (part,), partitions, own, self._parts.services)
        self._tasks[task.id] = task
        task.begin_restoring()
        restorer.restore(task, frozenset(partitions))
        task.begin_running()
        for partition in partitions:
            self._owner[partition] = task

    def _reset(self, partition: TopicPartition) -> str:
        for node in self._parts.topology.nodes.values():
            if isinstance(node, SourceNode) and partition.topic in self._parts.layout.topics_of(node):
                if node.internal:
                    return "earliest"
                return node.consume.offset_reset or self._config.offset_reset
        return self._config.offset_reset

    def _close(self, globals_: GlobalState) -> None:
        for task in self._tasks.values():
            task.close()
        globals_.close()
        self._parts.services.async_runner.close()
        while not self._requests.empty():
            _, future = self._requests.get()
            message = "the application has stopped"
            future.set_exception(LifecycleError(message))

    # ---- the loop -------------------------------------------------------------------------------------------------

    def _work(self, globals_: GlobalState, reader: Reader, each_round: Callable[[], None], *, until_end: bool) -> None:
        while not self._stop.is_set():
            self._serve()
            each_round()
            if self._paused.is_set():
                self._stop.wait(_IDLE_POLL_S)
                continue
            globals_.update()
            polled = self._poll(reader)
            processed = self._process()
            punctuated = self._punctuate()
            self._dirty = self._dirty or processed > 0 or polled or punctuated
            if self._commit_is_due(idle=not processed and not polled):
                self._commit()
            if until_end and not polled and not processed and self._at_end():
                return

    def _poll(self, reader: Reader) -> bool:
        waiting = any(task.group.ready(self._now(), self._flow.caught_up) for task in self.tasks)
        self._flow.balance(self._owner)
        careful = self._guard.mode is Mode.CAREFUL
        batches = reader.poll(1 if careful else self._config.poll_records, 0.0 if waiting else self._idle_wait())
        for batch in batches:
            self._hand_over(batch)
            if careful:
                self._process()
                self._commit()
                self._guard.survived()
        self._flow.polled()
        return bool(batches)

    def _hand_over(self, batch: RecordBatch) -> None:
        partition = TopicPartition(batch.topic, batch.partition)
        task, culprit = self._owner[partition], self._guard.culprit
        if self._guard.mode is Mode.CAREFUL:
            if culprit is not None and culprit.is_at(partition, batch.offsets[0]):
                task.refuse(batch)
                return
            self._guard.touch(partition, batch.offsets[0])
        task.add(batch)

    def _process(self) -> int:
        """One chunk of each task that has something to do, again until there is nothing, or a commit is due."""
        total = 0
        while not self._stop.is_set():
            done = 0
            for task in self.tasks:
                task.forward_results(wait=False)
                if task.group.ready(self._now(), self._flow.caught_up):
                    started = time.perf_counter()
                    chunk = task.process(self._pace.records)
                    self._pace.took(time.perf_counter() - started, chunk)
                    done += chunk
            total += done
            self.records += done
            if not done or self._interval_is_over() or not self._requests.empty():
                return total
        return total

    def _punctuate(self) -> bool:
        now = self._now()
        return any([task.punctuate_wall_clock(now) for task in self.tasks])

    # ---- commit ---------------------------------------------------------------------------------------------------

    def _commit_is_due(self, *, idle: bool) -> bool:
        if not self._dirty:
            return False
        if self._interval_is_over() or self._parts.services.memory.exceeded:
            return True
        if any(task.commit_requested for task in self.tasks):
            return True
        # What waits for a repartition topic is needed by a task downstream: do not let it wait while there is nothing to do.
        early = time.monotonic() - self._committed_at >= _EARLY_COMMIT_S
        return idle and early and any(task.has_internal_output() for task in self.tasks)

    def _interval_is_over(self) -> bool:
        return (time.monotonic() - self._committed_at) * 1000 >= self._config.commit_interval_ms

    def _commit(self) -> bool:
        """Commits all tasks; whether there was anything to commit."""
        committed = self._committer.commit(self.tasks)
        self._parts.services.memory.reclaim()
        self._committed_at = time.monotonic()
        self._dirty = False
        return committed

    def _at_end(self) -> bool:
        """Whether all that is there is consumed, what a last commit adds to internal topics included."""
        if any(task.group.waiting_records for task in self.tasks):
            return False
        if not all(self._flow.caught_up(partition) for partition in self._owner):
            return False
        self._commit()
        self._flow.polled()
        return all(self._flow.caught_up(partition) for partition in self._owner)

    # ---- small things ---------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while not self._requests.empty():
            request, future = self._requests.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(request())
                except BaseException as error:
                    future.set_exception(error)

    def _idle_wait(self) -> float:
        if not self._dirty:
            return _IDLE_POLL_S
        left = self._config.commit_interval_ms / 1000 - (time.monotonic() - self._committed_at)
        return min(_EARLY_COMMIT_S, max(0.0, left))

    def _now(self) -> int:
        return self._parts.services.clock.now_ms()
