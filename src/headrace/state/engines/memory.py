"""The engine without a disk: for tests, for stores that may be rebuilt from their changelog at each start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from headrace.state.sorted_map import SortedMap


class MemoryStorage:
    """Ordered bytes in memory, with the changelog position they stand for."""

    def __init__(self) -> None:
        self._map: SortedMap[bytes] = SortedMap()
        self._position: int | None = None
        self.get = self._map.data.get

    def scan(self, low: bytes | None, high: bytes | None, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Entries with low <= key < high in byte order (or reversed)."""
        return self._map.scan(low, high, reverse=reverse)

    def write(
        self,
        changes: Iterable[tuple[bytes, bytes | None]],
        position: int | None,
        drop_ranges: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """Applies changes, then drops ranges, and sets the position."""
        put, delete = self._map.put, self._map.delete
        for key, value in changes:
            if value is None:
                delete(key)
            else:
                put(key, value)
        for low, high in drop_ranges:
            for key, _ in list(self._map.scan(low, high)):
                delete(key)
        self._position = position

    def position(self) -> int | None:
        """The changelog offset up to which this data stands."""
        return self._position

    def approximate_count(self) -> int:
        """How many entries there are."""
        return len(self._map.data)

    def size_bytes(self) -> int:
        """How many bytes keys and values have."""
        return sum(len(key) + len(value) for key, value in self._map.data.items())

    def close(self) -> None:
        """Forgets everything."""
        self._map.clear()


@dataclass(frozen=True, slots=True)
class MemoryEngine:
    """Keeps a store's bytes in memory. After a restart the store is restored from its changelog from the start."""

    @property
    def name(self) -> str:
        """`memory`."""
        return "memory"

    @property
    def persistent(self) -> bool:
        """False: data ends with the process."""
        return False

    def open(self, directory: Path) -> MemoryStorage:
        """A new, empty engine; the directory is not used."""
        return MemoryStorage()
