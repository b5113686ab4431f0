"""A worker: the loop that polls, processes, punctuates and commits the tasks of one process.

All work on tasks happens in the thread that calls `run`; other threads hand in requests (`submit`) that are served between two
chunks of records.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from enum import Enum
from threading import Event
from typing import Any, TypeVar

from headrace.core.identifiers import TaskId, TopicPartition
from headrace.log.api import Reader, RecordBatch
from headrace.runtime.commit.committer import Committer
from headrace.runtime.crash_guard import CrashGuard, Mode
from headrace.runtime.flow import FlowControl
from headrace.runtime.garbage import frozen_objects
from headrace.runtime.global_state import GlobalState
from headrace.runtime.housekeeping import Housekeeping, remove_old_state
from headrace.runtime.measures import WorkerMeasures
from headrace.runtime.pacing import Pace
from headrace.runtime.patience import Patience
from headrace.runtime.requests import Requests
from headrace.runtime.task_starts import TaskStarts
from headrace.runtime.tasks.task import Task
from headrace.runtime.worker_parts import WorkerParts

T = TypeVar("T")

_IDLE_POLL_S = 0.05
_EARLY_COMMIT_S = 0.02


class End(Enum):
    """Why a worker has come to an end in order."""

    STOPPED = "stopped"
    TOPICS_CHANGED = "topics-changed"
    """Its inputs have changed: a new worker has to be made, with other tasks."""


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
        self._requests = Requests()
        self._stop = Event()
        self._paused = Event()
        self._dirty = False
        self._guard = CrashGuard(parts.services.state_root, parts.config.crash_loop_limit)
        self._pace = Pace()
        self._patience = Patience(parts.config.task_timeout_ms)
        self._measures = WorkerMeasures(parts.services.metrics, "0")
        self._committed_at = time.monotonic()
        self.records = 0

    # ---- from other threads ---------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Asks for an orderly end: commit, then close."""
        self._stop.set()

    def pause(self) -> None:
        """Stops processing and punctuation; the position stays, and what was done is committed."""
        self._paused.set()

    def resume(self) -> None:
        """Goes on after `pause`."""
        self._paused.clear()

    def submit(self, request: Callable[[], T]) -> Future[T]:
        """Runs a function in the processing thread, between two chunks of records; during a restore it waits for its end."""
        return self._requests.submit(request)

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
        return sum(self._flow.lags(self._owner).values())

    def state_bytes(self) -> int:
        """About how large all stores are; to be asked in the processing thread."""
        return sum(store.engine_bytes() for task in self.tasks for store in task.stores.values())

    # ---- the life of a worker -------------------------------------------------------------------------------------

    def run(self, *, until_end: bool = False, each_round: Callable[[], None] = lambda: None) -> End:
        """Works until `stop` is called, or with `until_end` until every input that is there now is consumed.

        Args:
            until_end: Whether to end when everything is consumed.
            each_round: Called in each round of the loop, for reports.

        Raises:
            HeadraceError: Something failed for good; nothing of the interval was committed.
        """
        config, log = self._config, self._parts.log
        producer = log.producer(f"{config.app_id}-0" if config.exactly_once else None)
        reader = log.reader()
        globals_ = GlobalState(self._parts.topology, self._parts.services, self._parts.global_stores, self._admin, log.reader())
        self._committer = Committer(
            producer,
            self._admin,
            config.app_id,
            exactly_once=config.exactly_once,
            probe=self._parts.probe,
            patience=self._patience,
        )
        started = time.monotonic()
        try:
            if not self._start(globals_, reader):
                return End.STOPPED
            self._measures.started(time.monotonic() - started)
            with frozen_objects(config.gc_policy):
                self._running()
                end = self._work(globals_, reader, each_round, until_end=until_end)
                self._commit()
                return end
        finally:
            self._requests.close()
            self._guard.end()
            try:
                self._close(globals_)
            finally:
                reader.close()
                producer.close()

    def _start(self, globals_: GlobalState, reader: Reader) -> bool:
        """Makes everything ready; False if it is to stop before that is done."""
        globals_.open()
        for _ in globals_.fill():
            if self._stop.is_set():
                return False
        committed = self._admin.positions(self._config.app_id)
        starts = TaskStarts(self._parts, self._admin, committed, self._tasks, self._owner)
        if not starts.start(self._stop.is_set):
            return False
        positions = starts.positions()
        self._guard.begin(positions)
        reader.assign(positions)
        self._flow = FlowControl(self._admin, reader, self._config.buffered_records_per_partition, self._patience)
        services = self._parts.services
        self._housekeeping = Housekeeping(self._admin, self._parts.topology, self._parts.layout, self._config)
        remove_old_state(services.state_root, self._tasks, self._config.state_cleanup_delay_ms, services.clock)
        return not self._stop.is_set()

    def _close(self, globals_: GlobalState) -> None:
        failed: list[Exception] = []
        for close in (*(task.close for task in self.tasks), globals_.close, self._parts.services.async_runner.close):
            try:
                close()
            except Exception as error:  # one that cannot be closed must not keep the others open
                failed.append(error)
        if failed:
            raise failed[0]

    # ---- the loop -------------------------------------------------------------------------------------------------

    def _work(self, globals_: GlobalState, reader: Reader, each_round: Callable[[], None], *, until_end: bool) -> End:
        while not self._stop.is_set():
            self._requests.serve()
            each_round()
            self._patience.attempt(self._measure, "measures")
            if self._patience.attempt(self._housekeeping.topics_have_changed, "topics"):
                return End.TOPICS_CHANGED
            if self._paused.is_set():
                if self._commit_is_due(idle=True):
                    self._commit()
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
                break
        return End.STOPPED

    def _poll(self, reader: Reader) -> bool:
        waiting = any(task.group.ready(self._now(), self._flow.caught_up) for task in self.tasks)
        self._flow.balance(self._owner)
        at_most = 1 if self._guard.mode is Mode.CAREFUL else self._config.poll_records
        timeout_s = 0.0 if waiting else self._idle_wait()
        batches = self._patience.attempt(lambda: reader.poll(at_most, timeout_s), "poll")
        if batches is None:
            self._stop.wait(_IDLE_POLL_S)
            return False
        for batch in batches:
            self._hand_over(batch)
        self._flow.polled()
        if batches:
            self._measures.polled(sum(len(batch.offsets) for batch in batches))
        return bool(batches)

    def _hand_over(self, batch: RecordBatch) -> None:
        partition = TopicPartition(batch.topic, batch.partition)
        task, culprit = self._owner[partition], self._guard.culprit
        if self._guard.mode is Mode.CAREFUL and batch.offsets:
            if culprit is not None and culprit.is_at(partition, batch.offsets[0]):
                task.refuse(batch)
                self._commit()
                self._guard.survived()
                return
            self._guard.touch(partition, batch.offsets[0])  # it may kill by being decoded
        task.add(batch)

    def _process(self) -> int:
        """One chunk of each task that has something to do, again until there is nothing, or something else is due."""
        total = 0
        while not (self._stop.is_set() or self._paused.is_set()):
            done = 0
            now = self._now()
            for task in self._tasks.values():
                task.forward_results(wait=False)
                if task.group.ready(now, self._flow.caught_up):
                    done += self._chunk(task) if self._guard.mode is Mode.NORMAL else self._careful_step(task)
            total += done
            self.records += done
            if not done or self._something_else_is_due():
                break
        return total

    def _chunk(self, task: Task) -> int:
        started = time.perf_counter()
        done = task.process(self._pace.records)
        seconds = time.perf_counter() - started
        self._pace.took(seconds, done)
        self._measures.processed(task.id, seconds)
        return done

    def _careful_step(self, task: Task) -> int:
        place = task.group.head()
        if place is not None:
            self._guard.touch(*place)
        done = task.process(1)
        self._commit()
        self._guard.survived()
        return done

    def _something_else_is_due(self) -> bool:
        if self._requests or self._interval_is_over() or self._parts.services.memory.exceeded:
            return True
        now = self._now()
        return any(task.commit_requested or task.punctuation_is_due(now) for task in self._tasks.values())

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

    def _commit(self) -> None:
        """Commits all tasks."""
        started = time.monotonic()
        try:
            committed = self._committer.commit(self.tasks)
        except BaseException:
            self._measures.aborted()
            raise
        self._parts.services.memory.reclaim()
        self._committed_at = time.monotonic()
        self._dirty = False
        if committed:
            self._measures.committed(self._committed_at - started, self._tasks.values(), self._now())
            self._patience.attempt(self._clean_up, "purge")

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

    def _measure(self) -> None:
        self._measures.look(self.tasks, self._owner, self._flow, self._parts.services.memory)

    def _clean_up(self) -> None:
        self._housekeeping.committed(self._committer.committed, self._tasks.values())

    def _idle_wait(self) -> float:
        if not self._dirty:
            return _IDLE_POLL_S
        left = self._config.commit_interval_ms / 1000 - (time.monotonic() - self._committed_at)
        return min(_EARLY_COMMIT_S, max(0.0, left))

    def _now(self) -> int:
        return self._parts.services.clock.now_ms()
