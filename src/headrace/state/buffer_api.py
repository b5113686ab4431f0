"""Contracts of the buffers in which operators hold records back by time. User code does not see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, Protocol, TypeVar

from headrace.core.records import Headers, RecordMetadata
from headrace.state.api import Store

K = TypeVar("K")
V = TypeVar("V")


class BufferedChange(NamedTuple, Generic[K, V]):
    """One key's update in a suppress buffer."""

    key: K
    new: V | None
    old: V | None
    timestamp: int
    headers: Headers
    buffer_time: int


class SuppressBuffer(Store, Protocol[K, V]):
    """Updates of a table held back by time: per key the latest, ordered by the buffer time of its first one, then key bytes.

    Changelog keys and values are Java's (buffer value format v3); the changelog record has the header `v` = 0x03.
    """

    @property
    def count(self) -> int:
        """How many keys are held."""
        ...

    @property
    def size_bytes(self) -> int:
        """How many bytes they take, counted as Kafka Streams does."""
        ...

    @property
    def earliest_time(self) -> int | None:
        """The buffer time of the oldest, or None."""
        ...

    def put(
        self,
        buffer_time: int,
        key: K,
        new: V | None,
        old: V | None,
        timestamp: int,
        headers: Headers,
        metadata: RecordMetadata | None = None,
    ) -> None:
        """Buffers an update; a key that is there keeps its buffer time and its prior value, the first `old`.

        `metadata` goes into the changelog as in Java, and the topic's name counts in `size_bytes`.
        """
        ...

    def find(self, key: K) -> BufferedChange[K, V] | None:
        """The buffered update of a key; its `old` is what the table downstream still shows."""
        ...

    def evict_while(self, predicate: Callable[[], bool]) -> Iterator[BufferedChange[K, V]]:
        """Removes and yields the oldest entries for as long as the predicate, asked before each, holds.

        Their `old` is that of the last update, as in Kafka Streams, not the prior value.
        """
        ...


class OuterJoinBuffer(Store, Protocol[K, V]):
    """Unjoined records of a left or outer stream join, ordered by time, side (right first), key (KIP-633's shared store).

    Changelog keys are `timestamp (8) + side (1 is left) + key`, values the list encoding of Java; the order is that of their
    bytes, as in Kafka Streams.
    """

    def add(self, timestamp: int, is_left: bool, key: K, value: V) -> None:
        """Adds a record that has not joined yet."""
        ...

    def remove(self, timestamp: int, is_left: bool, key: K) -> bool:
        """Removes all records of that time, side and key; True if there were any."""
        ...

    def oldest(self) -> Iterator[tuple[int, bool, K, list[V]]]:
        """Entries in order; safe while entries already yielded are removed."""
        ...


class StreamTableBuffer(Store, Protocol[K, V]):
    """Stream records of a stream-table join with grace, ordered by timestamp, then key bytes, then arrival."""

    def put(self, key: K, value: V, timestamp: int, headers: Headers) -> None:
        """Buffers a record."""
        ...

    def evict_until(self, timestamp: int) -> Iterator[tuple[K, V, int, Headers]]:
        """Removes and yields all records with a timestamp <= the given one, in order."""
        ...
