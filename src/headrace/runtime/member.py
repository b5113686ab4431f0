"""A worker's part among those that share the application's tasks: takes assignments up, and tells what it holds."""

from __future__ import annotations

import time
from collections.abc import Callable

from headrace.core.errors import FencedError
from headrace.core.identifiers import TaskId
from headrace.log.api import Admin
from headrace.observe.events import event_logger
from headrace.runtime.crash_guard import CrashGuard
from headrace.runtime.held_state import held_by, left_over
from headrace.runtime.housekeeping import remove_old_state
from headrace.runtime.membership import Assignment, Membership
from headrace.runtime.task_directories import TaskDirectories
from headrace.runtime.task_manager import TaskManager
from headrace.runtime.worker_parts import WorkerParts

_NOT_COMMITTED = -1
_log = event_logger("member")


class Member:
    """Used by the processing thread.

    Args:
        guard: Told where this life begins, with the first tasks to process.
    """

    def __init__(
        self,
        membership: Membership,
        manager: TaskManager,
        parts: WorkerParts,
        admin: Admin,
        directories: TaskDirectories,
        guard: CrashGuard,
    ) -> None:
        self._membership = membership
        self._manager = manager
        self._parts = parts
        self._admin = admin
        self._directories = directories
        self._guard = guard
        self._guarded = False
        self._next: Assignment | None = None
        self._held: dict[TaskId, int] = {}
        self._told: dict[TaskId, int] | None = None
        self._cleaned_at: float | None = None
        self._elsewhere: frozenset[TaskId] = frozenset()
        self.assigned = False

    def follow(self, commit: Callable[[], None]) -> frozenset[TaskId] | None:
        """Takes a new assignment up; the tasks that it has taken away, None if there is none. May be repeated after an error.

        Args:
            commit: Commits all tasks that run; called only if some of them are taken away.
        """
        self._next = self._membership.poll() or self._next
        if self._next is None:
            if self._told is None:
                self._tell_what_was_left()
            return None
        assignment = self._next
        if assignment.active and not self._guarded:
            self._begin_life(assignment)
        if self._manager.leaving(assignment):
            commit()
        released = self._manager.assign(assignment)
        self._next, self.assigned = None, True
        self._elsewhere = assignment.elsewhere
        self._membership.released(released)
        _log.info("assigned", generation=assignment.generation, active=len(assignment.active), standby=len(assignment.standby))
        if self._cleaned_at is None:
            self._begin_cleaning()
        return released

    def lost(self, error: FencedError) -> None:
        """Somebody else has what was assigned here. Raises the error if there is nobody to agree with."""
        _log.warning("tasks_lost", tasks=len(self._manager.running), problem=error.message)
        self._next = None
        self._manager.lose_active()
        self._membership.lost(error)

    def look(self) -> None:
        """Now and then: tells what state is held here, and removes what nobody has needed for long."""
        delay_s = max(1.0, self._parts.config.state_cleanup_delay_ms / 1000)
        if self._cleaned_at is not None and time.monotonic() - self._cleaned_at >= delay_s:
            self._remove_old_state()
        opened = held_by(self._manager.opened)
        kept = {task: held for task, held in self._held.items() if task in opened or self._directories.of(task).is_dir()}
        self._held = kept | opened
        if self._held != self._told:
            self._told = dict(self._held)
            self._membership.holds(self._told)

    def close(self, *, leave: bool) -> None:
        """Ends the membership; all tasks are closed."""
        self._membership.close(leave=leave)

    def _begin_life(self, assignment: Assignment) -> None:
        committed = self._admin.positions(self._parts.config.app_id)
        inputs = self._manager.inputs(sorted(assignment.active))
        self._guard.begin({where: committed[where].offset if where in committed else _NOT_COMMITTED for where in inputs})
        self._guarded = True

    def _tell_what_was_left(self) -> None:
        """With the first question that is not answered at once: there are others, who can leave us what we have state of."""
        self._held = dict(left_over(self._parts.topology, self._parts.services, self._directories))
        self._told = dict(self._held)
        self._membership.holds(self._told)

    def _begin_cleaning(self) -> None:
        """At once if alone. Others that start at this moment are still to take the directories that they will need."""
        if self._told is None:
            self._remove_old_state()
        else:
            self._cleaned_at = time.monotonic()

    def _remove_old_state(self) -> None:
        services = self._parts.services
        self._cleaned_at = time.monotonic()
        delay_ms = self._parts.config.state_cleanup_delay_ms
        remove_old_state(services.state_root, {*self._manager.roles, *self._elsewhere}, delay_ms, services.clock)
