"""What a worker measures: per chunk, per poll, per commit, and once a second what is as it is; never per record."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from headrace.core.identifiers import TaskId, TopicPartition
from headrace.observe.metrics import Histogram, Metrics
from headrace.runtime.flow import FlowControl
from headrace.runtime.tasks.record_queue import RecordQueue
from headrace.runtime.tasks.task import Task
from headrace.state.memory import SharedMemory

_INTERVAL_S = 1.0


class WorkerMeasures:
    """One per worker.

    Args:
        worker: The worker's number, as a label.
    """

    def __init__(self, metrics: Metrics, worker: str) -> None:
        self._metrics = metrics
        self._commits = metrics.counter("headrace_commits_total", worker=worker)
        self._aborts = metrics.counter("headrace_aborts_total", worker=worker)
        self._commit_seconds = metrics.histogram("headrace_commit_seconds", worker=worker)
        self._poll_records = metrics.histogram("headrace_poll_records", worker=worker)
        self._process_seconds: dict[TaskId, Histogram] = {}
        self._latest: dict[TaskId, int] = {}
        self._inputs: set[TopicPartition] = set()
        self._looked_at = 0.0

    def started(self, seconds: float) -> None:
        """All tasks were made ready, their stores restored."""
        self._metrics.histogram("headrace_rebalance_seconds", phase="start").record(seconds)

    def processed(self, task: TaskId, seconds: float) -> None:
        """A chunk of a task's records was processed."""
        found = self._process_seconds.get(task)
        if found is None:
            found = self._process_seconds[task] = self._metrics.histogram("headrace_process_seconds", task=str(task))
        found.record(seconds)

    def polled(self, records: int) -> None:
        """A poll gave so many records."""
        self._poll_records.record(records)

    def committed(self, seconds: float, tasks: Iterable[Task], now_ms: int) -> None:
        """A commit was made: what its newest records led to is visible now."""
        self._commits.add()
        self._commit_seconds.record(seconds)
        for task in tasks:
            newest = task.stream_time
            if newest > self._latest.get(task.id, -1):
                self._latest[task.id] = newest
                self._metrics.histogram("headrace_e2e_seconds", task=str(task.id)).record(max(0, now_ms - newest) / 1000)

    def aborted(self) -> None:
        """A commit failed, and nothing of its interval counts."""
        self._aborts.add()

    def look(
        self,
        tasks: Sequence[Task],
        owner: Mapping[TopicPartition, Task],
        flow: FlowControl,
        memory: SharedMemory,
        now_ms: int,
    ) -> None:
        """Once a second: lag, stream times, sizes of stores, memory."""
        now = time.monotonic()
        if now - self._looked_at < _INTERVAL_S:
            return
        self._looked_at = now
        gauge = self._metrics.gauge
        for topic, partition in self._inputs - owner.keys():
            self._metrics.forget(topic=topic, partition=partition)  # its lag is somebody else's now
        self._inputs = set(owner)
        for where, lag in flow.lags(owner).items():
            topic, partition = where
            gauge("headrace_source_lag_records", topic=topic, partition=partition).set(lag)
            age = _age_s(owner[where].group.queues[where], now_ms) if lag else 0.0
            gauge("headrace_source_lag_seconds", topic=topic, partition=partition).set(age)
        for task in tasks:
            name = str(task.id)
            gauge("headrace_stream_time_ms", task=name).set(task.stream_time)
            for store, opened in task.stores.items():
                gauge("headrace_store_size_bytes", task=name, store=store).set(opened.engine_bytes())
        gauge("headrace_memory_bytes", pool="caches").set(memory.used_bytes)


def _age_s(queue: RecordQueue, now_ms: int) -> float:
    """How old the next record is; where none was polled yet, how old the last one was that was processed."""
    timestamp = queue.next_timestamp
    if timestamp is None:
        timestamp = queue.partition_time
    return max(0, now_ms - timestamp) / 1000 if timestamp >= 0 else 0.0
