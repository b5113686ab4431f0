"""Reads committed records over a connection of its own."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence

from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import RecordBatch
from headrace.log.embedded import catalog, failures
from headrace.log.embedded.cursor import FrameCursor
from headrace.log.embedded.database import Database
from headrace.log.fair_reading import rotated, take_fairly

_FIRST_LOOK_S = 0.001
_LONGEST_LOOK_S = 0.016
"""How long a waiting reader goes without looking for commits of other processes; those of its own wake it at once."""


class EmbeddedReader:
    """A `Reader` over the embedded log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connect_reader()
        self._cursors: dict[TopicPartition, FrameCursor] = {}
        self._by_id: dict[int, FrameCursor] = {}
        self._bounds = ""
        self._seen_version = -1
        self._turn = 0
        self._closed = False

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        """Replaces the assignment."""
        self._require_open()
        with self._database.snapshot(self._connection) as connection:
            cursors = {where: self._cursor(connection, where, offset) for where, offset in positions.items()}
        self._cursors = cursors
        self._by_id = {cursor.id: cursor for cursor in cursors.values()}
        ids = ",".join(map(str, self._by_id))
        self._bounds = f"SELECT id, start_offset, end_offset FROM partitions WHERE id IN ({ids})"
        self._seen_version = -1

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        """Stops handing out records of partitions."""
        for cursor in self._found(partitions):
            cursor.paused = True

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        """Goes on with partitions."""
        for cursor in self._found(partitions):
            cursor.paused = False

    def poll(self, max_records: int, timeout_s: float) -> list[RecordBatch]:
        """The next batches."""
        self._require_open()
        deadline = 0.0
        look = _FIRST_LOOK_S
        while True:
            commits = self._database.commits
            batches = self._read(max_records)
            if batches or timeout_s <= 0:
                return batches
            now = time.monotonic()
            deadline = deadline or now + timeout_s
            if now >= deadline:
                return []
            self._database.wait_for_commit(commits, min(look, deadline - now))
            look = min(look * 2, _LONGEST_LOOK_S)

    def position(self, partition: TopicPartition) -> int:
        """The offset that comes next."""
        return self._found([partition])[0].position

    def close(self) -> None:
        """Closes the connection."""
        if not self._closed:
            self._closed = True
            self._cursors = {}
            self._database.disconnect(self._connection)

    def _cursor(self, connection: sqlite3.Connection, where: TopicPartition, offset: int) -> FrameCursor:
        partition_id, there = catalog.partition(connection, where).id, self._cursors.get(where)
        if there is not None and there.position == offset and there.id == partition_id:
            there.let_go()
            return there
        return FrameCursor(partition_id, where, offset)

    def _read(self, max_records: int) -> list[RecordBatch]:
        connection = self._connection
        try:
            if self._version(connection) == self._seen_version and not self._ready():
                return []
            connection.execute("BEGIN")
            try:
                return self._read_snapshot(connection, max_records)
            finally:
                for cursor in self._by_id.values():
                    cursor.detach()
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise failures.from_sqlite(error, self._database.directory) from error

    def _read_snapshot(self, connection: sqlite3.Connection, max_records: int) -> list[RecordBatch]:
        # Bounds and frames come from one snapshot: with older bounds, records deleted in between would look compacted.
        self._seen_version = self._version(connection)
        missing = set(self._by_id)
        for partition_id, start, end in connection.execute(self._bounds):
            cursor = self._by_id[partition_id]
            cursor.start, cursor.end = start, end
            missing.discard(partition_id)
        if missing:
            raise faults.unknown_topic(self._by_id[missing.pop()].name.topic)
        ready = self._ready()
        if not ready:
            return []
        for cursor in ready:
            cursor.attach(connection)
        self._turn += 1
        return take_fairly(rotated(ready, self._turn), max_records)

    def _ready(self) -> list[FrameCursor]:
        return [cursor for cursor in self._by_id.values() if not cursor.paused and cursor.has_more()]

    def _found(self, partitions: Iterable[TopicPartition]) -> list[FrameCursor]:
        found = []
        for where in partitions:
            cursor = self._cursors.get(where)
            if cursor is None:
                raise faults.not_assigned(where)
            found.append(cursor)
        return found

    def _require_open(self) -> None:
        if self._closed:
            raise faults.closed_reader()
        self._database.require_same_process()

    @staticmethod
    def _version(connection: sqlite3.Connection) -> int:
        version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        return version
