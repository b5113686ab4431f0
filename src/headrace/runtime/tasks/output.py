"""What a task has produced since the last commit, as columns per partition, encoded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from headrace.core.identifiers import TopicPartition
from headrace.core.records import Headers
from headrace.log.api import RecordColumns
from headrace.state.api import ChangeLogger


class OutputBuffer:
    """Columns per topic and partition. `drain` hands them over and starts anew.

    Sinks and changelogs keep the list of a topic's columns (`partitions`), whose entries are replaced at each drain.

    Args:
        record_time: The time of the record in hand, for changes of stores that keep no times.
    """

    def __init__(self, record_time: Callable[[], int]) -> None:
        self._record_time = record_time
        self._topics: dict[str, list[RecordColumns]] = {}

    def partitions(self, topic: str, count: int) -> list[RecordColumns]:
        """The columns of a topic, one per partition; the same list for the same topic."""
        columns = self._topics.setdefault(topic, [])
        columns.extend(RecordColumns() for _ in range(count - len(columns)))
        return columns

    def change_logger(self, topic: str, partition: int) -> ChangeLogger:
        """Appends to one partition of a changelog topic."""
        return _PartitionLogger(self.partitions(topic, partition + 1), partition, self._record_time)

    def waiting(self, topic: str) -> bool:
        """Whether a topic has records to be committed."""
        return any(columns.timestamps for columns in self._topics.get(topic, ()))

    def drain(self, *, but: Collection[str] = (), at_least: int = 1) -> dict[TopicPartition, RecordColumns]:
        """What was produced, by partition, and is not in the buffer afterwards.

        Args:
            but: Topics that stay as they are.
            at_least: Partitions with fewer records stay as they are, too.
        """
        drained: dict[TopicPartition, RecordColumns] = {}
        for topic, partitions in self._topics.items():
            if topic in but:
                continue
            for number, columns in enumerate(partitions):
                if len(columns.timestamps) >= at_least:
                    drained[TopicPartition(topic, number)] = columns
                    partitions[number] = RecordColumns()
        return drained

    def clear(self) -> None:
        """Forgets all that was produced."""
        self.drain()

    @property
    def empty(self) -> bool:
        """Whether nothing was produced since the last drain."""
        return not any(columns.timestamps for partitions in self._topics.values() for columns in partitions)


class _PartitionLogger:
    """The changelog of one store in one task."""

    __slots__ = ("_partition", "_partitions", "_record_time")

    def __init__(self, partitions: list[RecordColumns], partition: int, record_time: Callable[[], int]) -> None:
        self._partitions = partitions
        self._partition = partition
        self._record_time = record_time

    def append(self, key: bytes, value: bytes | None, timestamp: int, headers: Headers) -> None:
        """One record."""
        columns = self._partitions[self._partition]
        if timestamp < 0:
            timestamp = self._record_time()
        if headers or columns.headers is not None:
            columns.append(key, value, timestamp, headers)
            return
        columns.timestamps.append(timestamp)
        columns.keys.append(key)
        columns.values.append(value)

    def extend(self, keys: Sequence[bytes], values: Sequence[bytes | None], timestamps: Sequence[int]) -> None:
        """Many records without headers."""
        columns = self._partitions[self._partition]
        if timestamps and min(timestamps) < 0:
            now = self._record_time()
            timestamps = [now if timestamp < 0 else timestamp for timestamp in timestamps]
        columns.extend(keys, values, timestamps)
