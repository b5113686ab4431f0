"""Gives up the oldest records of a partition, by time and by size."""

from __future__ import annotations

import sqlite3

from headrace.log.api import TopicConfig
from headrace.log.embedded.catalog import CleanedPartition
from headrace.log.embedded.database import Database
from headrace.log.embedded.discard import advance_start, discard
from headrace.log.embedded.records import first_at_or_after, first_from


def retain(
    database: Database, connection: sqlite3.Connection, partition: CleanedPartition, config: TopicConfig, now_ms: int
) -> int:
    """Applies retention; returns the partition's new start. `connection` is for reading."""
    start = partition.start
    with database.snapshot(connection):
        if config.retention_ms >= 0:
            start = _start_by_time(connection, partition, now_ms - config.retention_ms)
        if config.retention_bytes >= 0:
            start = _start_by_bytes(connection, partition, start, config.retention_bytes)
    if start > partition.start:
        with database.write() as writer:
            more = advance_start(writer, partition.id, start)
        if more:
            discard(database, partition.id, start)
    return start


def _start_by_time(connection: sqlite3.Connection, partition: CleanedPartition, oldest_ms: int) -> int:
    kept = first_at_or_after(connection, partition.id, partition.start, oldest_ms)
    if kept is None:
        return partition.end
    # The start stays where it is unless a record goes: compaction's gaps are no reason to refuse a reader's position.
    return kept if first_from(connection, partition.id, partition.start) != kept else partition.start


def _start_by_bytes(connection: sqlite3.Connection, partition: CleanedPartition, start: int, bound: int) -> int:
    # As on Kafka, a partition may be larger than the bound by what cannot be given up without falling below it.
    rows = connection.execute(
        "SELECT base_offset, bytes FROM frames WHERE partition_id = ? AND next_offset > ? ORDER BY next_offset",
        (partition.id, start),
    ).fetchall()
    spare = sum(size for _, size in rows) - bound
    dropped = 0
    while dropped < len(rows) and rows[dropped][1] <= spare:
        spare -= rows[dropped][1]
        dropped += 1
    if dropped == 0:
        return start
    base: int = rows[dropped][0] if dropped < len(rows) else partition.end
    return base
