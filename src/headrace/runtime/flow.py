"""Flow control between log and tasks: full queues pause their partition; ends of partitions are asked for once a poll."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from headrace.core.identifiers import TopicPartition
from headrace.log.api import Admin, Reader
from headrace.runtime.patience import Patience
from headrace.runtime.tasks.task import Task


class FlowControl:
    """Pauses and resumes partitions, and knows which are read to their end.

    Args:
        limit: Waiting records at which a partition is paused; it goes on at half of it.
        patience: For a log that does not answer for the moment.
    """

    def __init__(self, admin: Admin, reader: Reader, limit: int, patience: Patience) -> None:
        self._admin = admin
        self._reader = reader
        self._limit = limit
        self._patience = patience
        self._paused: set[TopicPartition] = set()
        self._ends: dict[TopicPartition, int] = {}
        self._fresh: set[TopicPartition] = set()
        self._owned: list[TopicPartition] = []

    def keep(self, partitions: Collection[TopicPartition]) -> None:
        """Forgets what it knows about other partitions: they are read here no longer."""
        self._owned = list(partitions)
        self._paused.intersection_update(partitions)
        self._fresh.intersection_update(partitions)
        self._ends = {partition: end for partition, end in self._ends.items() if partition in partitions}

    def balance(self, owner: Mapping[TopicPartition, Task]) -> None:
        """Pauses what is full, resumes what has room again."""
        self._owned = list(owner)
        full: list[TopicPartition] = []
        free: list[TopicPartition] = []
        for partition, task in owner.items():
            waiting = task.group.queues[partition].waiting_records
            if waiting >= self._limit and partition not in self._paused:
                full.append(partition)
            elif waiting <= self._limit // 2 and partition in self._paused:
                free.append(partition)
        if full:
            self._reader.pause(full)
            self._paused.update(full)
        if free:
            self._reader.resume(free)
            self._paused.difference_update(free)

    def polled(self) -> None:
        """A poll has been made: what was known about ends is old."""
        self._fresh.clear()

    def caught_up(self, partition: TopicPartition) -> bool:
        """Whether everything that is in a partition has been polled."""
        position = self._reader.position(partition)
        if position < self._ends.get(partition, -1):
            return False  # an end does not go back, so there is no need to ask for it
        if partition not in self._fresh:
            asked = list({*self._owned, partition})
            ends = self._patience.attempt(lambda: self._admin.end_offsets(asked), "end_offsets")
            if ends is None:
                return False  # as long as nobody knows, there may be more
            self._ends.update(ends)
            self._fresh.update(asked)
        return position >= self._ends[partition]

    def lags(self, partitions: Mapping[TopicPartition, Task]) -> dict[TopicPartition, int]:
        """Per partition the records between the task and the end."""
        ends = self._admin.end_offsets(list(partitions))
        return {
            partition: task.group.queues[partition].waiting_records + max(0, ends[partition] - self._reader.position(partition))
            for partition, task in partitions.items()
        }
