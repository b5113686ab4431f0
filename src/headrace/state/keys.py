"""Byte layouts of keys, as Kafka Streams writes them to changelogs."""

from __future__ import annotations

from struct import Struct

LARGEST_TIME = 2**63 - 1

_TIME = Struct(">q")
_WINDOW_TAIL = Struct(">qI")
_SESSION_TAIL = Struct(">qq")

time_bytes = _TIME.pack
"""A time as 8 bytes, big-endian."""


def read_time(data: bytes, at: int) -> int:
    """The time that stands at an index; counted from the end if negative."""
    return int(_TIME.unpack_from(data, at if at >= 0 else len(data) + at)[0])


def window_tail(start: int, sequence: int = 0) -> bytes:
    """What follows the key in a window store's changelog: start (8) + sequence number (4)."""
    return _WINDOW_TAIL.pack(start, sequence)


def session_tail(start: int, end: int) -> bytes:
    """What follows the key in a session store's changelog: end (8) + start (8)."""
    return _SESSION_TAIL.pack(end, start)


def after_prefix(prefix: bytes) -> bytes | None:
    """The smallest bytes above all that begin with a prefix; None if there are none."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes((stripped[-1] + 1,)) if stripped else None
