"""What a task counts: per chunk of records and per commit, never per record."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from headrace.core.identifiers import TaskId, TopicPartition
from headrace.log.api import RecordColumns
from headrace.observe.metrics import Counter, Metrics


class TaskMeasures:
    """One per task.

    Args:
        changelogs: Changelog topics, whose records are not results.
    """

    def __init__(self, metrics: Metrics, task: TaskId, changelogs: Collection[str]) -> None:
        self._metrics = metrics
        self._task = str(task)
        self._changelogs = changelogs
        self._processed = metrics.counter("headrace_process_records_total", task=self._task)
        self._read: dict[str, Counter] = {}
        self._written: dict[str, Counter] = {}

    def processed(self, topic: str, records: int) -> None:
        """Records of a topic were processed."""
        self._processed.value += records
        self._counter(self._read, "headrace_source_records_total", topic).value += records

    def produced(self, output: Mapping[TopicPartition, RecordColumns]) -> None:
        """Records are on their way to their topics."""
        for (topic, _), columns in output.items():
            if topic not in self._changelogs:
                self._counter(self._written, "headrace_sink_records_total", topic).value += len(columns)

    def _counter(self, known: dict[str, Counter], metric: str, topic: str) -> Counter:
        found = known.get(topic)
        if found is None:
            found = known[topic] = self._metrics.counter(metric, task=self._task, topic=topic)
        return found
