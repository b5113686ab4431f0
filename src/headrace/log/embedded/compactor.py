"""Compacts one partition: rewrites its frames without the records that a later one of the same key replaces.

Two passes, as in Kafka's log cleaner: the part written since the last compaction gives the last offset of each key, then
all frames are rewritten against it, a few at a time in short transactions. Readers and writers go on meanwhile; a crash
in between leaves a partition that is compacted in part, which is correct and finished next time.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from headrace.log.api import TopicConfig
from headrace.log.compaction import compacted_to, kept_indexes, marked, tombstones_end
from headrace.log.embedded import records
from headrace.log.embedded.catalog import CleanedPartition, store_marks
from headrace.log.embedded.database import Database
from headrace.log.embedded.frames import Frame, pack
from headrace.log.embedded.records import FrameRow
from headrace.log.embedded.writer import insert_frame
from headrace.log.topics import delete_retention_ms

_MOST_KEYS = 1_000_000
"""How many keys one round holds in memory (about 150 bytes each)."""

_ENOUGH_RECORDS = 4_096
_ENOUGH_BYTES = 1 << 19
"""A frame of this size that loses nothing is left alone; smaller ones are joined."""


class _SupersededError(Exception):
    """Frames went away while they were rewritten: records or the topic were deleted."""


@dataclass(slots=True)
class _Run:
    """Neighbouring frames that become one."""

    rows: list[int] = field(default_factory=list)
    frame: Frame = field(default_factory=lambda: Frame([], [], [], None, []))
    bytes: int = 0
    changed: bool = False

    def add(self, row: FrameRow, kept: Sequence[int]) -> None:
        picked = row.frame.pick(kept, row.offsets())
        self.frame.extend_headers(len(kept), picked.headers)
        self.frame.extend(picked.timestamps, picked.keys, picked.values)
        assert self.frame.offsets is not None
        self.frame.offsets.extend(picked.offsets or ())
        self.rows.append(row.next)
        self.bytes += sum(map(len, filter(None, picked.values)))
        self.changed = self.changed or len(kept) < len(row.frame.timestamps)

    def is_full(self) -> bool:
        return _is_enough(len(self.frame.timestamps), self.bytes)


class Compactor:
    """Compacts one partition. `connection` is for reading."""

    def __init__(
        self, database: Database, connection: sqlite3.Connection, partition: CleanedPartition, config: TopicConfig
    ) -> None:
        self._database = database
        self._connection = connection
        self._partition = partition
        self._lag_ms = config.min_compaction_lag_ms
        self._delete_retention_ms = delete_retention_ms(partition.topic, config)

    def run(self, now_ms: int, start: int) -> None:
        """Compacts what is there, from `start` on."""
        partition = self._partition
        bound = self._bound(now_ms, start)
        tombstones_to = tombstones_end(partition.marks, now_ms, self._delete_retention_ms)
        dirty = max(compacted_to(partition.marks), start)
        if dirty >= bound and not self._has_tombstones(tombstones_to):
            return
        marks = partition.marks
        try:
            while True:
                latest, dirty = self._latest(dirty, bound)
                self._rewrite(start, dirty, latest, tombstones_to)
                marks = marked(marks, dirty, now_ms, self._delete_retention_ms)
                with self._database.write(durable=False) as writer:
                    store_marks(writer, partition.id, marks)
                if dirty >= bound:
                    return
        except _SupersededError:
            return

    def _bound(self, now_ms: int, start: int) -> int:
        """Where the records begin that are too young."""
        if self._lag_ms <= 0:
            return self._partition.end
        young_ms = now_ms - self._lag_ms + 1
        found = records.first_at_or_after(self._connection, self._partition.id, start, young_ms)
        return self._partition.end if found is None else found

    def _has_tombstones(self, before: int) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM frames WHERE partition_id = ? AND base_offset < ? AND base_offset < ? AND tombstones > 0 LIMIT 1",
            (self._partition.id, before, self._partition.end - 1),
        ).fetchone()
        return found is not None

    def _latest(self, dirty: int, bound: int) -> tuple[dict[bytes | None, int], int]:
        """The last offset of each key from `dirty` on, and up to where it was looked."""
        latest: dict[bytes | None, int] = {}
        for row in records.frames(self._connection, self._partition.id, dirty):
            if row.base >= bound:
                break
            offsets = row.offsets()
            low, high = bisect_left(offsets, dirty), bisect_left(offsets, bound)
            latest.update(zip(row.frame.keys[low:high], offsets[low:high], strict=True))
            if len(latest) >= _MOST_KEYS:
                return latest, min(row.next, bound)
        return latest, max(bound, dirty)

    def _rewrite(self, start: int, bound: int, latest: dict[bytes | None, int], tombstones_to: int) -> None:
        run = _Run()
        for row in records.frames(self._connection, self._partition.id, start):
            if row.base >= bound:
                break
            frame, offsets = row.frame, row.offsets()
            high = bisect_left(offsets, bound)
            kept = kept_indexes(
                offsets[:high],
                frame.keys[:high],
                frame.values[:high],
                latest=latest,
                tombstones_to=tombstones_to,
                end=self._partition.end,
            )
            kept.extend(range(high, len(offsets)))
            if len(kept) == len(offsets) and _is_enough(len(kept), sum(map(len, filter(None, frame.values)))):
                self._write(run)
                run = _Run()
                continue
            run.add(row, kept)
            if run.is_full():
                self._write(run)
                run = _Run()
        self._write(run)

    def _write(self, run: _Run) -> None:
        if not run.rows or (len(run.rows) == 1 and not run.changed):
            return
        packed = pack(run.frame) if run.frame.timestamps else []
        with self._database.write(durable=False) as writer:
            deleted = writer.execute(
                "DELETE FROM frames WHERE partition_id = ? AND next_offset BETWEEN ? AND ?",
                (self._partition.id, run.rows[0], run.rows[-1]),
            )
            if deleted.rowcount != len(run.rows):
                raise _SupersededError
            for piece in packed:
                assert piece.offsets is not None
                insert_frame(writer, self._partition.id, piece, piece.offsets[0], piece.offsets[-1] + 1)


def _is_enough(count: int, size: int) -> bool:
    return count >= _ENOUGH_RECORDS or size >= _ENOUGH_BYTES
