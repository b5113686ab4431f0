"""When to commit."""

from __future__ import annotations

import time
from collections.abc import Iterable

from headrace.runtime.tasks.task import Task
from headrace.state.budget import MemoryBudget

_EARLY_S = 0.02
SEND_EVERY_S = 0.01
"""How long results wait where they need not wait for a commit."""

IDLE_POLL_S = 0.05
"""How long a worker that has nothing to do waits before it looks again."""


class CommitInterval:
    """The time since the last commit of a worker, and whether there is anything to commit.

    Args:
        interval_ms: How long changes may wait.

    Attributes:
        dirty: Whether something has been done since.
    """

    def __init__(self, interval_ms: int, memory: MemoryBudget) -> None:
        self._interval_s = interval_ms / 1000
        self._memory = memory
        self._since = time.monotonic()
        self.dirty = False

    @property
    def over(self) -> bool:
        """Whether the interval has passed."""
        return time.monotonic() - self._since >= self._interval_s

    def due(self, tasks: Iterable[Task], *, idle: bool) -> bool:
        """Whether to commit now; `idle`: there is nothing else to do."""
        if not self.dirty:
            return False
        if self.over or self._memory.exceeded or any(task.commit_requested for task in tasks):
            return True
        # What waits for a repartition topic is needed by a task downstream: do not let it wait while there is nothing to do.
        early = time.monotonic() - self._since >= _EARLY_S
        return idle and early and any(task.has_internal_output() for task in tasks)

    def idle_wait(self) -> float:
        """For how many seconds a poll may wait."""
        if not self.dirty:
            return IDLE_POLL_S
        return min(SEND_EVERY_S, max(0.0, self._interval_s - (time.monotonic() - self._since)))

    def begin(self, started: float | None = None) -> None:
        """A commit was made, which began at `started` (`time.monotonic`).

        The interval counts from there, so that what comes during a commit does not wait for the length of it on top; half of
        it is left for work after a commit that took longer.
        """
        now = time.monotonic()
        self._since = now if started is None else max(started, now - self._interval_s / 2)
        self.dirty = False
