"""Brings the stores of a task up to date from their changelogs, with progress.

Only the tail is read: from the offset that the engine's data stands for. An engine ahead of its changelog, or one whose
position was cut off from it, is emptied and rebuilt. A source topic that serves as changelog is read only up to the committed
position, so that a table never holds a row from the future. Source: runtime rules of Kafka Streams' StoreChangelogReader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from headrace.core.identifiers import TopicPartition
from headrace.log.api import Admin, Position, Reader, RecordBatch
from headrace.observe.events import event_logger
from headrace.runtime.tasks.task import Task
from headrace.state.api import RestoreRecord

_BATCH = 10_000
_log = event_logger("restore")


class RestoreListener(Protocol):
    """Follows a restore; called from the processing thread."""

    def on_restore_start(self, partition: TopicPartition, store: str, start: int, end: int) -> None:
        """A store begins: changelog offsets from `start` (inclusive) to `end` (exclusive)."""
        ...

    def on_batch_restored(self, partition: TopicPartition, store: str, position: int, restored: int) -> None:
        """`restored` records were applied; the store stands at `position`."""
        ...

    def on_restore_end(self, partition: TopicPartition, store: str, total: int) -> None:
        """A store is complete after `total` records."""
        ...


@dataclass(slots=True)
class _Restore:
    """One store on its way."""

    name: str
    store: Any
    partition: TopicPartition
    position: int
    end: int
    total: int = 0


class Restorer:
    """Restores tasks one after the other.

    Args:
        committed: The application's positions, for source topics that serve as changelogs.
        stopped: Asked between two batches; a restore that is stopped goes on at the next start where it was.
    """

    def __init__(
        self,
        admin: Admin,
        reader: Reader,
        committed: Mapping[TopicPartition, Position],
        listener: RestoreListener,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._admin = admin
        self._reader = reader
        self._committed = committed
        self._listener = listener
        self._stopped = stopped

    def restore(self, task: Task, inputs: frozenset[TopicPartition]) -> bool:
        """Restores all stores of a task; False if it was stopped before they were complete."""
        restores = [self._begin(task, name, partition, inputs) for name, partition in task.changelogs.items()]
        behind = {r.partition: r for r in restores if r.position < r.end}
        self._reader.assign({partition: restore.position for partition, restore in behind.items()})
        while behind:
            if self._stopped():
                return False
            for batch in self._reader.poll(_BATCH, 0.2):
                restore = behind.get(TopicPartition(batch.topic, batch.partition))
                if restore is not None:
                    self._apply(restore, batch)
            behind = {p: r for p, r in behind.items() if self._at(r) < r.end}
        for restore in restores:
            self._listener.on_restore_end(restore.partition, restore.name, restore.total)
        return True

    def _begin(self, task: Task, name: str, partition: TopicPartition, inputs: frozenset[TopicPartition]) -> _Restore:
        store = task.stores[name]
        first = self._admin.start_offsets([partition])[partition]
        end = self._admin.end_offsets([partition])[partition]
        if partition in inputs:
            committed = self._committed.get(partition)
            end = min(end, committed.offset) if committed is not None else first
        position = store.position()
        if position is not None and not first <= position <= end:
            _log.warning("store_rebuilt", store=name, changelog=str(partition), position=position, first=first, end=end)
        if position is None or not first <= position <= end:
            store.wipe()
            position = first
        self._listener.on_restore_start(partition, name, position, end)
        return _Restore(name, store, partition, position, end)

    def _apply(self, restore: _Restore, batch: RecordBatch) -> None:
        headers = batch.headers
        records = [
            RestoreRecord(key, batch.values[i], batch.timestamps[i], () if headers is None else headers[i])
            for i, key in enumerate(batch.keys)
            if key is not None and batch.offsets[i] < restore.end
        ]
        restore.position = min(batch.next_offset, restore.end)
        restore.store.restore(records, restore.position)
        restore.total += len(records)
        self._listener.on_batch_restored(restore.partition, restore.name, restore.position, len(records))

    def _at(self, restore: _Restore) -> int:
        """Where the reader is, which may be past gaps that hold no records."""
        restore.position = max(restore.position, min(self._reader.position(restore.partition), restore.end))
        return restore.position
