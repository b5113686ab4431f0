"""Time comes from here only: the clocks that are injected, and durations at the edge of the API."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Protocol

from headrace.core.errors import ConfigurationError

Duration = timedelta | int | float | str
"""A length of time at the edge of the API: a timedelta, milliseconds as a number, or text such as "500ms", "5s", "2h"."""

UNKNOWN_TIME = -1
"""Stream time before the first record."""

_TEXT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|min|h|d)\s*\Z")
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class Clock(Protocol):
    """Wall-clock time in ms since the epoch, and the only way to sleep."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that stands still until it is moved; for tests."""

    def __init__(self, start_ms: int = 0) -> None:
        self._now = start_ms

    def now_ms(self) -> int:
        """Milliseconds since the epoch, as set."""
        return self._now

    def advance(self, duration: Duration) -> None:
        """Moves the clock forward."""
        self._now += to_ms(duration)


def to_ms(duration: Duration) -> int:
    """A duration as whole milliseconds.

    Raises:
        ConfigurationError: Text that is no duration.

    >>> to_ms("5s"), to_ms(timedelta(minutes=1)), to_ms(250)
    (5000, 60000, 250)
    """
    if isinstance(duration, timedelta):
        return duration // timedelta(milliseconds=1)
    if isinstance(duration, (int, float)):
        return int(duration)
    found = _TEXT.match(duration)
    if found is None:
        message = f"{duration!r} is no duration"
        raise ConfigurationError(message, hint='write it like "500ms", "5s", "2m", "1h", "7d", or give a timedelta')
    return int(float(found[1]) * _UNIT_MS[found[2]])
