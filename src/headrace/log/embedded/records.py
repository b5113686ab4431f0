"""Looking into frames outside a reader: for time look-ups, retention and compaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headrace.log.embedded.frames import Frame, unpack


class FrameRow(NamedTuple):
    """A frame with its bounds."""

    base: int
    next: int
    frame: Frame

    def offsets(self) -> Sequence[int]:
        """The offsets of its records."""
        return self.frame.all_offsets(self.base)


def frames(
    connection: sqlite3.Connection, partition_id: int, start: int, *, youngest_from_ms: int | None = None
) -> Iterator[FrameRow]:
    """The frames that reach beyond offset `start`, in order; with `youngest_from_ms` only those with a record that young.

    Each is fetched by a statement of its own, so that a slow caller holds no snapshot.
    """
    condition = "" if youngest_from_ms is None else f" AND max_timestamp >= {youngest_from_ms}"
    sql = (
        f"SELECT base_offset, next_offset, data FROM frames WHERE partition_id = ? AND next_offset > ?{condition}"
        " ORDER BY next_offset LIMIT 1"
    )
    after = start
    while (row := connection.execute(sql, (partition_id, after)).fetchone()) is not None:
        base, after, data = row
        yield FrameRow(base, after, unpack(data, f"partition {partition_id}", base))


def first_at_or_after(connection: sqlite3.Connection, partition_id: int, start: int, oldest_ms: int) -> int | None:
    """The first offset from `start` on whose timestamp is at least `oldest_ms`; None if there is none."""
    for row in frames(connection, partition_id, start, youngest_from_ms=oldest_ms):
        for offset, timestamp in zip(row.offsets(), row.frame.timestamps, strict=True):
            if timestamp >= oldest_ms and offset >= start:
                return offset
    return None


def first_from(connection: sqlite3.Connection, partition_id: int, start: int) -> int | None:
    """The first offset from `start` on that has a record; None if there is none."""
    for row in frames(connection, partition_id, start):
        for offset in row.offsets():
            if offset >= start:
                return offset
    return None
