"""Contract of storage engines: ordered bytes, in memory or on a disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol


class Engine(Protocol):
    """Ordered bytes to bytes, changed in atomic batches. One writer, one thread."""

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        ...

    def scan(self, low: bytes | None, high: bytes | None, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Entries with low <= key < high in byte order (or reversed); None is an open end."""
        ...

    def write(
        self,
        changes: Iterable[tuple[bytes, bytes | None]],
        position: int | None,
        drop_ranges: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """Applies changes (None deletes), drops key ranges [low, high), and sets the changelog position in the last batch."""
        ...

    def position(self) -> int | None:
        """The changelog offset up to which this data stands; None for a new, empty engine."""
        ...

    def approximate_count(self) -> int:
        """About how many entries there are."""
        ...

    def size_bytes(self) -> int:
        """About how many bytes are used."""
        ...

    def close(self) -> None:
        """Closes files."""
        ...


class EngineSupplier(Protocol):
    """Opens engines: the seam for further ones. Equal suppliers open equal engines."""

    @property
    def name(self) -> str:
        """A short name for drawings and messages, e.g. `rocksdb`."""
        ...

    @property
    def persistent(self) -> bool:
        """Whether data outlives the process."""
        ...

    def open(self, directory: Path) -> Engine:
        """Opens or makes the engine of one store of one task. Raises StoreCorruptError for a damaged one."""
        ...
