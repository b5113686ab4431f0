"""How long errors that go away by themselves are put up with. Source: `task.timeout.ms`, KIP-572."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from headrace.core.errors import HeadraceError
from headrace.observe.events import event_logger

T = TypeVar("T")

_log = event_logger("patience")


class Patience:
    """One per worker. Each thing that it asks of the log is counted by itself.

    Args:
        timeout_ms: For how long, from the first failure that no success has followed.
    """

    def __init__(self, timeout_ms: int) -> None:
        self._timeout_s = timeout_ms / 1000
        self._failing_since: dict[str, float] = {}

    def attempt(self, step: Callable[[], T], what: str) -> T | None:
        """What a step gives; None at an error that goes away by itself: it is done the next time. Others are raised."""
        try:
            found = step()
        except HeadraceError as error:
            self._bear(error, what)
            return None
        self._failing_since.pop(what, None)
        return found

    def repeat(self, step: Callable[[], T], what: str) -> T:
        """Repeats a step, which waits by itself, until it succeeds."""
        while True:
            try:
                found = step()
            except HeadraceError as error:
                self._bear(error, what)
            else:
                self._failing_since.pop(what, None)
                return found

    def _bear(self, error: HeadraceError, what: str) -> None:
        now = time.monotonic()
        first = what not in self._failing_since
        since = self._failing_since.setdefault(what, now)
        if not error.retriable or now - since >= self._timeout_s:
            raise error
        if first:
            _log.warning("put_off", what=what, error=error.message)
