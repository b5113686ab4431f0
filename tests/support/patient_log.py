"""A log whose readers wait for what is there already.

On Kafka records arrive when a fetch comes back, so a poll without waiting finds nothing at first. Tests that are the same for
all logs ask for "what is there now": here such a poll goes on until there are records, or the reader is at the end.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from headrace.core.identifiers import TopicPartition
from headrace.log.api import Admin, Log, Producer, Reader, ReaderKind, RecordBatch

_LONGEST_S = 20.0


class PatientReader:
    """A `Reader` that answers a poll without waiting only when it knows the answer."""

    def __init__(self, inner: Reader, admin: Admin) -> None:
        self._inner = inner
        self._admin = admin
        self._assigned: set[TopicPartition] = set()
        self._paused: set[TopicPartition] = set()

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        stay = {where for where in self._paused & set(positions) if self._inner.position(where) == positions[where]}
        self._inner.assign(positions)
        self._assigned, self._paused = set(positions), stay

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        self._inner.pause(partitions)
        self._paused.update(partitions)

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        self._inner.resume(partitions)
        self._paused.difference_update(partitions)

    def poll(self, max_records: int, timeout_s: float) -> list[RecordBatch]:
        deadline = time.monotonic() + (timeout_s or _LONGEST_S)
        while True:
            batches = [batch for batch in self._inner.poll(max_records, 0.05) if batch.offsets]
            if batches or time.monotonic() > deadline or (timeout_s == 0 and self._at_end()):
                return batches

    def position(self, partition: TopicPartition) -> int:
        return self._inner.position(partition)

    def close(self) -> None:
        self._inner.close()

    def _at_end(self) -> bool:
        ends = self._admin.end_offsets(sorted(self._assigned - self._paused))
        return all(self._inner.position(where) == end for where, end in ends.items())


class PatientLog:
    """A `Log` with such readers."""

    def __init__(self, inner: Log) -> None:
        self._inner = inner

    def admin(self) -> Admin:
        return self._inner.admin()

    def reader(self, kind: ReaderKind = "main") -> Reader:
        return PatientReader(self._inner.reader(kind), self._inner.admin())

    def producer(self, transactional_id: str | None = None) -> Producer:
        return self._inner.producer(transactional_id)

    def own(self, application_id: str) -> AbstractContextManager[None]:
        return self._inner.own(application_id)

    def close(self) -> None:
        self._inner.close()
