"""Ordered bytes in memory whose order costs nothing until somebody scans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Generic, TypeVar

from sortedcontainers import SortedList  # type: ignore[import-untyped]

T = TypeVar("T")

_FIRST_CHUNK = 64
_LARGEST_CHUNK = 4096


class SortedMap(Generic[T]):
    """Bytes to values: a dict, and a list of sorted keys that is brought up to date by the first scan after a change.

    Most stores are only asked for single keys; they never pay for the order.
    """

    __slots__ = ("_added", "_keys", "_removed", "data")

    def __init__(self) -> None:
        self.data: dict[bytes, T] = {}
        self._keys: SortedList[bytes] = SortedList()
        self._added: list[bytes] = []
        self._removed: set[bytes] = set()

    def put(self, key: bytes, value: T) -> None:
        """Sets a value."""
        if key not in self.data:
            if key in self._removed:
                self._removed.discard(key)
            else:
                self._added.append(key)
        self.data[key] = value

    def update(self, entries: Mapping[bytes, T]) -> None:
        """Sets many values."""
        if self._removed:
            for key, value in entries.items():
                self.put(key, value)
            return
        data = self.data
        self._added.extend([key for key in entries if key not in data])
        data.update(entries)

    def delete(self, key: bytes) -> None:
        """Removes a key if it is there."""
        if self.data.pop(key, None) is not None:
            self._removed.add(key)

    def clear(self) -> None:
        """Removes everything."""
        self.data.clear()
        self._keys.clear()
        self._added.clear()
        self._removed.clear()

    def _sort(self) -> None:
        if self._added:
            self._keys.update(self._added)
            self._added.clear()
        if self._removed:
            for key in self._removed:
                self._keys.discard(key)
            self._removed.clear()

    def scan(self, low: bytes | None, high: bytes | None, *, reverse: bool = False) -> Iterator[tuple[bytes, T]]:
        """Entries with low <= key < high, in order or reversed.

        Goes in growing chunks and finds its place again by key, so changes between two steps do no harm.
        """
        size = _FIRST_CHUNK
        inclusive = (True, False)
        while True:
            self._sort()
            found = self._keys.irange(low, high, inclusive=inclusive, reverse=reverse)
            data = self.data
            chunk = [(key, data[key]) for key in islice(found, size)]
            yield from chunk
            if len(chunk) < size:
                return
            if reverse:
                high = chunk[-1][0]
            else:
                low, inclusive = chunk[-1][0], (False, False)
            size = min(size * 4, _LARGEST_CHUNK)
