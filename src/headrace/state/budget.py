"""The one memory limit of a process, as the users of memory see it."""

from __future__ import annotations

from typing import Protocol


class MemoryUser(Protocol):
    """Something that holds memory and can give part of it back."""

    def memory_bytes(self) -> int:
        """About how much it holds now."""
        ...

    def release(self, share: float) -> None:
        """Drops about this share (0 to 1) of what can be read again from below, the oldest first."""
        ...


class MemoryBudget(Protocol):
    """The one memory limit of the process, shared by all caches."""

    @property
    def limit_bytes(self) -> int:
        """The limit."""
        ...

    def charge(self, bytes_delta: int) -> None:
        """Books memory that is no cache (negative: gives it back)."""
        ...

    def register(self, user: MemoryUser) -> None:
        """Counts a store's memory from now on. Stores do so when they are opened."""
        ...

    def unregister(self, user: MemoryUser) -> None:
        """Counts it no longer."""
        ...

    @property
    def exceeded(self) -> bool:
        """True when caches should be flushed and emptied: the runtime then commits early. Cheap enough to ask per batch."""
        ...

    def reclaim(self) -> None:
        """Drops clean cached entries, the oldest first, until memory is well below the limit. For after a commit."""
        ...
