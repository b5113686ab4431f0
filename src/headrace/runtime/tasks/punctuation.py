"""The schedules of one task, of both clocks."""

from __future__ import annotations

from collections.abc import Callable

from headrace.operators.base import TimeCell
from headrace.processor.schedules import PunctuationQueue, Schedule
from headrace.runtime.tasks.node_context import TaskState

PunctuationFailure = Callable[[str, str, int, Exception], None]
"""Takes node, clock, time and error of a punctuation that raised; returns if the task is to go on."""


class Punctuations:
    """Stream-time and wall-clock schedules.

    Stream-time schedules keep when they are due in the task's times, so that a restart neither repeats nor skips one.
    """

    def __init__(self, state: TaskState, failed: PunctuationFailure) -> None:
        self._state = state
        self._failed = failed
        self._queues = {"stream_time": PunctuationQueue(), "wall_clock": PunctuationQueue()}
        self._unordered: list[tuple[str, str, Schedule]] | None = []
        self._made: dict[str, int] = {}
        self._kept: list[tuple[TimeCell, Schedule]] = []
        state.schedule = self.schedule

    def schedule(self, node: str, interval_ms: int, kind: str, callback: Callable[[int], None]) -> Schedule:
        """A new schedule of a node."""
        due = 0 if kind == "stream_time" else self._state.services.clock.now_ms() + interval_ms
        schedule = Schedule(node, due, interval_ms, callback)
        if kind == "stream_time":
            self._keep(schedule)
        if self._unordered is not None:
            self._unordered.append((node, kind, schedule))
        else:
            self._queues[kind].add(schedule)
        return schedule

    def in_order(self, nodes: tuple[str, ...]) -> None:
        """Puts the schedules made while the nodes were bound in the order of the nodes."""
        assert self._unordered is not None
        place = {name: number for number, name in enumerate(nodes)}
        for _, kind, schedule in sorted(self._unordered, key=lambda entry: place[entry[0]]):
            self._queues[kind].add(schedule)
        self._unordered = None

    @property
    def next_stream_time(self) -> int | None:
        """When the next stream-time schedule is due."""
        return self._queues["stream_time"].next_due

    def is_due(self, kind: str, now: int) -> bool:
        """Whether a schedule of a clock is due."""
        due = self._queues[kind].next_due
        return due is not None and due <= now

    def run(self, kind: str, now: int) -> bool:
        """Runs what is due; there is no record in hand meanwhile."""
        queue = self._queues[kind]
        due = queue.next_due
        if due is None or due > now:
            return False
        self._state.pass_barriers(wait=True)
        current = self._state.current
        partition, current.partition = current.partition, None
        try:
            return queue.run_due(now, lambda schedule, time: self._punctuate(schedule, kind, time))
        finally:
            current.partition = partition

    def _punctuate(self, schedule: Schedule, kind: str, now: int) -> None:
        self._state.services.metrics.counter("headrace_punctuations_total", task=str(self._state.task_id), kind=kind).add()
        try:
            schedule.callback(now)
        except Exception as error:
            self._failed(schedule.node, kind, now, error)

    def note_times(self) -> None:
        """Writes down when stream-time schedules are due, for the commit."""
        for cell, schedule in self._kept:
            cell.value = schedule.due

    def _keep(self, schedule: Schedule) -> None:
        number = self._made.get(schedule.node, 0)
        self._made[schedule.node] = number + 1
        cell = self._state.times.setdefault(f"due:{schedule.node}:{number}", TimeCell())
        schedule.due = max(0, cell.value)
        self._kept.append((cell, schedule))
