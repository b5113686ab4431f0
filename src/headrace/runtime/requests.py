"""What other threads ask of the processing thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from headrace.core.errors import LifecycleError

T = TypeVar("T")


class Requests:
    """Functions handed in by any thread, and run by the processing thread between two chunks of records.

    None waits for ever: those that come after the end, or are left over at the end, fail with LifecycleError.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._lock = threading.Lock()
        self._closed = False
        self._server: int | None = None

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def submit(self, request: Callable[[], T]) -> Future[T]:
        """Runs a function soon. In the processing thread itself, which cannot wait for itself, at once."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                future.set_exception(_stopped())
                return future
            if threading.get_ident() != self._server:
                self._waiting.append((request, future))
                return future
        _run(request, future)
        return future

    def begin(self) -> None:
        """This thread is the processing thread: it never has to wait for an answer."""
        self._server = threading.get_ident()

    def serve(self) -> None:
        """Runs what waits; called by the processing thread."""
        self.begin()
        while self._waiting:
            _run(*self._waiting.popleft())

    def close(self) -> None:
        """Fails what waits, and all that comes."""
        with self._lock:
            self._closed = True
        while self._waiting:
            _, future = self._waiting.popleft()
            if future.set_running_or_notify_cancel():
                future.set_exception(_stopped())


def _run(request: Callable[[], Any], future: Future[Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(request())
    except BaseException as error:
        future.set_exception(error)


def _stopped() -> LifecycleError:
    return LifecycleError("the application has stopped", hint="start it again, then ask")
