"""A worker's end of the pipe to its parent."""

from __future__ import annotations

import logging
import os
import pickle
import sys
import threading
import time
import traceback
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import NoReturn

from headrace.app.workers.messages import (
    AtEnd,
    Begin,
    Ended,
    Failed,
    FromWorker,
    Hello,
    Pause,
    Report,
    Running,
    Stop,
    TopicsChanged,
    ToWorker,
)
from headrace.config.app_config import AppConfig
from headrace.core.errors import HeadraceError
from headrace.observe.events import FIELD, Event, event_logger
from headrace.observe.metrics import Metrics
from headrace.observe.transfer import GrowthOf

VARIABLE = "_HEADRACE_WORKER"
"""Tells a process that it is a worker: index, number of workers, descriptor of the pipe, application id."""

FAILED = 1
"""Exit code of a worker that failed; its parent tells why."""

_ORPHANED_S = 30.0
"""How long a worker without a parent may take for its orderly end."""

_AT_END_S = 0.05
_STATIC_NAME = "group.instance.id"
_log = event_logger("worker")


@dataclass(frozen=True, slots=True)
class Calls:
    """What the parent can have an application do; called from a thread of the pipe's own."""

    stop: Callable[[], None]
    pause: Callable[[], None]
    resume: Callable[[], None]


class Link:
    """Made once, in a process that was started as a worker.

    Args:
        end_process: Ends the process at once.

    Attributes:
        index: Which worker this is, from 0.
        count: How many there are.
        app_id: Of the application that it works for. Others that the same program runs are no business of this process.
    """

    def __init__(
        self,
        index: int,
        count: int,
        app_id: str,
        connection: Connection,
        end_process: Callable[[int], None] = os._exit,
    ) -> None:
        self.index = index
        self.count = count
        self.app_id = app_id
        self._connection = connection
        self._end_process = end_process
        self._sending = threading.Lock()
        self._begun = threading.Event()
        self._begin = Begin(frozenset())
        self._at_end_told = 0.0

    def _settled(self, config: AppConfig) -> AppConfig:
        """The configuration of one worker out of that of all: its share of memory, a server at a port of its own."""
        serve = config.serve
        if serve is not None:
            serve = "127.0.0.1:0" if config.embedded else f"{serve.rpartition(':')[0]}:0"
        kafka = dict(config.kafka)
        if _STATIC_NAME in kafka:
            kafka[_STATIC_NAME] = f"{kafka[_STATIC_NAME]}-{self.index}"
        limit = config.memory_limit_bytes and max(1, config.memory_limit_bytes // self.count)
        advertise = None if config.embedded else config.advertise
        return replace(config, memory_limit_bytes=limit, serve=serve, advertise=advertise, kafka=kafka)

    def open(self, config: AppConfig, calls: Calls, metrics: Metrics) -> AppConfig:
        """Greets the parent, and does from now on what it says; the configuration of one worker out of that of all.

        The metrics are told with each report.
        """
        self.growth = GrowthOf(metrics)
        threading.Thread(target=self._listen, args=(calls,), name="headrace-parent", daemon=True).start()
        self.tell(Hello())
        return self._settled(config)

    def share(self) -> Begin:
        """What this worker is to do; waits until the parent says it."""
        self._begun.wait()
        return self._begin

    def tell(self, message: FromWorker) -> None:
        """Sends a message. A parent that is gone is noticed elsewhere."""
        with self._sending:
            try:
                self._connection.send(message)
            except OSError:
                return

    def after(self, running: Callable[[], None]) -> Callable[[], None]:
        """A function that does this, and tells the parent then that everything is restored."""

        def both() -> None:
            running()
            self.tell(Running())

        return both

    def topics_changed(self) -> None:
        """Other tasks are needed."""
        self.tell(TopicsChanged())

    def at_end(self) -> bool:
        """All input is consumed, for the moment. False: the end is the parent's to decide, which then says stop."""
        if time.monotonic() - self._at_end_told >= _AT_END_S:
            self._at_end_told = time.monotonic()
            self.tell(AtEnd())
        return False

    def leave(self, error: BaseException | None) -> NoReturn:
        """Ends the process: what stands behind `run` in the program is for the parent.

        Raises:
            SystemExit: Always.
        """
        self.tell(Report(growth=self.growth.take(gauges=False)))
        if error is None:
            self.tell(Ended())
            sys.exit(0)
        origin = error.__cause__ or error  # what is around it the parent raises itself
        self.tell(Failed(self.index, _portable(error), "".join(traceback.format_exception(origin))))
        sys.exit(FAILED)

    def _listen(self, calls: Calls) -> None:
        while True:
            try:
                message: ToWorker = self._connection.recv()
            except (EOFError, OSError):
                break
            match message:
                case Begin():
                    self._begin = message
                    self._begun.set()
                case Stop():
                    calls.stop()
                    self._begun.set()
                case Pause(paused):
                    (calls.pause if paused else calls.resume)()
        _log.warning("parent_is_gone", worker=self.index)
        calls.stop()
        self._begun.set()
        time.sleep(_ORPHANED_S)
        self._end_process(FAILED)  # a step that takes longer than that holds up whoever starts the application again


def _portable(error: BaseException) -> HeadraceError:
    """The error itself if it survives the journey; else one that says the same."""
    if isinstance(error, HeadraceError):
        try:
            copy = pickle.loads(pickle.dumps(error))
        except Exception:
            return HeadraceError(error.message, hint=error.hint)
        return error if isinstance(copy, HeadraceError) else HeadraceError(error.message, hint=error.hint)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return HeadraceError(text)


def named_worker(link: Link) -> Callable[[logging.LogRecord], bool]:
    """A filter of log records that adds to each event which worker it comes from."""

    def name(record: logging.LogRecord) -> bool:
        event = getattr(record, FIELD, None)
        if isinstance(event, Event):
            record.msg = Event(event.name, {**event.fields, "worker": link.index})
            setattr(record, FIELD, record.msg)
        return True

    return name


def link_from(environment: MutableMapping[str, str]) -> Link | None:
    """The link of a process that was started as a worker. The variable is taken away: processes it starts are no workers."""
    text = environment.pop(VARIABLE, None)
    if text is None:
        return None
    index, count, descriptor, app_id = text.split("/", 3)
    try:
        os.set_inheritable(int(descriptor), False)
    except OSError:
        return None  # inherited by a process that the pipe was not passed to
    return Link(int(index), int(count), app_id, Connection(int(descriptor)))


LINK = link_from(os.environ)
"""The link of this process; None if it is no worker."""
