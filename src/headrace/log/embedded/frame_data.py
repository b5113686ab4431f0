"""Reading the bytes of a frame: small ones as a column of their row, large ones by themselves.

SQLite puts a column together before it is copied into bytes. For a batch of a megabyte the memory for that is taken and given
back each time, which costs more than reading it.
"""

from __future__ import annotations

import sqlite3

_LARGE = 65_536
"""Bytes."""

SMALL_DATA = f"CASE WHEN bytes < {_LARGE} THEN data END"
"""What to select, with `rowid` beside it: the bytes, or NULL for a large frame."""


def frame_data(connection: sqlite3.Connection, rowid: int, small: bytes | None) -> bytes:
    """The bytes of a frame of which `SMALL_DATA` was selected, within the same snapshot."""
    if small is not None:
        return small
    with connection.blobopen("frames", "data", rowid, readonly=True) as blob:
        return blob.read()
