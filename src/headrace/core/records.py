"""Records as user code sees them, and their headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Headers = tuple[tuple[str, bytes | None], ...]
"""Record headers: name and value pairs in order, duplicates allowed. Immutable, so they are shared and never copied."""

NO_HEADERS: Headers = ()

K = TypeVar("K")
V = TypeVar("V")
K2 = TypeVar("K2")
V2 = TypeVar("V2")


@dataclass(frozen=True, slots=True)
class Record(Generic[K, V]):
    """One record on its way through a processor.

    Attributes:
        key: The key, or None.
        value: The value; None is a tombstone.
        timestamp: Event time, in ms since the epoch.
        headers: Name and value pairs, in order.
    """

    key: K
    value: V
    timestamp: int
    headers: Headers = NO_HEADERS

    def with_key(self, key: K2) -> Record[K2, V]:
        """The same record under another key."""
        return Record(key, self.value, self.timestamp, self.headers)

    def with_value(self, value: V2) -> Record[K, V2]:
        """The same record with another value."""
        return Record(self.key, value, self.timestamp, self.headers)

    def with_timestamp(self, timestamp: int) -> Record[K, V]:
        """The same record at another time, in ms."""
        return Record(self.key, self.value, timestamp, self.headers)

    def with_headers(self, headers: Headers) -> Record[K, V]:
        """The same record with other headers."""
        return Record(self.key, self.value, self.timestamp, headers)


@dataclass(frozen=True, slots=True)
class RecordMetadata:
    """Where the record that is being processed was read from."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class ValueAndTimestamp(Generic[V]):
    """What a timestamped store holds for a key: the value and the time of its last change, in ms."""

    value: V
    timestamp: int


@dataclass(frozen=True, slots=True)
class VersionedRecord(Generic[V]):
    """One version of a value: valid from `timestamp` until `valid_to` (None: until now), both in ms."""

    value: V
    timestamp: int
    valid_to: int | None = None


class Change(Generic[V]):
    """A table's update as it travels between operators: new value, old value, and whether it is the latest version.

    `old` is filled in only where something downstream needs it. `is_latest` is False for an out-of-order update of a
    versioned table, which aggregations and joins leave out.
    """

    __slots__ = ("is_latest", "new", "old")

    def __init__(self, new: V | None, old: V | None = None, is_latest: bool = True) -> None:
        self.new = new
        self.old = old
        self.is_latest = is_latest

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Change):
            return NotImplemented
        mine: tuple[Any, ...] = (self.new, self.old, self.is_latest)
        return mine == (other.new, other.old, other.is_latest)

    def __hash__(self) -> int:
        return hash((self.new, self.old, self.is_latest))

    def __repr__(self) -> str:
        return f"Change(new={self.new!r}, old={self.old!r}, is_latest={self.is_latest})"
