"""Follows a restore for metrics, log and the user's listeners."""

from __future__ import annotations

from collections.abc import Sequence

from headrace.core.identifiers import TopicPartition
from headrace.observe.events import event_logger
from headrace.observe.metrics import Metrics
from headrace.runtime.restore.restorer import RestoreListener

_log = event_logger("restore")


class RestoreProgress:
    """A `RestoreListener` that counts, logs, and tells others."""

    def __init__(self, metrics: Metrics, listeners: Sequence[RestoreListener]) -> None:
        self._metrics = metrics
        self._listeners = listeners
        self._ends: dict[str, int] = {}

    def on_restore_start(self, partition: TopicPartition, store: str, start: int, end: int) -> None:
        """A store begins."""
        self._ends[f"{store}/{partition}"] = end
        if end > start:
            _log.info("restore_started", store=store, changelog=str(partition), offsets=end - start)
        for listener in self._listeners:
            listener.on_restore_start(partition, store, start, end)

    def on_batch_restored(self, partition: TopicPartition, store: str, position: int, restored: int) -> None:
        """A batch was applied."""
        remaining = self._ends[f"{store}/{partition}"] - position
        task = str(partition.partition)
        self._metrics.counter("headrace_restore_records_total", task=task, store=store).add(restored)
        self._metrics.gauge("headrace_restore_remaining_records", task=task, store=store).set(remaining)
        for listener in self._listeners:
            listener.on_batch_restored(partition, store, position, restored)

    def on_restore_end(self, partition: TopicPartition, store: str, total: int) -> None:
        """A store is complete."""
        if total:
            _log.info("restore_ended", store=store, changelog=str(partition), records=total)
        for listener in self._listeners:
            listener.on_restore_end(partition, store, total)
