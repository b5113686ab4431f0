"""A worker: the loop that polls, processes, punctuates and commits the tasks of one process.

All work on tasks happens in the thread that calls `run`; other threads hand in requests (`submit`) that are served between two
chunks of records. Which tasks it has can change in every round: its membership says so, its task manager opens, restores and
closes them beside those that run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from enum import Enum
from threading import Event
from typing import Any, TypeVar

from headrace.core.errors import FencedError
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.log.api import RecordBatch
from headrace.runtime.commit.committer import Committer
from headrace.runtime.commit.interval import IDLE_POLL_S, CommitInterval
from headrace.runtime.crash_guard import CrashGuard, Mode
from headrace.runtime.flow import FlowControl
from headrace.runtime.garbage import frozen_objects
from headrace.runtime.global_state import GlobalState
from headrace.runtime.housekeeping import Housekeeping
from headrace.runtime.measures import WorkerMeasures
from headrace.runtime.member import Member
from headrace.runtime.membership import Membership
from headrace.runtime.pacing import Pace
from headrace.runtime.patience import Patience
from headrace.runtime.requests import Requests
from headrace.runtime.task_directories import TaskDirectories
from headrace.runtime.task_manager import TaskManager
from headrace.runtime.task_states import TaskState
from headrace.runtime.tasks.task import Task
from headrace.runtime.worker_parts import WorkerParts

T = TypeVar("T")

_LOOK_S = 1.0


class End(Enum):
    """Why a worker has come to an end in order."""

    STOPPED = "stopped"
    TOPICS_CHANGED = "topics-changed"
    """Its inputs have changed: a new worker has to be made, with other tasks."""


class Worker:
    """Runs the tasks of an application that its membership assigns to it. It lives once.

    Args:
        parts: What it is made of.
        membership: Says which tasks are its own; closed at the end of `run`.
        running: Called once when all tasks of the first assignment are restored and processed.
    """

    def __init__(self, parts: WorkerParts, membership: Membership, running: Callable[[], None]) -> None:
        self._parts = parts
        self._config = parts.config
        self._membership = membership
        self._running = running
        self._admin = parts.log.admin()
        self._requests = Requests()
        self._stop = Event()
        self._leave = True
        self._paused = Event()
        self._guard = CrashGuard(parts.services.state_root, parts.config.crash_loop_limit, parts.name)
        self._pace = Pace(parts.config.poll_records, answers=parts.config.serve is not None)
        self._patience = Patience(parts.config.task_timeout_ms)
        self._interval = CommitInterval(parts.config.commit_interval_ms, parts.services.memory)
        self._measures = WorkerMeasures(parts.services.metrics, parts.name)
        self._began_at = time.monotonic()
        self._ready = False
        self._tasks: Mapping[TaskId, Task] = {}
        self._owner: Mapping[TopicPartition, Task] = {}
        self._at_the_end = ExitStack()
        self._states: tuple[TaskState, ...] = ()
        self._lags: dict[TopicPartition, int] = {}
        self._looked_at = 0.0
        self.records = 0

    # ---- from other threads ---------------------------------------------------------------------------------------

    def stop(self, *, leave: bool = True) -> None:
        """Asks for an orderly end: commit, then close.

        Args:
            leave: Whether others get its tasks at once (see `Membership.close`).
        """
        self._leave = leave
        self._stop.set()

    def pause(self) -> None:
        """Stops processing and punctuation; the position stays, and what was done is committed."""
        self._paused.set()

    def resume(self) -> None:
        """Goes on after `pause`."""
        self._paused.clear()

    def submit(self, request: Callable[[], T]) -> Future[T]:
        """Runs a function in the processing thread, between two chunks of records; at first it waits for the first restore."""
        return self._requests.submit(request)

    def task_states(self) -> Sequence[TaskState]:
        """What is assigned here and how it gets on, at most about a second old; restores included."""
        return self._states

    # ---- in the processing thread ---------------------------------------------------------------------------------

    @property
    def tasks(self) -> Sequence[Task]:
        """The tasks that are processed here; to be used in the processing thread (see `submit`)."""
        return tuple(self._tasks.values())

    @property
    def standbys(self) -> Sequence[Task]:
        """The warm copies that are kept here; to be used in the processing thread."""
        return self._manager.standbys

    @property
    def global_stores(self) -> Mapping[str, Any]:
        """Open global stores by name; to be used in the processing thread."""
        return self._parts.global_stores

    def lag(self) -> int:
        """Records still to process; to be asked in the processing thread."""
        return sum(self._flow.lags(self._owner).values())

    def state_bytes(self) -> int:
        """About how large all stores are; to be asked in the processing thread."""
        return sum(store.engine_bytes() for task in self._manager.opened for store in task.stores.values())

    # ---- the life of a worker -------------------------------------------------------------------------------------

    def run(
        self,
        *,
        until_end: bool = False,
        each_round: Callable[[], None] = lambda: None,
        may_end: Callable[[], bool] = lambda: True,
    ) -> End:
        """Works until `stop` is called, or with `until_end` until every input that is there now is consumed.

        Args:
            until_end: Whether to end when everything is consumed.
            may_end: Asked then; others may be about to write what there is to read here.
            each_round: Called in each round of the loop, for reports.

        Raises:
            HeadraceError: Something failed for good; nothing of the interval was committed.
        """
        with self._at_the_end:
            self._requests.begin()
            globals_ = self._open()
            for _ in globals_.fill():
                if self._stop.is_set():
                    return End.STOPPED
            self._may_end = may_end if until_end else None
            end = self._work(globals_, each_round)
            self._leave = self._leave and end is End.STOPPED
            try:
                self._commit()
            except FencedError as error:
                self._member.lost(error)
            return end

    def _open(self) -> GlobalState:
        """Makes everything, and notes how it is closed: in the reverse order, whatever happens."""
        parts, closing = self._parts, self._at_the_end.callback
        log, services = parts.log, parts.services
        self._producer = self._patience.repeat(self._parts.new_producer, "producer")
        closing(self._close_producer)
        self._committer = self._new_committer()
        self._reader = log.reader()
        closing(self._reader.close)
        closing(services.async_runner.close)
        globals_ = GlobalState(parts.topology, services, parts.global_stores, self._admin, log.reader("global"), parts.name)
        closing(globals_.close)
        directories = TaskDirectories(services.state_root)
        self._manager = TaskManager(parts, self._admin, self._reader, directories)
        self._tasks, self._owner = self._manager.running, self._manager.owner
        self._flow = FlowControl(self._admin, self._reader, self._config.buffered_records_per_partition, self._patience)
        self._housekeeping = Housekeeping(self._admin, parts.topology, parts.layout, self._config)
        self._member = Member(self._membership, self._manager, parts, self._admin, directories, self._guard)
        closing(lambda: self._member.close(leave=self._leave))
        closing(self._manager.close)
        closing(self._guard.end)
        closing(self._requests.close)
        globals_.open()
        return globals_

    def _close_producer(self) -> None:
        self._producer.close()  # the one that is there by then

    def _new_committer(self) -> Committer:
        config, probe, patience = self._config, self._parts.probe, self._patience
        exactly_once = config.exactly_once
        return Committer(self._producer, self._admin, config.app_id, exactly_once=exactly_once, probe=probe, patience=patience)

    # ---- the loop -------------------------------------------------------------------------------------------------

    def _work(self, globals_: GlobalState, each_round: Callable[[], None]) -> End:
        while not self._stop.is_set():
            try:
                end = self._round(globals_, each_round)
            except FencedError as error:
                self._begin_anew(error)
            else:
                if end is not None:
                    return end
        return End.STOPPED

    def _round(self, globals_: GlobalState, each_round: Callable[[], None]) -> End | None:
        if self._ready:
            self._requests.serve()
        each_round()
        if self._patience.attempt(self._housekeeping.topics_have_changed, "topics"):
            return End.TOPICS_CHANGED
        self._patience.attempt(self._follow, "assignment")
        self._patience.attempt(self._restore, "restore")
        self._patience.attempt(self._look, "measures")
        if self._paused.is_set():
            if self._interval.due(self.tasks, idle=True):
                self._commit()
            self._stop.wait(IDLE_POLL_S)
            return None
        globals_.update()
        polled = self._poll()
        processed = self._process()
        if self._punctuate() or processed or polled:
            self._interval.dirty = True
        if self._interval.due(self.tasks, idle=not processed and not polled):
            self._commit()
        else:
            self._patience.attempt(lambda: self._committer.send(self._tasks.values()), "send")
        if self._may_end is not None and self._ready and not polled and not processed and self._at_end() and self._may_end():
            return End.STOPPED
        return None

    def _poll(self) -> bool:
        self._flow.balance(self._owner)
        at_most = 1 if self._guard.mode is Mode.CAREFUL else self._pace.polled
        timeout_s = 0.0 if self._manager.restoring or self._waiting() else self._interval.idle_wait()
        batches = self._patience.attempt(lambda: self._reader.poll(at_most, timeout_s), "poll")
        if batches is None:
            self._stop.wait(IDLE_POLL_S)
            return False
        for batch in batches:
            self._hand_over(batch)
        self._flow.polled()
        if batches:
            self._measures.polled(sum(len(batch.offsets) for batch in batches))
        return bool(batches)

    def _waiting(self) -> bool:
        now = self._now()
        return any(task.group.ready(now, self._flow.caught_up) for task in self._tasks.values())

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
                    done += self._chunk(task, now) if self._guard.mode is Mode.NORMAL else self._careful_step(task)
            total += done
            self.records += done
            if not done or self._something_else_is_due():
                break
        return total

    def _chunk(self, task: Task, now: int) -> int:
        started = time.perf_counter()
        at_most = self._pace.records
        done = step = task.process(at_most)
        # The next piece is decoded already: it is used now, while it is near, not after the other tasks' turns.
        while step and done < at_most and not task.commit_requested and task.group.ready(now, self._flow.caught_up):
            step = task.process(at_most - done)
            done += step
        self._committer.hand_over(task)
        self._pace.took(seconds := time.perf_counter() - started, done)
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
        if self._requests or self._interval.over or self._parts.services.memory.exceeded or self._manager.restoring:
            return True
        now = self._now()
        return any(task.commit_requested or task.punctuation_is_due(now) for task in self._tasks.values())

    def _punctuate(self) -> bool:
        now = self._now()
        return any([task.punctuate_wall_clock(now) for task in self._tasks.values()])

    # ---- assignments ----------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        released = self._member.follow(self._commit)
        if released is not None:
            self._committer.forget(released)
            self._flow.keep(self._owner)
            self._states = self._manager.states(self._lags)

    def _restore(self) -> None:
        idle = self._manager.restoring and not self._waiting()
        if self._manager.step(idle_s=IDLE_POLL_S if idle else 0.0):
            self._flow.keep(self._owner)
            self._states = self._manager.states(self._lags)
        if not self._ready and self._member.assigned and self._manager.ready:
            self._ready = True
            self._measures.started(time.monotonic() - self._began_at)
            self._at_the_end.enter_context(frozen_objects(self._config.gc_policy))
            self._running()

    def _begin_anew(self, error: FencedError) -> None:
        """The tasks are somebody else's by now: nothing of the interval counts, and new ones come from the membership."""
        self._member.lost(error)
        self._flow.keep(self._owner)
        self._producer.close()
        self._producer = self._patience.repeat(self._parts.new_producer, "producer")
        self._committer = self._new_committer()
        self._interval.begin()

    # ---- commit ---------------------------------------------------------------------------------------------------

    def _commit(self) -> None:
        """Commits all tasks."""
        started = time.monotonic()
        try:
            committed = self._committer.commit(self.tasks)
        except BaseException:
            self._measures.aborted()
            raise
        self._parts.services.memory.reclaim()
        self._interval.begin(started)
        if committed:
            self._measures.committed(time.monotonic() - started, self._tasks.values(), self._now())
            self._patience.attempt(self._clean_up, "purge")

    def _at_end(self) -> bool:
        """Whether all that is there is consumed, what a last commit adds to internal topics included."""
        if any(task.group.waiting_records for task in self._tasks.values()):
            return False
        if not all(self._flow.caught_up(partition) for partition in self._owner):
            return False
        self._commit()
        self._flow.polled()
        return all(self._flow.caught_up(partition) for partition in self._owner)

    # ---- small things ---------------------------------------------------------------------------------------------

    def _look(self) -> None:
        if self._ready:
            self._measures.look(self.tasks, self._owner, self._flow, self._parts.services.memory, self._now())
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_S:
            self._looked_at = now
            self._lags = self._flow.lags(self._owner)
            self._states = self._manager.states(self._lags)
            self._member.look()

    def _clean_up(self) -> None:
        self._housekeeping.committed(self._committer.committed, self._tasks.values())

    def _now(self) -> int:
        return self._parts.services.clock.now_ms()
