"""One store on its way to the end of its changelog, or following it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from headrace.core.identifiers import TaskId, TopicPartition
from headrace.core.records import NO_HEADERS
from headrace.log.api import RecordBatch
from headrace.state.api import RestoreRecord


@dataclass(slots=True, eq=False)
class StoreRestore:
    """One store.

    Attributes:
        warm: Whether it is a copy that follows its changelog, instead of one that is to be processed with.
        start: Where this restore began.
        position: The changelog offset that the store stands for.
        end: Where the changelog ends, as it was seen last.
        limit: What the position must not pass: the end of a restore, the committed position of a source topic that serves
            as changelog; None for copies, which read what there is.
        total: How many records were applied.
    """

    task: TaskId
    name: str
    store: Any
    partition: TopicPartition
    warm: bool
    start: int
    position: int
    end: int
    limit: int | None
    total: int = 0
    began_s: float = field(default_factory=time.monotonic)

    @property
    def behind(self) -> bool:
        """Whether there is something to read, or for a copy may be."""
        return self.limit is None or self.position < self.limit

    def apply(self, batch: RecordBatch) -> int:
        """Takes a batch in, up to the limit; how many records it was."""
        records = self._records(batch)
        self.reached(batch.next_offset)
        self.store.restore(records, self.position)
        self.total += len(records)
        return len(records)

    def reached(self, offset: int) -> None:
        """The reader is at an offset, which may be past gaps that hold no records."""
        if self.limit is not None:
            offset = min(offset, self.limit)
        self.position = max(self.position, offset)
        self.end = max(self.end, self.position)

    def _records(self, batch: RecordBatch) -> Sequence[RestoreRecord]:
        headers = repeat(NO_HEADERS) if batch.headers is None else batch.headers
        inside = self.limit is None or batch.next_offset <= self.limit
        if inside and None not in batch.keys:
            fields = zip(batch.keys, batch.values, batch.timestamps, headers, strict=False)
            return list(map(tuple.__new__, repeat(RestoreRecord), fields))  # the class itself takes three times as long
        limit = batch.next_offset if self.limit is None else self.limit
        rows = zip(batch.offsets, batch.keys, batch.values, batch.timestamps, headers, strict=False)
        return [RestoreRecord(key, value, at, of) for offset, key, value, at, of in rows if key is not None and offset < limit]
