"""Removes frames that nobody can reach any more.

SQLite reads all of a batch to free its pages. A large topic therefore goes in steps, in transactions short enough for the
writers beside it; the start offset moves, or the topic's rows go, in the first. What a crash leaves over, `sweep` finds.
"""

from __future__ import annotations

import sqlite3

from headrace.log.embedded.database import Database

ROWS_A_STEP = 32
ALL = (1 << 63) - 1


def advance_start(connection: sqlite3.Connection, partition_id: int, offset: int) -> bool:
    """Gives up the records of a partition below an offset; True if `discard` has frames left to remove."""
    moved = connection.execute(
        "UPDATE partitions SET start_offset = ? WHERE id = ? AND start_offset < ?", (offset, partition_id, offset)
    )
    return moved.rowcount > 0 and _discard_some(connection, partition_id, offset)


def discard(database: Database, partition_id: int, before: int) -> None:
    """Removes all frames of a partition that end at or before an offset."""
    more = True
    while more:
        with database.write(durable=False) as connection:
            more = _discard_some(connection, partition_id, before)


def sweep(database: Database) -> None:
    """Removes what is left of interrupted removals."""
    with database.read() as connection:
        bounds = {row[0]: row[1] for row in connection.execute("SELECT id, start_offset FROM partitions")}
        left = [
            (partition_id, bounds.get(partition_id, ALL))
            for partition_id, oldest in _oldest_frames(connection)
            if oldest <= bounds.get(partition_id, ALL)
        ]
    for partition_id, before in left:
        discard(database, partition_id, before)


def _discard_some(connection: sqlite3.Connection, partition_id: int, before: int) -> bool:
    removed = connection.execute(
        "DELETE FROM frames WHERE rowid IN (SELECT rowid FROM frames WHERE partition_id = ? AND next_offset <= ? LIMIT ?)",
        (partition_id, before, ROWS_A_STEP),
    )
    return removed.rowcount == ROWS_A_STEP


def _oldest_frames(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    """Each partition id that has frames, with the end of its first frame; one look-up in the index each."""
    found: list[tuple[int, int]] = []
    partition_id = -1
    while True:
        row: tuple[int, int] | None = connection.execute(
            "SELECT partition_id, next_offset FROM frames WHERE partition_id > ? ORDER BY partition_id, next_offset LIMIT 1",
            (partition_id,),
        ).fetchone()
        if row is None:
            return found
        found.append(row)
        partition_id = row[0]
