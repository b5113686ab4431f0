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
        largest_lag: The input partition that is furthest behind, with its lag.
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
    largest_lag: tuple[str, int] | None = None


def progress_line(progress: Progress) -> str:
    """For people: rate, lag and state size; what is zero and good is left out.

    >>> progress_line(Progress(state="running", records=61_000, seconds=5, lag=1_200, state_bytes=34_000_000))
    'running: 12.2k records/s, lag 1.2k, state 34.0 MB'
    >>> progress_line(Progress(state="running", records=5, seconds=5, lag=9, largest_lag=("in-3", 7), state_bytes=88))
    'running: 1 records/s, lag 9 (7 in in-3), state 88 B'
    """
    rate = progress.records / progress.seconds if progress.seconds > 0 else 0.0
    lag = "unknown" if progress.lag is None else _short(progress.lag)
    if progress.lag and progress.largest_lag:
        where, records = progress.largest_lag
        lag += f" ({_short(records)} in {where})"
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
