"""The life cycle of a task."""

from __future__ import annotations

from enum import Enum, auto


class TaskStatus(Enum):
    """CREATED (stores open) → RESTORING → RUNNING ⇄ SUSPENDED → CLOSED; CLOSED can follow each."""

    CREATED = auto()
    RESTORING = auto()
    RUNNING = auto()
    SUSPENDED = auto()
    CLOSED = auto()


TRANSITIONS = {
    TaskStatus.CREATED: frozenset({TaskStatus.RESTORING, TaskStatus.CLOSED}),
    TaskStatus.RESTORING: frozenset({TaskStatus.RUNNING, TaskStatus.CLOSED}),
    TaskStatus.RUNNING: frozenset({TaskStatus.SUSPENDED, TaskStatus.CLOSED}),
    TaskStatus.SUSPENDED: frozenset({TaskStatus.RUNNING, TaskStatus.CLOSED}),
    TaskStatus.CLOSED: frozenset[TaskStatus](),
}
