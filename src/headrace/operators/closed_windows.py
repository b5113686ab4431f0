"""Which windows have closed between two close times."""

from __future__ import annotations

from headrace.operators.emit_on_close import Bounds


def closed_time_windows(size_ms: int, advance_ms: int) -> Bounds:
    """Bounds of the starts of tumbling or hopping windows whose end lies after the last close time, up to the new one."""

    def bounds(last: int, close_time: int) -> tuple[int, int] | None:
        upper = close_time - size_ms
        if upper < 0:
            return None
        if last == -1:
            return 0, upper
        before = max(0, last - size_ms)
        if before // advance_ms == upper // advance_ms and _first(before) == _first(upper):
            return None
        return before + 1, upper

    def _first(timestamp: int) -> int:
        return max(0, timestamp - size_ms + advance_ms) // advance_ms

    return bounds


def closed_sliding_windows(difference_ms: int) -> Bounds:
    """Bounds of the starts of sliding windows, whose end is inclusive."""

    def bounds(last: int, close_time: int) -> tuple[int, int] | None:
        upper = close_time - difference_ms - 1
        if upper < 0:
            return None
        return (0 if last == -1 else max(0, last - difference_ms)), upper

    return bounds


def closed_sessions(last: int, close_time: int) -> tuple[int, int] | None:
    """Bounds of the ends of sessions."""
    lower, upper = max(0, last), close_time - 1
    return (lower, upper) if upper >= lower else None
