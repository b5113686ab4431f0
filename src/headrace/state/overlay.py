"""The dirty overlay: what changed since the last commit, as bytes, merged over an engine in every read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

from headrace.core.errors import StoreClosedError
from headrace.state.engines.api import Engine
from headrace.state.sorted_map import SortedMap

_ENTRY_OVERHEAD = 150
"""About what Python needs for one entry besides its bytes."""

_UNCHANGED = object()


class Overlay:
    """Changes since the last commit. None stands for a deleted key.

    The engine is touched only by `commit`, so forgetting the changes is all that a rollback takes.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._changes: SortedMap[bytes | None] = SortedMap()
        self._changed = self._changes.data
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._changed)

    def get(self, key: bytes) -> bytes | None:
        """The value as of now, or None."""
        found = self._changed.get(key, _UNCHANGED)
        return self.engine.get(key) if found is _UNCHANGED else found  # type: ignore[return-value]

    def put(self, key: bytes, value: bytes | None) -> None:
        """Sets or (None) deletes."""
        self._changes.put(key, value)
        self._bytes += len(key) if value is None else len(key) + len(value)

    def put_all(self, changes: Mapping[bytes, bytes | None]) -> int:
        """Sets or (None) deletes each key; how many bytes keys and values have."""
        self._changes.update(changes)
        size = sum(map(len, changes)) + sum(len(value) for value in changes.values() if value is not None)
        self._bytes += size
        return size

    def scan(self, low: bytes | None, high: bytes | None, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Entries with low <= key < high in byte order (or reversed), as they are now: later puts are not seen."""
        if low is not None and high is not None and low >= high:
            return iter(())
        below = self.engine.scan(low, high, reverse=reverse)
        changed = list(self._changes.scan(low, high, reverse=reverse)) if self._changed else []
        return _merged(changed, below, reverse=reverse) if changed else below

    def approximate_count(self) -> int:
        """How many entries there are, as far as the engine knows."""
        count = self.engine.approximate_count()
        for key, value in self._changed.items():
            count += (value is not None) - (self.engine.get(key) is not None)
        return max(0, count)

    def memory_bytes(self) -> int:
        """About how much memory the changes take."""
        return self._bytes + _ENTRY_OVERHEAD * len(self._changed)

    def commit(self, position: int | None, drop_ranges: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Moves the changes into the engine."""
        if not self._changed and not drop_ranges and position == self.engine.position():
            return
        self.engine.write(self._changed.items(), position, drop_ranges)
        self.rollback()

    def rollback(self) -> None:
        """Forgets the changes."""
        self._changes.clear()
        self._bytes = 0


class ClosedOverlay(Overlay):
    """Stands in for the overlay of a store that was closed: each use says so."""

    def __init__(self, engine: Engine, store: str) -> None:
        super().__init__(engine)
        self._store = store

    def _refuse(self) -> NoReturn:
        message = f"store {self._store!r} is closed"
        raise StoreClosedError(message, hint="use a store only between init and close of its processor")

    def get(self, key: bytes) -> bytes | None:
        """Raises StoreClosedError."""
        self._refuse()

    def put(self, key: bytes, value: bytes | None) -> None:
        """Raises StoreClosedError."""
        self._refuse()

    def put_all(self, changes: Mapping[bytes, bytes | None]) -> int:
        """Raises StoreClosedError."""
        self._refuse()

    def scan(self, low: bytes | None, high: bytes | None, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Raises StoreClosedError."""
        self._refuse()

    def approximate_count(self) -> int:
        """Raises StoreClosedError."""
        self._refuse()

    def commit(self, position: int | None, drop_ranges: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Raises StoreClosedError."""
        self._refuse()


def _merged(
    changed: list[tuple[bytes, bytes | None]], below: Iterator[tuple[bytes, bytes]], *, reverse: bool
) -> Iterator[tuple[bytes, bytes]]:
    """Both in the same order; a changed key hides the engine's."""
    entry = next(below, None)
    for key, value in changed:
        while entry is not None and (entry[0] > key if reverse else entry[0] < key):
            yield entry
            entry = next(below, None)
        if entry is not None and entry[0] == key:
            entry = next(below, None)
        if value is not None:
            yield key, value
    if entry is not None:
        yield entry
        yield from below
