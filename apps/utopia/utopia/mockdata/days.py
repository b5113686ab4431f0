"""Instants (ms since the epoch) and days (proleptic ordinals) as the entities write them. All in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_EPOCH = date(1970, 1, 1).toordinal()


def day_of(instant_ms: int) -> int:
    """The day on which an instant lies.

    >>> day_text(day_of(0))
    '1970-01-01'
    """
    return _EPOCH + instant_ms // DAY_MS


def begin_of(day: int) -> int:
    """The first instant of a day, in ms."""
    return (day - _EPOCH) * DAY_MS


def day_text(day: int) -> str:
    """A day as `YYYY-MM-DD`."""
    return date.fromordinal(day).isoformat()


def years_before(day: int, years: int) -> int:
    """The same day some years earlier; 29 February becomes 28 February."""
    later = date.fromordinal(day)
    try:
        return later.replace(year=later.year - years).toordinal()
    except ValueError:
        return later.replace(year=later.year - years, day=28).toordinal()


def instant_writer() -> Callable[[int], str]:
    """A function from ms to an ISO 8601 instant, quick for instants that follow each other closely.

    >>> instant_writer()(1_700_000_000_123)
    '2023-11-14T22:13:20.123Z'
    """
    known, prefix = -1, ""

    def write(instant_ms: int) -> str:
        nonlocal known, prefix
        minute, rest = divmod(instant_ms, _MINUTE_MS)
        if minute != known:
            known = minute
            prefix = datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:")
        return f"{prefix}{rest // 1000:02d}.{rest % 1000:03d}Z"

    return write
