"""Gives the space of deleted frames back to the file system."""

from __future__ import annotations

from headrace.log.embedded.database import Database

_PAGES_A_STEP = 512
"""Pages moved in one transaction: 8 MB, so that writers wait for milliseconds only."""


def free_share(database: Database) -> tuple[int, int]:
    """Free pages of the file, and all its pages."""
    with database.read() as connection:
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        (total,) = connection.execute("PRAGMA page_count").fetchone()
    return free, total


def give_back(database: Database) -> None:
    """Shrinks the file by its free pages, and empties the write-ahead log if no other process is using it."""
    free, _ = free_share(database)
    while free > 0:
        with database.write(durable=False) as connection:
            # The pragma works a page per step of its statement: fetchall makes it go on.
            connection.execute(f"PRAGMA incremental_vacuum({_PAGES_A_STEP})").fetchall()
            (left,) = connection.execute("PRAGMA freelist_count").fetchone()
        if left >= free:
            break
        free = left
    with database.idle_writer() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
