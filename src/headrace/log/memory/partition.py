"""One partition: columns of records in lists."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from headrace.core.identifiers import TopicPartition
from headrace.core.records import Headers
from headrace.log.api import RecordBatch, RecordColumns
from headrace.log.compaction import NO_MARKS, Marks


class MemoryPartition:
    """Records of one partition.

    `offsets` is None while the offsets are the `len(timestamps)` numbers before `end`, that is until compaction leaves gaps.
    The log's lock guards it.
    """

    __slots__ = ("deleted", "end", "headers", "keys", "marks", "name", "offsets", "start", "timestamps", "values")

    def __init__(self, name: TopicPartition) -> None:
        self.name = name
        self.start = 0
        self.end = 0
        self.deleted = False
        self.marks: Marks = NO_MARKS
        self.offsets: list[int] | None = None
        self.timestamps: list[int] = []
        self.keys: list[bytes | None] = []
        self.values: list[bytes | None] = []
        self.headers: list[Headers] | None = None

    def append(self, records: RecordColumns) -> None:
        """Adds committed records."""
        count = len(records.timestamps)
        if records.headers is not None:
            if self.headers is None:
                self.headers = [()] * len(self.timestamps)
            self.headers.extend(records.headers)
        elif self.headers is not None:
            self.headers.extend([()] * count)
        if self.offsets is not None:
            self.offsets.extend(range(self.end, self.end + count))
        self.timestamps.extend(records.timestamps)
        self.keys.extend(records.keys)
        self.values.extend(records.values)
        self.end += count

    def read(self, offset: int, limit: int) -> RecordBatch | None:
        """At most `limit` records from `offset` on; None at the end."""
        low = self.index(offset)
        high = min(low + limit, len(self.timestamps))
        if low >= high:
            return None
        offsets = self.all_offsets()[low:high]
        return RecordBatch(
            topic=self.name.topic,
            partition=self.name.partition,
            offsets=offsets,
            timestamps=self.timestamps[low:high],
            keys=self.keys[low:high],
            values=self.values[low:high],
            headers=None if self.headers is None else self.headers[low:high],
            next_offset=self.end if high == len(self.timestamps) else offsets[-1] + 1,
        )

    def all_offsets(self) -> Sequence[int]:
        """The offsets of all records."""
        return range(self.end - len(self.timestamps), self.end) if self.offsets is None else self.offsets

    def index(self, offset: int) -> int:
        """The index of the first record at or after `offset`."""
        if self.offsets is not None:
            return bisect_left(self.offsets, offset)
        return max(0, offset - (self.end - len(self.timestamps)))

    def advance_start(self, offset: int) -> None:
        """Gives up all records below `offset`."""
        if offset <= self.start:
            return
        count = self.index(offset)
        self.start = offset
        for column in (self.timestamps, self.keys, self.values, self.headers, self.offsets):
            if column is not None:
                del column[:count]

    def keep(self, indexes: Sequence[int], before: int) -> None:
        """Of the first `before` records keeps only those with these indexes, at their offsets."""
        if len(indexes) == before:
            return
        offsets = self.all_offsets()
        self.offsets = [*(offsets[i] for i in indexes), *offsets[before:]]
        self.timestamps[:before] = [self.timestamps[i] for i in indexes]
        self.keys[:before] = [self.keys[i] for i in indexes]
        self.values[:before] = [self.values[i] for i in indexes]
        if self.headers is not None:
            self.headers[:before] = [self.headers[i] for i in indexes]
