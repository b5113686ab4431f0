"""The seam between a worker and those that it shares an application's tasks with.

A worker asks once in every round of its loop what is its own; how members find one another, and who gets what, is decided
behind this protocol.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from headrace.core.errors import FencedError
from headrace.core.identifiers import TaskId


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker has to do.

    Attributes:
        active: Tasks to process. A task is in it only when its former owner has let go of it, or is fenced.
        standby: Tasks whose stores are kept warm here; never one that is active here.
        elsewhere: Tasks that others on the same state directory run for good: what they have left on disk is not old.
        generation: Which agreement of the members this is; ascending.
    """

    active: frozenset[TaskId]
    standby: frozenset[TaskId] = frozenset()
    generation: int = 0
    elsewhere: frozenset[TaskId] = frozenset()


class Membership(Protocol):
    """A worker's place among those that run the same application. Used by the processing thread only."""

    def poll(self) -> Assignment | None:
        """A new assignment, or None if nothing has changed. Called in every round of the loop; never waits.

        The first answer may take many rounds. What an assignment no longer names is finished, committed and closed, then
        told to `released`; what it names again goes on without a pause.
        """
        ...

    def released(self, tasks: Collection[TaskId]) -> None:
        """These tasks were active here; they are committed and closed: others may start them. Also with none left to do."""
        ...

    def holds(self, state: Mapping[TaskId, int]) -> None:
        """What state is held here: per task the sum of its changelog positions, active, standby or left from before.

        Published so that tasks stay where their state is. Called at the start and about once a second when it has changed.
        """
        ...

    def lost(self, error: FencedError) -> None:
        """The log refused a commit: somebody else has these tasks by now. All are closed, without commit, when this is called.

        What follows is a new assignment from `poll`. Raises the error if there is nobody to agree with.
        """
        ...

    def close(self, *, leave: bool) -> None:
        """Ends the membership, after all tasks were closed.

        Args:
            leave: Whether others get the tasks at once; else they are kept for a member of the same name until the session
                time-out.
        """
        ...


class FixedMembership:
    """Of one that has nobody to agree with: its tasks are its own for ever.

    Args:
        tasks: All tasks, or its share of them.
        elsewhere: The rest.
    """

    def __init__(self, tasks: Iterable[TaskId], elsewhere: Iterable[TaskId] = ()) -> None:
        self._assignment: Assignment | None = Assignment(frozenset(tasks), elsewhere=frozenset(elsewhere))

    def poll(self) -> Assignment | None:
        """Its tasks, the first time."""
        found, self._assignment = self._assignment, None
        return found

    def released(self, tasks: Collection[TaskId]) -> None:
        """There is nobody to tell."""

    def holds(self, state: Mapping[TaskId, int]) -> None:
        """There is nobody to tell."""

    def lost(self, error: FencedError) -> None:
        """Raises: whoever is alone has nobody to share with."""
        raise error

    def close(self, *, leave: bool) -> None:
        """There is nobody to tell."""
