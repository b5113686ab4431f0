"""Reads a memory log."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import RecordBatch
from headrace.log.fair_reading import rotated, take_fairly
from headrace.log.memory.partition import MemoryPartition
from headrace.log.memory.store import MemoryStore


class _MemoryCursor:
    __slots__ = ("partition", "paused", "position")

    def __init__(self, partition: MemoryPartition, position: int) -> None:
        self.partition = partition
        self.position = position
        self.paused = False

    def has_more(self) -> bool:
        """Whether there is a record to read. Raises if there cannot be one at this position any more."""
        partition = self.partition
        if partition.deleted:
            raise faults.unknown_topic(partition.name.topic)
        if not partition.start <= self.position <= partition.end:
            raise faults.out_of_range(partition.name, self.position, partition.start, partition.end)
        return self.position < partition.end

    def take(self, limit: int) -> RecordBatch | None:
        """The next records."""
        batch = self.partition.read(self.position, limit)
        if batch is not None:
            self.position = batch.next_offset
        return batch


class MemoryReader:
    """A `Reader` over a memory store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._cursors: dict[TopicPartition, _MemoryCursor] = {}
        self._turn = 0
        self._closed = False

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        """Replaces the assignment."""
        with self._store.changed:
            self._cursors = {where: self._cursor(where, offset) for where, offset in positions.items()}

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        """Stops handing out records of partitions."""
        for cursor in self._found(partitions):
            cursor.paused = True

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        """Goes on with partitions."""
        for cursor in self._found(partitions):
            cursor.paused = False

    def poll(self, max_records: int, timeout_s: float) -> list[RecordBatch]:
        """The next batches."""
        if self._closed:
            raise faults.closed_reader()
        with self._store.changed:
            batches = self._take(max_records)
            if batches or timeout_s <= 0:
                return batches
            deadline = time.monotonic() + timeout_s
            while not batches:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._store.changed.wait(left)
                batches = self._take(max_records)
            return batches

    def position(self, partition: TopicPartition) -> int:
        """The offset that comes next."""
        return self._found([partition])[0].position

    def close(self) -> None:
        """Forgets the assignment."""
        self._cursors = {}
        self._closed = True

    def _cursor(self, where: TopicPartition, offset: int) -> _MemoryCursor:
        partition, there = self._store.partition(where), self._cursors.get(where)
        if there is not None and there.position == offset and there.partition is partition:
            return there
        return _MemoryCursor(partition, offset)

    def _take(self, max_records: int) -> list[RecordBatch]:
        ready = [cursor for cursor in self._cursors.values() if not cursor.paused and cursor.has_more()]
        if not ready:
            return []
        self._turn += 1
        return take_fairly(rotated(ready, self._turn), max_records)

    def _found(self, partitions: Iterable[TopicPartition]) -> list[_MemoryCursor]:
        found = []
        for where in partitions:
            cursor = self._cursors.get(where)
            if cursor is None:
                raise faults.not_assigned(where)
            found.append(cursor)
        return found
