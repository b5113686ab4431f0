"""The one line that says how an application is doing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Numbers of one interval.

    Attributes:
        state: State of the application, e.g. `running`.
        records: Records processed in the interval.
        seconds: Length of the interval.
        lag: Records still to read; None while unknown.
        state_bytes: Size of all stores.
        dropped: Records dropped or skipped since the start.
        restoring: Changelog records still to restore.
    """

    state: str
    records: int
    seconds: float
    lag: int | None
    state_bytes: int
    dropped: int = 0
    restoring: int = 0


def progress_line(progress: Progress) -> str:
    """For people: rate, lag and state size; what is zero and good is left out.

    >>> progress_line(Progress(state="running", records=61_000, seconds=5, lag=1_200, state_bytes=34_000_000))
    'running: 12.2k records/s, lag 1.2k, state 34.0 MB'
    """
    rate = progress.records / progress.seconds if progress.seconds > 0 else 0.0
    lag = "unknown" if progress.lag is None else _short(progress.lag)
    parts = [f"{_short(rate)} records/s", f"lag {lag}", f"state {_bytes(progress.state_bytes)}"]
    if progress.restoring:
        parts.append(f"{_short(progress.restoring)} to restore")
    if progress.dropped:
        parts.append(f"{_short(progress.dropped)} dropped")
    return f"{progress.state}: {', '.join(parts)}"


def _short(number: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number:.0f}"


def _bytes(size: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
