"""Follows a restore for metrics, log and the user's listeners."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from headrace.core.identifiers import TopicPartition
from headrace.observe.events import event_logger
from headrace.observe.metrics import Metrics
from headrace.runtime.restore.listeners import RestoreListener

_log = event_logger("restore")


@dataclass(slots=True)
class _Underway:
    """One store on its way: where it began and ends, and since when."""

    start: int
    end: int
    began_s: float
    told_s: float


class RestoreProgress:
    """A `RestoreListener` that counts, logs, and tells others.

    Args:
        interval_ms: How often the log is told how far a long restore is; 0 is never.
    """

    def __init__(self, metrics: Metrics, listeners: Sequence[RestoreListener], interval_ms: int) -> None:
        self._metrics = metrics
        self._listeners = listeners
        self._interval_s = interval_ms / 1000
        self._underway: dict[str, _Underway] = {}

    def on_restore_start(self, partition: TopicPartition, store: str, start: int, end: int) -> None:
        """A store begins."""
        now = time.monotonic()
        self._underway[f"{store}/{partition}"] = _Underway(start, end, now, now)
        if end > start:
            _log.info("restore_started", store=store, changelog=str(partition), offsets=end - start)
        for listener in self._listeners:
            listener.on_restore_start(partition, store, start, end)

    def on_batch_restored(self, partition: TopicPartition, store: str, position: int, restored: int) -> None:
        """A batch was applied."""
        underway = self._underway[f"{store}/{partition}"]
        remaining = underway.end - position
        task = str(partition.partition)
        self._metrics.counter("headrace_restore_records_total", task=task, store=store).add(restored)
        self._metrics.gauge("headrace_restore_remaining_records", task=task, store=store).set(remaining)
        now = time.monotonic()
        if self._interval_s and remaining and now - underway.told_s >= self._interval_s:
            underway.told_s = now
            rate = (position - underway.start) / max(now - underway.began_s, 1e-9)
            left_s = round(remaining / rate) if rate else None
            _log.info("restoring", store=store, changelog=str(partition), left=remaining, per_s=round(rate), left_s=left_s)
        for listener in self._listeners:
            listener.on_batch_restored(partition, store, position, restored)

    def on_restore_end(self, partition: TopicPartition, store: str, total: int) -> None:
        """A store is complete."""
        if total:
            _log.info("restore_ended", store=store, changelog=str(partition), records=total)
        for listener in self._listeners:
            listener.on_restore_end(partition, store, total)
