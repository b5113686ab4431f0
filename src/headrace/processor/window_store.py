"""Window stores as processors and queries see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from headrace.core.attributes import NamesWhatItHas
from headrace.core.records import ValueAndTimestamp
from headrace.core.time import UNKNOWN_TIME
from headrace.core.windows import Windowed
from headrace.processor.refusal import refused
from headrace.state.api import WindowedStore

K = TypeVar("K")
V = TypeVar("V")


class WindowStore(NamesWhatItHas, Generic[K, V]):
    """Values by key and window start (Kafka's WindowStore). All bounds are window starts in ms, both inclusive.

    Windows older than the store's retention are hidden. Iterators are snapshots only if the store is not written meanwhile.
    """

    def __init__(self, store: WindowedStore[K, Any], *, read_only: bool = False) -> None:
        self._store = store
        self._read_only = read_only

    @property
    def name(self) -> str:
        """The store's name."""
        return self._store.name

    def put(self, key: K, value: V | None, start: int) -> None:
        """Sets or (None) deletes the window of a key that begins at `start`.

        With `retain_duplicates` it adds an entry, and None does nothing. Windows out of retention are ignored.

        Raises:
            StateError: The store is read-only here.
        """
        if self._read_only:
            raise refused(self.name)
        self._put(key, value, start)

    def fetch(self, key: K, start: int) -> V | None:
        """The window of a key that begins at `start`, or None."""
        found = self._store.get(key, start)
        return None if found is None else self._value(*found)

    def fetch_range(self, key: K, earliest: int, latest: int) -> Iterator[tuple[int, V]]:
        """(window start, value) of one key, ascending (Kafka: fetch(key, timeFrom, timeTo))."""
        return self._of_key(self._store.fetch(key, earliest, latest))

    def backward_fetch_range(self, key: K, earliest: int, latest: int) -> Iterator[tuple[int, V]]:
        """The same, descending (Kafka: backwardFetch)."""
        return self._of_key(self._store.fetch(key, earliest, latest, reverse=True))

    def fetch_keys(self, low: K | None, high: K | None, earliest: int, latest: int) -> Iterator[tuple[Windowed[K], V]]:
        """Windows of the keys from low to high, both inclusive, None is open (Kafka: fetch(keyFrom, keyTo, ...))."""
        return self._of_windows(self._store.fetch_keys(low, high, earliest, latest))

    def backward_fetch_keys(self, low: K | None, high: K | None, earliest: int, latest: int) -> Iterator[tuple[Windowed[K], V]]:
        """The same, in reverse."""
        return self._of_windows(self._store.fetch_keys(low, high, earliest, latest, reverse=True))

    def fetch_all(self, earliest: int, latest: int) -> Iterator[tuple[Windowed[K], V]]:
        """Windows of all keys, by start, then key."""
        return self._of_windows(self._store.fetch_all(earliest, latest))

    def backward_fetch_all(self, earliest: int, latest: int) -> Iterator[tuple[Windowed[K], V]]:
        """The same, in reverse."""
        return self._of_windows(self._store.fetch_all(earliest, latest, reverse=True))

    def all(self) -> Iterator[tuple[Windowed[K], V]]:
        """Everything, by window start, then key."""
        return self._of_windows(self._store.all())

    def backward_all(self) -> Iterator[tuple[Windowed[K], V]]:
        """Everything in reverse."""
        return self._of_windows(self._store.all(reverse=True))

    def _put(self, key: K, value: Any, start: int) -> None:
        self._store.put(key, start, value, UNKNOWN_TIME)

    def _value(self, value: Any, _timestamp: int) -> V:
        plain: V = value
        return plain

    def _of_key(self, entries: Iterator[tuple[int, Any, int]]) -> Iterator[tuple[int, V]]:
        of = self._value
        return ((start, of(value, timestamp)) for start, value, timestamp in entries)

    def _of_windows(self, entries: Iterator[tuple[Windowed[K], Any, int]]) -> Iterator[tuple[Windowed[K], V]]:
        of = self._value
        return ((windowed, of(value, timestamp)) for windowed, value, timestamp in entries)


class TimestampedWindowStore(WindowStore[K, ValueAndTimestamp[V]]):
    """A window store with a timestamp per value: what windowed aggregations keep (Kafka's TimestampedWindowStore)."""

    def _put(self, key: K, value: ValueAndTimestamp[V] | None, start: int) -> None:
        if value is None:
            self._store.put(key, start, None, UNKNOWN_TIME)
        else:
            self._store.put(key, start, value.value, value.timestamp)

    def _value(self, value: V, timestamp: int) -> ValueAndTimestamp[V]:
        return ValueAndTimestamp(value, timestamp)
