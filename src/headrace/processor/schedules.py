"""Punctuation schedules of one task, by stream time or wall clock.

Source of the semantics: Kafka Streams' ProcessorContext.schedule and PunctuationQueue.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Protocol


class Cancellable(Protocol):
    """A schedule that can be ended."""

    def cancel(self) -> None:
        """Ends it; also from within the punctuation itself."""
        ...


class Schedule:
    """One regular call. `due` is the next time at which it runs, in ms."""

    __slots__ = ("callback", "cancelled", "due", "interval_ms", "node")

    def __init__(self, node: str, due: int, interval_ms: int, callback: Callable[[int], None]) -> None:
        self.node = node
        self.due = due
        self.interval_ms = interval_ms
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Ends it."""
        self.cancelled = True


class PunctuationQueue:
    """Schedules of one clock, ordered by when they are due."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Schedule]] = []
        self._arrival = count()

    def add(self, schedule: Schedule) -> Schedule:
        """Adds a schedule and returns it."""
        heapq.heappush(self._heap, (schedule.due, next(self._arrival), schedule))
        return schedule

    @property
    def next_due(self) -> int | None:
        """When the next one is due; None without schedules."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run_due(self, now: int, run: Callable[[Schedule, int], None]) -> bool:
        """Runs each schedule that is due at `now`, once: time that was jumped over is not made up for."""
        ran = False
        while self._heap and self._heap[0][0] <= now:
            _, _, schedule = heapq.heappop(self._heap)
            if schedule.cancelled:
                continue
            due, interval = schedule.due, schedule.interval_ms
            next_due = due + interval
            if next_due <= now:
                next_due = due + ((now - due) // interval + 1) * interval
            schedule.due = next_due
            self.add(schedule)
            run(schedule, now)
            ran = True
        return ran
