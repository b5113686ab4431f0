"""Commits: everything that a producer has buffered, in one short SQLite transaction."""

from __future__ import annotations

import sqlite3

from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import TopicConfig
from headrace.log.buffered_producer import Committer, Pending
from headrace.log.embedded import catalog
from headrace.log.embedded.database import Database
from headrace.log.embedded.frames import PackedFrame, merge, pack
from headrace.log.topics import compacts

_INSERT_FRAME = (
    "INSERT INTO frames (partition_id, next_offset, base_offset, records, tombstones, bytes, min_timestamp, max_timestamp,"
    " data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def plain_committer(database: Database) -> Committer:
    """Writes for a producer without transactional id."""
    return lambda pending: _write(database, pending, "", 0)


def fencing_committer(database: Database, transactional_id: str) -> Committer:
    """Writes for a transactional producer; from now on older ones of this id are fenced."""
    with database.write() as connection:
        connection.execute(
            "INSERT INTO producers (transactional_id, epoch) VALUES (?, 1)"
            " ON CONFLICT (transactional_id) DO UPDATE SET epoch = epoch + 1",
            (transactional_id,),
        )
        epoch = _epoch(connection, transactional_id)
    return lambda pending: _write(database, pending, transactional_id, epoch)


def insert_frame(
    connection: sqlite3.Connection, partition_id: int, packed: PackedFrame, base_offset: int, next_offset: int
) -> None:
    """Adds the row of a frame."""
    connection.execute(
        _INSERT_FRAME,
        (
            partition_id,
            next_offset,
            base_offset,
            packed.records,
            packed.tombstones,
            len(packed.data),
            packed.min_timestamp,
            packed.max_timestamp,
            packed.data,
        ),
    )


def _write(database: Database, pending: Pending, transactional_id: str, epoch: int) -> dict[TopicPartition, int]:
    # Packed before the lock is taken: others wait for the write only.
    packed = {where: _frames(pending, where) for where in pending.packed.keys() | pending.records.keys()}
    with database.write() as connection:
        if epoch and _epoch(connection, transactional_id) != epoch:
            raise faults.fenced(transactional_id)
        ends = {where: _append(connection, where, frames) for where, frames in packed.items()}
        for group, positions in pending.positions.items():
            catalog.store_positions(connection, group, positions)
    return ends


def _frames(pending: Pending, where: TopicPartition) -> list[PackedFrame]:
    rest = pending.records.get(where)
    return [*pending.packed.get(where, ()), *(pack(merge(rest)) if rest else ())]


def _append(connection: sqlite3.Connection, where: TopicPartition, frames: list[PackedFrame]) -> int:
    row = catalog.partition(connection, where)
    if compacts(TopicConfig(cleanup=row.cleanup)) and any(packed.keyless for packed in frames):
        raise faults.keyless_record(where)
    end = row.end
    for packed in frames:
        insert_frame(connection, row.id, packed, end, end + packed.records)
        end += packed.records
    connection.execute("UPDATE partitions SET end_offset = ? WHERE id = ?", (end, row.id))
    return end


def _epoch(connection: sqlite3.Connection, transactional_id: str) -> int:
    found: tuple[int] = connection.execute(
        "SELECT epoch FROM producers WHERE transactional_id = ?", (transactional_id,)
    ).fetchone()
    return found[0]
