"""The tasks of a worker at its start: made, restored, and told where to begin."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from headrace.core.identifiers import TaskId, TopicPartition
from headrace.log.api import Admin, Position
from headrace.runtime.restore.restorer import Restorer
from headrace.runtime.starting_positions import starting_positions
from headrace.runtime.tasks.task import Task
from headrace.runtime.worker_parts import WorkerParts
from headrace.topology.physical import Subtopology


class TaskStarts:
    """Starts all tasks of an application in this worker.

    Args:
        parts: What the worker is made of.
        admin: The log's.
        committed: The application's positions.
        tasks: Filled with the tasks as they are made, so that they can be closed whatever happens.
        owner: Filled with who reads which partition.
    """

    def __init__(
        self,
        parts: WorkerParts,
        admin: Admin,
        committed: Mapping[TopicPartition, Position],
        tasks: dict[TaskId, Task],
        owner: dict[TopicPartition, Task],
    ) -> None:
        self._parts = parts
        self._admin = admin
        self._committed = committed
        self._tasks = tasks
        self._owner = owner

    def start(self, stopped: Callable[[], bool]) -> bool:
        """Makes and restores all tasks, one after the other; False if it is to stop before that is done."""
        reader = self._parts.log.reader()
        restorer = Restorer(self._admin, reader, self._committed, self._parts.restore_listener, stopped)
        try:
            return all(
                self._start(part, number, restorer)
                for part in self._parts.topology.subtopologies
                for number in range(self._parts.layout.tasks_of(part))
            )
        finally:
            reader.close()

    def positions(self) -> dict[TopicPartition, int]:
        """Where each input begins. Those that begin elsewhere than committed are committed with what comes next.

        Raises:
            OffsetOutOfRangeError: There is no (valid) position, and the reset of the source is `none`.
        """
        resets = {partition: self._reset(partition) for partition in self._owner}
        found = starting_positions(self._admin, self._parts.services.clock, self._committed, resets)
        for partition, offset in found.items():
            before = self._committed.get(partition)
            if before is None or before.offset != offset:
                self._owner[partition].begin_at(partition, offset)
        return found

    def _start(self, part: Subtopology, number: int, restorer: Restorer) -> bool:
        layout, committed = self._parts.layout, self._committed
        partitions = [TopicPartition(topic, number) for topic in layout.inputs_of(part) if number < layout.partitions(topic)]
        own = {partition: committed[partition] for partition in partitions if partition in committed}
        task = Task(TaskId(part.id, number), self._parts.topology, (part,), partitions, own, self._parts.services)
        self._tasks[task.id] = task
        task.begin_restoring()
        if not restorer.restore(task, frozenset(partitions)):
            return False
        task.begin_running()
        for partition in partitions:
            self._owner[partition] = task
        return True

    def _reset(self, partition: TopicPartition) -> str:
        source = self._owner[partition].source_of(partition.topic)
        if source.internal:
            return "earliest"
        return source.consume.offset_reset or self._parts.config.offset_reset
