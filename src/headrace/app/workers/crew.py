"""One life of an application in several processes, as the parent lives it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from multiprocessing.connection import wait
from threading import Event

from headrace.app.beat import Beat
from headrace.app.instance import open_log_of
from headrace.app.prepare_topics import prepare_topics
from headrace.app.workers.consumed import all_consumed
from headrace.app.workers.dealing import deal
from headrace.app.workers.gathering import CrewDirectory, Summary
from headrace.app.workers.messages import Begin, Failed, FromWorker, Hello, Pause, Report, Running, Stop, TopicsChanged
from headrace.app.workers.process import WorkerProcess
from headrace.config.app_config import AppConfig
from headrace.core.errors import HeadraceError, LifecycleError
from headrace.log.api import Admin, GroupLog, Log
from headrace.observe.events import event_logger
from headrace.observe.metrics import Metrics
from headrace.runtime.all_tasks import all_tasks
from headrace.runtime.commit.committer import CommitProbe
from headrace.runtime.policies import ErrorHandler
from headrace.runtime.restore.listeners import RestoreListener
from headrace.runtime.task_states import TaskState
from headrace.runtime.topics import TopicLayout
from headrace.runtime.worker import End, Worker
from headrace.topology.physical import Topology

_LOOK_S = 0.1
_STOP_AFTER_ERROR_S = 30.0
_log = event_logger("workers")


class WorkerError(Exception):
    """Stands for the traceback in a worker, which cannot travel: the cause of the error that the worker failed on."""

    def __init__(self, worker: int, trace: str) -> None:
        super().__init__(f"in worker {worker}:\n{trace}")


class Crew:
    """Made anew for each life, like an `Instance`; it has no tasks of its own.

    Attributes:
        url: Where it is asked for all of them.
        layout: Names and partition counts of topics, when they are known.
        directory: Which worker has which task.
        beat: Never beats: there is no processing thread here. Workers watch over themselves.
    """

    has_worker = False

    def __init__(self, config: AppConfig, topology: Topology, metrics: Metrics, handlers: Mapping[str, ErrorHandler]) -> None:
        self._config = config
        self._topology = topology
        self._handlers = handlers
        self._members: list[WorkerProcess] = []
        self._begins: list[Begin] = []
        self._end: End | None = None
        self._failed: Failed | None = None
        self._paused = False
        self._summary = Summary(config, metrics, self._members)
        self.url: str | None = None
        self.layout: TopicLayout | None = None
        self.directory = CrewDirectory(self._members)
        self.beat = Beat()

    @property
    def worker(self) -> Worker:
        """There is none here. Raises LifecycleError."""
        message = f"the stores of application {self._config.app_id!r} are in {len(self._members)} worker processes"
        raise LifecycleError(message, hint="app.query(name) asks them, with the option serve; app.store(name) needs workers=1")

    @property
    def trouble(self) -> str | None:
        """Why it is not healthy; None if it is."""
        return self._summary.trouble

    def task_states(self) -> Sequence[TaskState]:
        """The tasks of all workers."""
        return self._summary.states

    def stop(self) -> None:
        """The event that `live` got is enough."""

    def pause(self) -> None:
        """The event that `live` got is enough."""

    def resume(self) -> None:
        """The event that `live` got is enough."""

    def lag(self) -> int:
        """Records still to process, as of the last reports."""
        return self._summary.lag

    def live(
        self,
        running: Callable[[], None],
        stop_asked: Event,
        listeners: Sequence[RestoreListener],
        probe: CommitProbe,
        paused: Event,
        *,
        until_end: bool,
    ) -> End:
        """Takes ownership, makes topics, and has the workers work until the end. Listeners and probe are for the workers."""
        with ExitStack() as stack:
            log: Log = open_log_of(self._config)
            stack.callback(log.close)
            stack.enter_context(log.own(self._config.app_id))
            self._prepare(log)
            stack.callback(self._kill)
            for index in range(len(self._begins)):
                self._members.append(WorkerProcess(self._config.app_id, index, len(self._begins)))
            self._work(running, stop_asked, paused, log.admin() if until_end else None)
            self._finish()
        if self._failed is not None:
            raise _told(self._failed)
        return self._end or End.STOPPED

    def _prepare(self, log: Log) -> None:
        shared = isinstance(log, GroupLog)
        self.layout = prepare_topics(log.admin(), self._config, self._topology, self._handlers, shared=shared)
        tasks = all_tasks(self._topology, self.layout)
        # Where others may come and go, how many tasks there are for this machine is not known.
        count = self._config.workers if shared else max(1, min(self._config.workers, len(tasks)))
        if shared:
            self._begins = [Begin(None)] * count
        else:
            self._begins = [Begin(share, tasks - share) for share in deal(tasks, count)]
        _log.info("workers_start", workers=count, tasks=len(tasks))

    # ---- working ----------------------------------------------------------------------------------------------------

    def _work(self, running: Callable[[], None], stop_asked: Event, paused: Event, admin: Admin | None) -> None:
        has_run = False
        while self._end is None and self._failed is None:
            self._listen()
            if stop_asked.is_set():
                self._end = End.STOPPED
                break
            self._replace_dead()
            self._pass_on(paused)
            if not has_run and all(member.running for member in self._members):
                has_run = True
                running()
            self._summary.maybe_report()
            if admin is not None and all(member.at_end for member in self._members) and self._all_consumed(admin):
                self._end = End.STOPPED

    def _listen(self) -> None:
        open_ends = [member.connection for member in self._members if not member.connection.closed]
        if open_ends:
            wait(open_ends, _LOOK_S)
        else:
            time.sleep(_LOOK_S)
        for member in self._members:
            for message in member.messages():
                self._take(member, message)

    def _take(self, member: WorkerProcess, message: FromWorker) -> None:
        match message:
            case Hello():
                if self._paused:
                    member.tell(Pause(paused=True))
                member.tell(self._begins[member.index])
            case Running():
                _log.debug("worker_runs", worker=member.index)
            case TopicsChanged():
                self._end = self._end or End.TOPICS_CHANGED
            case Report():
                self._summary.take(member.index, message)
            case Failed():
                self._failed = self._failed or message
                _log.debug("worker_failed", worker=member.index)

    def _replace_dead(self) -> None:
        for member in self._members:
            if member.waits:
                if member.start_if_due():
                    self._summary.restarted(member.index)
            elif not member.alive:
                for message in member.messages():
                    self._take(member, message)
                if self._failed is None and self._end is None:
                    member.died()
                    self._summary.forget(member.index)

    def _pass_on(self, paused: Event) -> None:
        if paused.is_set() is not self._paused:
            self._paused = paused.is_set()
            for member in self._members:
                member.tell(Pause(paused=self._paused))

    def _all_consumed(self, admin: Admin) -> bool:
        return all_consumed(admin, self._topology, self._config.app_id)

    # ---- the end ----------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Has all of them end in order. After an error there is a limit to what is waited for: a commit is safe from a kill."""
        deadline = time.monotonic() + _STOP_AFTER_ERROR_S
        while any(member.alive for member in self._members):
            for member in self._members:
                member.end(Stop())
            self._listen()
            if self._failed is not None and time.monotonic() > deadline:
                _log.warning("workers_killed", waited_s=_STOP_AFTER_ERROR_S)
                self._kill()
        self._listen()

    def _kill(self) -> None:
        for member in self._members:
            member.kill()


def _told(failed: Failed) -> HeadraceError:
    error = failed.error
    error.__cause__ = WorkerError(failed.worker, failed.trace)
    return error


def is_told(error: BaseException) -> bool:
    """Whether a worker has failed on it, which has tried then what can be done about it."""
    return isinstance(error.__cause__, WorkerError)
