"""The one memory limit of a process, shared by the caches of all stores."""

from __future__ import annotations

from headrace.state.budget import MemoryUser

ENTRY_OVERHEAD = 250
"""Bytes that Python needs for one cached entry whatever its size: slots of dictionaries, the tuple, the objects' heads."""

DECODED_FACTOR = 4
"""Decoded objects take about this many times the bytes of their encoding (measured with JSON objects of 50 to 500 bytes)."""

_KEEP_SHARE = 0.75


class SharedMemory:
    """What all caches of a process hold together, against one limit.

    Caches estimate what they hold from the number of their entries and the average encoded size, so that nothing is booked
    per put. Used by one thread, that of the tasks.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._charged = 0
        self._users: dict[int, MemoryUser] = {}

    @property
    def limit_bytes(self) -> int:
        """The limit."""
        return self._limit

    @property
    def used_bytes(self) -> int:
        """About how much is held now."""
        return self._charged + sum(user.memory_bytes() for user in self._users.values())

    def charge(self, bytes_delta: int) -> None:
        """Books memory that is no cache (negative: gives it back)."""
        self._charged += bytes_delta

    def register(self, user: MemoryUser) -> None:
        """Counts a store's memory from now on."""
        self._users[id(user)] = user

    def unregister(self, user: MemoryUser) -> None:
        """Counts it no longer."""
        self._users.pop(id(user), None)

    @property
    def exceeded(self) -> bool:
        """True when the runtime should commit early, so that caches are flushed and emptied."""
        return self.used_bytes > self._limit

    def reclaim(self) -> None:
        """Drops clean cached entries, the oldest first and from each cache alike, down to three quarters of the limit."""
        used = self.used_bytes
        if used <= self._limit:
            return
        share = 1 - self._limit * _KEEP_SHARE / used
        for user in list(self._users.values()):
            user.release(share)


class AverageSize:
    """Average of encoded sizes, so that a cache can tell its memory from the number of its entries."""

    __slots__ = ("_bytes", "_count")

    def __init__(self) -> None:
        self._bytes = 0
        self._count = 0

    def add(self, encoded_bytes: int, entries: int = 1) -> None:
        """Takes more entries into account."""
        self._bytes += encoded_bytes
        self._count += entries

    def decoded_bytes(self, entries: int) -> int:
        """About how much memory so many decoded entries take."""
        average = self._bytes / self._count if self._count else 0
        return int(entries * (ENTRY_OVERHEAD + DECODED_FACTOR * average))

    def encoded_bytes(self, entries: int) -> int:
        """About how much memory so many entries take that are held as bytes."""
        average = self._bytes / self._count if self._count else 0
        return int(entries * (ENTRY_OVERHEAD + average))
