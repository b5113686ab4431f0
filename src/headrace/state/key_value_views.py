"""Key-value stores as processors see them: over a table store, with plain values or with ValueAndTimestamp."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from headrace.core.records import ValueAndTimestamp
from headrace.core.time import UNKNOWN_TIME
from headrace.state.api import FlushListener, RestoreRecord, TimestampedStore

K = TypeVar("K")
V = TypeVar("V")


class KeyValueView(Generic[K, V]):
    """The operations of a key-value store over a table store. Kinds say how an entry and a value correspond."""

    def __init__(self, table: TimestampedStore[K, Any]) -> None:
        self._table = table

    def _value(self, entry: tuple[Any, int]) -> V:
        raise NotImplementedError

    def _set(self, key: K, value: V) -> None:
        raise NotImplementedError

    def get(self, key: K) -> V | None:
        """The value, or None."""
        entry = self._table.get(key)
        return None if entry is None else self._value(entry)

    def put(self, key: K, value: V | None) -> None:
        """Sets or (None) deletes."""
        if value is None:
            self._table.put(key, None, UNKNOWN_TIME)
        else:
            self._set(key, value)

    def put_if_absent(self, key: K, value: V | None) -> V | None:
        """Sets if there is nothing; returns what was there."""
        found = self.get(key)
        if found is None and value is not None:
            self.put(key, value)
        return found

    def put_all(self, entries: Iterable[tuple[K, V | None]]) -> None:
        """Puts each entry in order."""
        for key, value in entries:
            self.put(key, value)

    def delete(self, key: K) -> V | None:
        """Deletes; returns what was there."""
        found = self.get(key)
        self.put(key, None)
        return found

    def range(self, low: K | None = None, high: K | None = None) -> Iterator[tuple[K, V]]:
        """Entries from low to high, both inclusive, None is open, in byte order."""
        return self._values(self._table.range(low, high))

    def reverse_range(self, low: K | None = None, high: K | None = None) -> Iterator[tuple[K, V]]:
        """The same, from high to low."""
        return self._values(self._table.range(low, high, reverse=True))

    def all(self) -> Iterator[tuple[K, V]]:
        """Everything in byte order."""
        return self.range()

    def reverse_all(self) -> Iterator[tuple[K, V]]:
        """Everything in reverse byte order."""
        return self.reverse_range()

    def prefix_scan(self, prefix: K) -> Iterator[tuple[K, V]]:
        """Entries whose key bytes begin with the bytes of `prefix`."""
        return self._values(self._table.prefix_scan(prefix))

    def _values(self, entries: Iterator[tuple[K, tuple[Any, int]]]) -> Iterator[tuple[K, V]]:
        return ((key, self._value(entry)) for key, entry in entries)

    def approximate_count(self) -> int:
        """About how many entries there are."""
        return self._table.approximate_count()

    # The rest is the table store's life cycle.

    @property
    def name(self) -> str:
        """The store's name."""
        return self._table.name

    @property
    def cached(self) -> bool:
        """Whether updates are held back until `flush`."""
        return self._table.cached

    @property
    def stream_time(self) -> int:
        """Not kept by key-value stores."""
        return self._table.stream_time

    def set_stream_time(self, stream_time: int) -> None:
        """See `Store`."""
        self._table.set_stream_time(stream_time)

    def set_flush_listener(self, listener: FlushListener, *, send_old: bool) -> bool:
        """See `Store`."""
        return self._table.set_flush_listener(listener, send_old=send_old)

    def flush(self) -> None:
        """See `Store`."""
        self._table.flush()

    def commit(self, position: int | None) -> None:
        """See `Store`."""
        self._table.commit(position)

    def rollback(self) -> None:
        """See `Store`."""
        self._table.rollback()

    def position(self) -> int | None:
        """See `Store`."""
        return self._table.position()

    def restore(self, records: Sequence[RestoreRecord], position: int) -> None:
        """See `Store`."""
        self._table.restore(records, position)

    def engine_bytes(self) -> int:
        """See `Store`."""
        return self._table.engine_bytes()

    def wipe(self) -> None:
        """See `Store`."""
        self._table.wipe()

    def close(self) -> None:
        """See `Store`."""
        self._table.close()


class TimestampedView(KeyValueView[K, ValueAndTimestamp[V]]):
    """A table's store with ValueAndTimestamp (Kafka's TimestampedKeyValueStore)."""

    def _value(self, entry: tuple[V, int]) -> ValueAndTimestamp[V]:
        return ValueAndTimestamp(*entry)

    def _set(self, key: K, value: ValueAndTimestamp[V]) -> None:
        self._table.put(key, value.value, value.timestamp)


class PlainKeyValueStore(KeyValueView[K, V]):
    """A plain key-value store. Its changelog records carry the time of the record being processed."""

    def _value(self, entry: tuple[V, int]) -> V:
        return entry[0]

    def _set(self, key: K, value: V) -> None:
        self._table.put(key, value, UNKNOWN_TIME)
