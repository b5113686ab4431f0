"""Who has which task: what queries need to know of other instances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from headrace.core.identifiers import TaskId


class Role(Enum):
    """What an instance has of a task: it runs it, or keeps a copy of its state."""

    ACTIVE = "active"
    STANDBY = "standby"


@dataclass(frozen=True, slots=True)
class Holder:
    """An instance that has a task.

    Attributes:
        url: Where its query server is reached, as `http://host:port`; None if it has none.
    """

    url: str | None
    role: Role = Role.ACTIVE


class Directory(Protocol):
    """Finds the holders of a task. Asked from any thread; answers from memory, without waiting."""

    def holders(self, task: TaskId) -> Sequence[Holder]:
        """The instance that runs the task, then its standbys; nothing while nobody is known to have it."""
        ...


class StaticDirectory:
    """A directory that is written down. Empty, it says that there are no other instances."""

    def __init__(self, holders: Mapping[TaskId, Sequence[Holder]] | None = None) -> None:
        self._holders = dict(holders or {})

    def holders(self, task: TaskId) -> Sequence[Holder]:
        """As written down."""
        return self._holders.get(task, ())
