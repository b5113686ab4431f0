"""The watchdog: sees when a step takes too long, says where it hangs, and follows the policy `on_stall`.

It compares two looks at the processing thread. As long as rounds, records or the record in hand change, there is progress,
however slow the user's function is.
"""

from __future__ import annotations

import ctypes
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from headrace.app.beat import Beat
from headrace.app.stack_place import Place, look_at
from headrace.config.app_config import AppConfig
from headrace.core.errors import StalledError
from headrace.observe.events import event_logger
from headrace.observe.metrics import Metrics
from headrace.runtime.worker import Worker

EXIT_CODE = 3
"""Of a process that was ended because it was stalled: that of an application that has failed."""

_LONGEST_LOOK_S = 1.0
_log = event_logger("watchdog")


class Watched(Protocol):
    """One life of an application."""

    beat: Beat

    @property
    def worker(self) -> Worker:
        """Who works."""
        ...


@dataclass(frozen=True, slots=True)
class Stall:
    """A step that takes too long.

    Attributes:
        seconds: For how long at least.
    """

    place: Place
    seconds: float


@dataclass(frozen=True, slots=True)
class _Mark:
    """What changes when there is progress."""

    life: int
    rounds: int
    records: int
    place: Place


class Watchdog:
    """One per application; watches while its context is open.

    Args:
        watched: The life that is being lived, if there is one.
        end_process: Ends the process.
    """

    def __init__(
        self,
        config: AppConfig,
        metrics: Metrics,
        watched: Callable[[], Watched | None],
        end_process: Callable[[int], None] = os._exit,
    ) -> None:
        self._timeout_s = config.stall_timeout_ms / 1000
        self._policy = config.on_stall
        self._metrics = metrics
        self._watched = watched
        self._end_process = end_process
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._mark: _Mark | None = None
        self._since = 0.0
        self._moved: tuple[int, float] = (0, time.monotonic())
        self._stall: Stall | None = None

    @property
    def stall(self) -> Stall | None:
        """The step that takes too long, while it does."""
        return self._stall

    @property
    def starving_s(self) -> float:
        """For how long there has been input and nothing was processed; 0 while all is well."""
        return time.monotonic() - self._moved[1] if self._metrics.total("headrace_source_lag_records") else 0.0

    @property
    def timeout_s(self) -> float:
        """When a step, or a wait, is too long; 0 is never."""
        return self._timeout_s

    def over(self) -> None:
        """The life that was watched has failed: nothing of it is left to wait for."""
        self._stall, self._mark = None, None

    def __enter__(self) -> Self:
        self._moved = (0, time.monotonic())
        self.over()
        if self._timeout_s:
            self._closed.clear()
            self._thread = threading.Thread(target=self._watch, name="headrace-watchdog", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.over()

    def _watch(self) -> None:
        while not self._closed.wait(min(_LONGEST_LOOK_S, self._timeout_s / 4)):
            try:
                self.look()
            except Exception as error:  # a fault of the watchdog must not leave the application unwatched
                _log.error("watchdog_failed", problem=f"{type(error).__name__}: {error}")

    def look(self) -> None:
        """Looks once."""
        now, watched = time.monotonic(), self._watched()
        if watched is None or not watched.beat.rounds or watched.beat.thread is None:
            self.over()
            self._moved = (0, now)
            return
        sight = look_at(watched.beat.thread, with_stack=False)
        records = watched.worker.records
        if sight is None:
            return
        mark = _Mark(id(watched), watched.beat.rounds, records, sight.place)
        if records != self._moved[0] or not self._metrics.total("headrace_source_lag_records"):
            self._moved = (records, now)
        if mark != self._mark:
            self._goes_on(mark, now)
        elif self._timeout_s and now - self._since >= self._timeout_s:
            self._stalled(watched.beat.thread, sight.place, now - self._since)

    def _goes_on(self, mark: _Mark, now: float) -> None:
        if self._stall is not None:
            _log.warning("stall_over", seconds=round(now - self._since, 1), **self._stall.place.fields())
        self._mark, self._since = mark, now
        self._stall = None

    def _stalled(self, thread: int, place: Place, seconds: float) -> None:
        first = self._stall is None
        if first:  # counted before anybody can see it
            self._metrics.counter("headrace_stalls_total", doing=place.doing).add()
        self._stall = Stall(place, seconds)
        if first:
            sight = look_at(thread, with_stack=True)
            stack = "" if sight is None else sight.stack
            _log.bind(**place.fields()).error("stalled", seconds=round(seconds, 1), policy=self._policy, stack=stack)
            if self._policy == "restart":
                self._interrupt(thread)
            elif self._policy == "exit":
                self._end(place)
        elif self._policy == "restart" and seconds >= 2 * self._timeout_s:
            self._end(place)

    def _interrupt(self, thread: int) -> None:
        """Raises StalledError in the thread, at its next line of Python."""
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(StalledError))

    def _end(self, place: Place) -> None:
        _log.bind(**place.fields()).error("ended_because_stalled", exit_code=EXIT_CODE)
        for handler in logging.getLogger().handlers + logging.getLogger("headrace").handlers:
            handler.flush()
        self._end_process(EXIT_CODE)
