"""The embedded log as the loops use it: its frames, tables and write transaction, without reader and producer around them."""

from __future__ import annotations

from pathlib import Path

from headrace.core.identifiers import TopicPartition
from headrace.log.api import NewTopic, Position, RecordColumns, TopicConfig
from headrace.log.buffered_producer import Pending
from headrace.log.embedded import catalog
from headrace.log.embedded.database import Database
from headrace.log.embedded.frame_data import SMALL_DATA, frame_data
from headrace.log.embedded.frames import Frame, unpack
from headrace.log.embedded.writer import fencing_committer

_NEXT_FRAME = (
    f"SELECT next_offset, rowid, {SMALL_DATA} FROM frames"
    " WHERE partition_id = ? AND next_offset > ? ORDER BY next_offset LIMIT 1"
)


class PeerLog:
    """Reads frames, and commits records with positions, fenced and with full sync as the engine does."""

    def __init__(self, directory: Path, group: str) -> None:
        self._database = Database(directory, durability="full", busy_timeout_s=30.0)
        self._connection = self._database.connect_reader()
        self._commit = fencing_committer(self._database, group)
        self._group = group
        self._ids: dict[TopicPartition, int] = {}

    def create_topic(self, name: str, partitions: int) -> None:
        """Makes a compacted topic."""
        with self._database.write() as connection:
            catalog.insert_topic(connection, NewTopic(name, partitions, TopicConfig(cleanup="compact")))

    def read(self, where: TopicPartition, position: int) -> tuple[int, Frame] | None:
        """The frame at a position and the position after it; None at the end."""
        partition_id = self._ids.get(where)
        if partition_id is None:
            partition_id = self._ids[where] = catalog.partition(self._connection, where).id
        row = self._connection.execute(_NEXT_FRAME, (partition_id, position)).fetchone()
        if row is None:
            return None
        next_offset, rowid, small = row
        return next_offset, unpack(frame_data(self._connection, rowid, small), where, position)

    def commit(
        self, records: dict[TopicPartition, RecordColumns], positions: dict[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """One transaction; per partition written to, the offset after its last record."""
        pending = Pending()
        pending.records = {where: [columns] for where, columns in records.items() if columns.keys}
        pending.positions = {self._group: {where: Position(offset) for where, offset in positions.items()}}
        return self._commit(pending)

    def close(self) -> None:
        """Closes the database."""
        self._database.disconnect(self._connection)
        self._database.close()
