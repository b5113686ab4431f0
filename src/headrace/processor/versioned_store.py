"""Versioned key-value stores as processors and queries see them."""

from __future__ import annotations

from typing import Generic, TypeVar

from headrace.core.attributes import NamesWhatItHas
from headrace.core.records import VersionedRecord
from headrace.processor.refusal import refused
from headrace.state.api import VersionedStore

K = TypeVar("K")
V = TypeVar("V")


class VersionedKeyValueStore(NamesWhatItHas, Generic[K, V]):
    """Values by key with their history (Kafka's VersionedKeyValueStore, KIP-889)."""

    def __init__(self, store: VersionedStore[K, V], *, read_only: bool = False) -> None:
        self._store = store
        self._read_only = read_only

    @property
    def name(self) -> str:
        """The store's name."""
        return self._store.name

    def get(self, key: K, as_of: int | None = None) -> VersionedRecord[V] | None:
        """The latest version, or the one valid at `as_of` (ms); None also when that time is out of history."""
        return self._store.get(key) if as_of is None else self._store.get_as_of(key, as_of)

    def put(self, key: K, value: V | None, timestamp: int) -> int:
        """Adds a version valid from `timestamp`; None is a tombstone.

        Returns:
            VALID_TO_UNDEFINED if it is the latest now, NOT_PUT if it was too old, else until when it is valid.

        Raises:
            StateError: The store is read-only here.
        """
        if self._read_only:
            raise refused(self.name)
        return self._store.put(key, value, timestamp)

    def delete(self, key: K, timestamp: int) -> VersionedRecord[V] | None:
        """Puts a tombstone; returns the version that was valid at that time. Raises StateError if read-only here."""
        if self._read_only:
            raise refused(self.name)
        return self._store.delete(key, timestamp)
