"""Session stores as processors and queries see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from headrace.core.attributes import NamesWhatItHas
from headrace.core.windows import END_OF_TIME, Windowed
from headrace.processor.refusal import refused
from headrace.state.api import SessionsStore

K = TypeVar("K")
V = TypeVar("V")


class SessionStore(NamesWhatItHas, Generic[K, V]):
    """Values by key and session (Kafka's SessionStore). A session's start and end, in ms, are both inclusive.

    Order is by end, then start. Sessions older than the store's retention are hidden.
    """

    def __init__(self, store: SessionsStore[K, V], *, read_only: bool = False) -> None:
        self._store = store
        self._read_only = read_only

    @property
    def name(self) -> str:
        """The store's name."""
        return self._store.name

    def put(self, session: Windowed[K], value: V | None) -> None:
        """Sets or (None) removes one session.

        Raises:
            StateError: The store is read-only here.
        """
        if self._read_only:
            raise refused(self.name)
        self._store.put(session.key, session.start, session.end, value)

    def remove(self, session: Windowed[K]) -> None:
        """Removes one session. Raises StateError if the store is read-only here."""
        self.put(session, None)

    def fetch_session(self, key: K, start: int, end: int) -> V | None:
        """One session by its exact bounds, or None."""
        return self._store.get(key, start, end)

    def find_sessions(self, key: K, earliest_end: int, latest_start: int) -> Iterator[tuple[Windowed[K], V]]:
        """Sessions of a key with end >= earliest_end and start <= latest_start."""
        found = self._store.find(key, earliest_end, latest_start)
        return ((Windowed(key, start, end), value) for start, end, value in found)

    def backward_find_sessions(self, key: K, earliest_end: int, latest_start: int) -> Iterator[tuple[Windowed[K], V]]:
        """The same, in reverse."""
        found = self._store.find(key, earliest_end, latest_start, reverse=True)
        return ((Windowed(key, start, end), value) for start, end, value in found)

    def find_sessions_of_keys(
        self, low: K | None, high: K | None, earliest_end: int, latest_start: int
    ) -> Iterator[tuple[Windowed[K], V]]:
        """The same over keys from low to high, both inclusive, None is open."""
        return self._store.find_keys(low, high, earliest_end, latest_start)

    def backward_find_sessions_of_keys(
        self, low: K | None, high: K | None, earliest_end: int, latest_start: int
    ) -> Iterator[tuple[Windowed[K], V]]:
        """The same over keys from low to high, in reverse."""
        return self._store.find_keys(low, high, earliest_end, latest_start, reverse=True)

    def fetch(self, key: K) -> Iterator[tuple[Windowed[K], V]]:
        """All sessions of a key."""
        return self.find_sessions(key, 0, END_OF_TIME)

    def backward_fetch(self, key: K) -> Iterator[tuple[Windowed[K], V]]:
        """All sessions of a key, in reverse."""
        return self.backward_find_sessions(key, 0, END_OF_TIME)

    def fetch_keys(self, low: K | None, high: K | None) -> Iterator[tuple[Windowed[K], V]]:
        """All sessions of the keys from low to high, both inclusive, None is open (Kafka: fetch(keyFrom, keyTo))."""
        return self.find_sessions_of_keys(low, high, 0, END_OF_TIME)

    def backward_fetch_keys(self, low: K | None, high: K | None) -> Iterator[tuple[Windowed[K], V]]:
        """The same, in reverse."""
        return self.backward_find_sessions_of_keys(low, high, 0, END_OF_TIME)
