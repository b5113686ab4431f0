"""A reader's place in one partition: the rows of its frames, and the frame that is half read."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Sequence

from headrace.core.errors import LogFormatError
from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import RecordBatch
from headrace.log.embedded.frame_data import SMALL_DATA, frame_data
from headrace.log.embedded.frames import Frame, unpack

_SMALL = 512
"""Frames with fewer records are handed out together: a topic written record by record still reads in batches."""

_DAMAGED = "restore the log's directory from a backup, or delete the topic"

_ROWS = (
    f"SELECT base_offset, next_offset, min_timestamp, rowid, {SMALL_DATA} FROM frames"
    " WHERE partition_id = ? AND next_offset > ? ORDER BY next_offset"
)


class FrameCursor:
    """Reads frames in order. `attach` it to a connection for the time of one snapshot."""

    __slots__ = (
        "_connection",
        "_frame",
        "_index",
        "_next",
        "_offsets",
        "_oldest",
        "_rows",
        "end",
        "id",
        "name",
        "paused",
        "position",
        "start",
    )

    def __init__(self, partition_id: int, name: TopicPartition, position: int) -> None:
        self.id = partition_id
        self.name = name
        self.position = position
        self.paused = False
        self.start = 0
        self.end = -1
        self._frame: Frame | None = None
        self._offsets: Sequence[int] = ()
        self._index = 0
        self._next = 0
        self._oldest = 0
        self._connection: sqlite3.Connection | None = None
        self._rows: sqlite3.Cursor | None = None

    def has_more(self) -> bool:
        """Whether there is a record to read. Raises if there cannot be one at this position any more."""
        if not self.start <= self.position <= self.end:
            raise faults.out_of_range(self.name, self.position, self.start, self.end)
        return self.position < self.end

    def attach(self, connection: sqlite3.Connection) -> None:
        """Reads over this connection, until `detach`."""
        self._connection = connection

    def detach(self) -> None:
        """Lets go of the connection; an open statement would hold up its snapshot."""
        self._connection = None
        if self._rows is not None:
            self._rows.close()
            self._rows = None

    def let_go(self) -> None:
        """Forgets the frame in hand: what compaction has left of it by then is read anew."""
        self._frame = None

    def take(self, limit: int) -> RecordBatch | None:
        """The next records, at most `limit`: a whole frame if it fits, else a slice of it; None at the end."""
        while self._frame is None:
            if not self._load(limit):
                return None
        frame, low = self._frame, self._index
        count = len(frame.timestamps)
        high = min(low + limit, count)
        part = frame if low == 0 and high == count else frame.cut(low, high)
        offsets = self._offsets[low:high]
        if high == count:
            self._frame = None
            self.position = self._next
        else:
            self._index = high
            self.position = offsets[-1] + 1
        where = self.name
        return RecordBatch(
            where.topic,
            where.partition,
            offsets,
            part.timestamps,
            part.keys,
            part.values,
            part.headers,
            self.position,
            self._oldest,
        )

    def _load(self, limit: int) -> bool:
        """Takes the next frame in hand; False at the end."""
        row = self._fetch()
        if row is None:
            if self.position < self.end:
                message = f"{self.name} has no records from {self.position} on, but should reach {self.end}"
                raise LogFormatError(message, hint=_DAMAGED)
            return False
        frame, offsets, self._next, self._oldest = row
        while len(frame.timestamps) < min(limit, _SMALL):
            row = self._fetch()
            if row is None:
                break
            more, more_offsets, self._next, oldest = row
            self._oldest = min(self._oldest, oldest)
            offsets = _joined(offsets, more_offsets)
            frame.extend_headers(len(more.timestamps), more.headers)
            frame.extend(more.timestamps, more.keys, more.values)
        self._index = bisect_left(offsets, self.position)
        if self._index == len(offsets):
            self.position = self._next  # all that the frame had from here on was compacted away
        else:
            self._frame, self._offsets = frame, offsets
        return True

    def _fetch(self) -> tuple[Frame, Sequence[int], int, int] | None:
        connection = self._connection
        assert connection is not None
        if self._rows is None:
            self._rows = connection.execute(_ROWS, (self.id, self.position))
        row: tuple[int, int, int, int, bytes | None] | None = self._rows.fetchone()
        if row is None:
            return None
        base, after, oldest, rowid, small = row
        frame = unpack(frame_data(connection, rowid, small), self.name, base)
        return frame, frame.all_offsets(base), after, oldest


def _joined(first: Sequence[int], second: Sequence[int]) -> Sequence[int]:
    if isinstance(first, range) and isinstance(second, range) and first.stop == second.start:
        return range(first.start, second.stop)
    return [*first, *second]
