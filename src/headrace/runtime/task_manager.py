"""The tasks of one worker while assignments change: opened, restored, started, and let go again.

What is assigned is opened and restored beside the tasks that run, a slice in each round of the worker's loop. A task that is
not started yet is closed without a commit when it is taken away; for those that run the worker commits first.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping

from headrace.core.errors import StateError
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.log.api import Admin, Position, Reader
from headrace.observe.events import event_logger
from headrace.runtime.directory import Role
from headrace.runtime.membership import Assignment
from headrace.runtime.restore.restorer import Restorer
from headrace.runtime.starting_positions import starting_positions
from headrace.runtime.task_directories import TaskDirectories
from headrace.runtime.task_states import TaskState, running_state, underway_state
from headrace.runtime.tasks.status import TaskStatus
from headrace.runtime.tasks.task import Task
from headrace.runtime.worker_parts import WorkerParts

_OPENING_S = 0.05
_OPENING_ALONE_S = 1.0
_SLICE_S = 0.03
_SLICE_ALONE_S = 0.2
_RETRY_S = 0.1
_LOOK_S = 1.0
_log = event_logger("tasks")


class TaskManager:
    """Used by the processing thread. Calls that ask the log may fail and be repeated.

    Args:
        admin: The log's.
        reader: That of the tasks that run; it is assigned what they read.

    Attributes:
        running: Tasks to process, in order.
        owner: Who reads which partition.
    """

    def __init__(self, parts: WorkerParts, admin: Admin, reader: Reader, directories: TaskDirectories) -> None:
        self.running: dict[TaskId, Task] = {}
        self.owner: dict[TopicPartition, Task] = {}
        self._parts = parts
        self._admin = admin
        self._reader = reader
        self._directories = directories
        self._restore_reader = parts.log.reader("restore")
        self._restorer = Restorer(admin, self._restore_reader, parts.restore_listener, parts.standby_listener)
        self._subtopologies = {part.id: part for part in parts.topology.subtopologies}
        self._roles: dict[TaskId, Role] = {}
        self._underway: dict[TaskId, Task] = {}
        self._committed: dict[TaskId, Mapping[TopicPartition, Position]] = {}
        self._refused: dict[TaskId, float] = {}
        self._retry_at = 0.0
        self._looked_at = 0.0
        self._settled = True

    # ---- what there is ---------------------------------------------------------------------------------------------

    @property
    def roles(self) -> Mapping[TaskId, Role]:
        """All that is assigned."""
        return self._roles

    @property
    def ready(self) -> bool:
        """Whether all tasks to process are being processed."""
        return all(role is Role.STANDBY or task in self.running for task, role in self._roles.items())

    @property
    def restoring(self) -> bool:
        """Whether changelogs are being read for tasks to process."""
        return self._restorer.restoring

    @property
    def standbys(self) -> list[Task]:
        """Copies whose stores are open, in order."""
        return [task for id_, task in sorted(self._underway.items()) if self._roles[id_] is Role.STANDBY]

    @property
    def opened(self) -> list[Task]:
        """All tasks whose stores are open."""
        return [*self.running.values(), *self._underway.values()]

    def states(self, lags: Mapping[TopicPartition, int]) -> tuple[TaskState, ...]:
        """What the tasks are doing, in their order; `lags` by input."""
        return tuple(self._state(task, role, lags) for task, role in sorted(self._roles.items()))

    def inputs(self, tasks: Iterable[TaskId]) -> list[TopicPartition]:
        """The partitions that tasks read."""
        return [partition for task in tasks for partition in self._inputs(task)]

    # ---- assignments -----------------------------------------------------------------------------------------------

    def leaving(self, assignment: Assignment) -> bool:
        """Whether a new assignment takes tasks away that run: their interval is to be committed first."""
        return not self.running.keys() <= assignment.active

    def assign(self, assignment: Assignment) -> frozenset[TaskId]:
        """Lets go of what is not to be processed here any more, which it names; begins with what is new."""
        roles = dict.fromkeys(assignment.standby, Role.STANDBY) | dict.fromkeys(assignment.active, Role.ACTIVE)
        released = frozenset(task for task, role in self._roles.items() if role is Role.ACTIVE) - assignment.active
        self._stop_running(self.running.keys() - assignment.active)
        self._roles = roles
        self._settled = False
        self._close([task for id_, task in self._underway.items() if id_ not in roles])
        self._refused = {task: since for task, since in self._refused.items() if task in roles}
        return released

    def lose_active(self) -> None:
        """Closes all that was assigned to be processed, without commit: somebody else has it by now. Copies go on."""
        self._stop_running(self.running.keys())
        lost = {task for task, role in self._roles.items() if role is Role.ACTIVE}
        self._roles = {task: role for task, role in self._roles.items() if task not in lost}
        self._close([task for id_, task in self._underway.items() if id_ in lost])

    def close(self) -> None:
        """Closes everything; what was not committed is forgotten."""
        try:
            self._close(self.opened)
        finally:
            self.running.clear()
            self.owner.clear()
            self._directories.close()
            self._restore_reader.close()

    # ---- in each round ---------------------------------------------------------------------------------------------

    def step(self, *, idle_s: float) -> bool:
        """Opens, restores and starts tasks for a while; whether one was started.

        Args:
            idle_s: How long it may wait for records of changelogs while tasks are being restored.
        """
        if self._settled and not self._underway:
            return False
        if not self._settled:
            self._begin()
        wait_s = idle_s if self._restorer.restoring else 0.0
        self._restorer.step(_SLICE_S if self.running else _SLICE_ALONE_S, wait_s)
        self._look()
        complete = [task for task in self._restorer.complete() if self._roles.get(task) is Role.ACTIVE]
        if complete:
            self._start([self._underway[task] for task in complete])
        return bool(complete)

    def _begin(self) -> None:
        """Gives the restorer what is assigned and not yet with it in its role, as far as it could be opened."""
        fresh = {
            task: role
            for task, role in self._roles.items()
            if task not in self.running and not self._restorer.knows(task, warm=role is Role.STANDBY)
        }
        self._settled = not fresh
        if not fresh:
            return
        opened = self._open(fresh)
        if not opened:
            return
        committed = self._admin.positions(self._parts.config.app_id)
        for role, begin in ((Role.ACTIVE, self._restorer.restore), (Role.STANDBY, self._restorer.keep_warm)):
            tasks = [task for task in opened if fresh[task.id] is role]
            if tasks:
                begin(tasks, committed)
            for task in tasks:
                self._committed[task.id] = {where: committed[where] for where in task.partitions if where in committed}

    def _open(self, fresh: Mapping[TaskId, Role]) -> list[Task]:
        """The tasks themselves, of as many as there is time for; at least of one. Tasks to process come first."""
        until = time.monotonic() + (_OPENING_S if self.running else _OPENING_ALONE_S)
        found = [self._underway[task] for task in fresh if task in self._underway]
        missing = sorted((task for task in fresh if task not in self._underway), key=lambda t: (fresh[t] is Role.STANDBY, t))
        if time.monotonic() < self._retry_at:
            missing = [task for task in missing if task not in self._refused]
        for task in missing:
            if self._may_open(task, fresh[task]):
                found.append(self._opened(task))
            if time.monotonic() >= until:
                break
        return found

    def _may_open(self, task: TaskId, role: Role) -> bool:
        """Takes the task's directory; another process may be about to close it.

        Raises:
            StateError: It is still in use after `task_timeout`, and the task is to be processed here.
        """
        if self._directories.take(task):
            self._refused.pop(task, None)
            return True
        now = time.monotonic()
        self._retry_at = now + _RETRY_S
        if task not in self._refused:
            self._refused[task] = now
            mend = {"hint": "with standbys each instance needs a data_dir of its own"}
            hint = mend if self._parts.config.standby_replicas else {}
            _log.warning("waits_for_directory", task=str(task), used_by=self._directories.user(task), **hint)
        if role is Role.ACTIVE and (now - self._refused[task]) * 1000 >= self._parts.config.task_timeout_ms:
            where, user = self._directories.of(task), self._directories.user(task)
            message = f"the state of task {task} in {where} is in use by process {user}"
            raise StateError(message, hint="stop that process, or give each instance on a machine a data_dir of its own")
        return False

    def _opened(self, task_id: TaskId) -> Task:
        part, inputs = self._subtopologies[task_id.subtopology], self._inputs(task_id)
        task = Task(task_id, self._parts.topology, (part,), inputs, {}, self._parts.services)
        self._underway[task_id] = task
        task.begin_restoring()
        return task

    def _look(self) -> None:
        """Once a second: how far copies are behind."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_S and self._underway:
            limited = self._restorer.has_limited_copies
            self._restorer.look(self._admin.positions(self._parts.config.app_id) if limited else None)
            self._looked_at = now

    # ---- start and end of processing ----------------------------------------------------------------------------------

    def _start(self, tasks: Collection[Task]) -> None:
        """Begins to process tasks where they were committed; those that begin elsewhere commit that with what comes next."""
        committed = {where: position for task in tasks for where, position in self._committed[task.id].items()}
        resets = {where: self._reset(task, where) for task in tasks for where in task.partitions}
        found = starting_positions(self._admin, self._parts.services.clock, committed, resets)
        self._reader.assign({where: self._reader.position(where) for where in self.owner} | found)
        for task in tasks:
            self._restorer.finish(task.id)
            task.load_times(self._committed.pop(task.id))
            task.begin_running()
            self.running[task.id] = self._underway.pop(task.id)
            for where in task.partitions:
                self.owner[where] = task
                if where not in committed or committed[where].offset != found[where]:
                    task.begin_at(where, found[where])
        in_order = sorted(self.running.items())
        self.running.clear()
        self.running.update(in_order)

    def _stop_running(self, ids: Collection[TaskId]) -> None:
        leaving = [self.running[task] for task in ids]
        if not leaving:
            return
        gone = {where for task in leaving for where in task.partitions}
        self._reader.assign({where: self._reader.position(where) for where in self.owner if where not in gone})
        for where in gone:
            del self.owner[where]
        for task in leaving:
            del self.running[task.id]
        self._close(leaving)

    def _close(self, tasks: Iterable[Task]) -> None:
        """Closes tasks, all of them, before an error of one is raised."""
        failed: list[Exception] = []
        for task in tasks:
            self._underway.pop(task.id, None)
            self._committed.pop(task.id, None)
            self._restorer.forget(task.id)
            try:
                task.close()
            except Exception as error:  # one that cannot be closed must not keep the others open
                failed.append(error)
            finally:
                self._directories.give_back(task.id)
        if failed:
            raise failed[0]

    # ---- small things ------------------------------------------------------------------------------------------------

    def _inputs(self, task: TaskId) -> list[TopicPartition]:
        layout, number = self._parts.layout, task.partition
        topics = layout.inputs_of(self._subtopologies[task.subtopology])
        return [TopicPartition(topic, number) for topic in topics if number < layout.partitions(topic)]

    def _reset(self, task: Task, partition: TopicPartition) -> str:
        source = task.source_of(partition.topic)
        return "earliest" if source.internal else source.consume.offset_reset or self._parts.config.offset_reset

    def _state(self, task: TaskId, role: Role, lags: Mapping[TopicPartition, int]) -> TaskState:
        if task in self.running:
            return running_state(self.running[task], lags)
        if task in self._underway:
            return underway_state(self._underway[task], role, self._restorer.stores(task))
        return TaskState(task=task, state=TaskStatus.CREATED, role=role)
