"""When records are handed out: as fast as possible up to an instant, or as time goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile

from headrace.core.time import Clock
from utopia.mockdata.generator import MockRecord

_LARGEST_SLICE = 10_000


def until(records: Iterable[MockRecord], end_ms: int) -> Iterator[MockRecord]:
    """The records before an instant (ms), as fast as they are taken."""
    return takewhile(lambda record: record[3] < end_ms, records)


def in_real_time(records: Iterable[MockRecord], clock: Clock, stopped: Callable[[float], bool]) -> Iterator[list[MockRecord]]:
    """Slices of records, each when the clock has reached its last timestamp. What lies in the past comes at once.

    Args:
        records: In the order of time.
        clock: What time it is.
        stopped: Waits for some seconds; true if that is the end. `threading.Event().wait` is one.
    """
    due: list[MockRecord] = []
    for record in records:
        while (early_ms := record[3] - clock.now_ms()) > 0:
            if due:
                yield due
                due = []
            elif stopped(early_ms / 1000):
                return
        due.append(record)
        if len(due) >= _LARGEST_SLICE:
            yield due
            due = []
            if stopped(0):
                return
    if due:
        yield due
