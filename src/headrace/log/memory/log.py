"""The memory log: its parts, its commit and its owners."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from headrace.core.identifiers import TopicPartition, checked_name
from headrace.core.time import Clock, SystemClock
from headrace.log import faults
from headrace.log.api import Admin, Producer, Reader, ReaderKind
from headrace.log.buffered_producer import BufferedProducer, Pending
from headrace.log.memory.admin import MemoryAdmin
from headrace.log.memory.partition import MemoryPartition
from headrace.log.memory.reader import MemoryReader
from headrace.log.memory.store import MemoryStore
from headrace.log.topics import compacts


class MemoryLog:
    """A `Log` in memory: the semantics of the embedded log without its durability, gone when it is dropped.

    Args:
        clock: What retention and compaction take for now.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._store = MemoryStore(clock or SystemClock())
        self._admin = MemoryAdmin(self._store)
        self._owned: set[str] = set()

    def admin(self) -> Admin:
        """Topics and groups."""
        return self._admin

    def reader(self, kind: ReaderKind = "main") -> Reader:
        """A new reader."""
        return MemoryReader(self._store)

    def producer(self, transactional_id: str | None = None) -> Producer:
        """A new producer; with a transactional id it fences every older one of that id."""
        if transactional_id is None:
            return BufferedProducer(self._write, transactional=False)
        with self._store.changed:
            epoch = self._store.epochs.get(transactional_id, -1) + 1
            self._store.epochs[transactional_id] = epoch

        def committer(pending: Pending) -> dict[TopicPartition, int]:
            return self._write(pending, transactional_id, epoch)

        return BufferedProducer(committer, transactional=True)

    def own(self, application_id: str) -> AbstractContextManager[None]:
        """Ownership of an application id."""
        checked_name(application_id, "application id")
        return self._owning(application_id)

    def close(self) -> None:
        """Does nothing: there is nothing to give up."""

    @contextmanager
    def _owning(self, application_id: str) -> Iterator[None]:
        with self._store.changed:
            if application_id in self._owned:
                raise faults.owned(application_id, str(os.getpid()), "this memory log")
            self._owned.add(application_id)
        try:
            yield
        finally:
            with self._store.changed:
                self._owned.discard(application_id)

    def _write(self, pending: Pending, transactional_id: str = "", epoch: int = -1) -> dict[TopicPartition, int]:
        store = self._store
        with store.changed:
            if epoch >= 0 and store.epochs[transactional_id] != epoch:
                raise faults.fenced(transactional_id)
            targets = self._checked(pending)
            for partition, where in targets:
                for records in pending.records[where]:
                    partition.append(records)
            for group, positions in pending.positions.items():
                store.positions.setdefault(group, {}).update(positions)
            store.changed.notify_all()
            return {where: partition.end for partition, where in targets}

    def _checked(self, pending: Pending) -> list[tuple[MemoryPartition, TopicPartition]]:
        """The partitions written to. Raises before anything is written."""
        store = self._store
        targets = []
        for where, columns in pending.records.items():
            targets.append((store.partition(where), where))
            if compacts(store.topics[where.topic].config) and any(None in records.keys for records in columns):
                raise faults.keyless_record(where)
        for positions in pending.positions.values():
            for where in positions:
                store.partition(where)
        return targets
