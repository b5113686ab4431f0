"""Reading of a key-value store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from headrace.core.attributes import NamesWhatItHas
from headrace.processor.refusal import refused
from headrace.state.api import KeyValueStore

K = TypeVar("K")
V = TypeVar("V")


class ReadOnlyKeyValueStore(NamesWhatItHas, Generic[K, V]):
    """A key-value store that cannot be written (Kafka's ReadOnlyKeyValueStore).

    All writes raise StateError.
    """

    def __init__(self, store: KeyValueStore[K, V]) -> None:
        self._store = store
        self.get = store.get
        self.range = store.range
        self.reverse_range = store.reverse_range
        self.prefix_scan = store.prefix_scan

    @property
    def name(self) -> str:
        """The store's name."""
        return self._store.name

    def all(self) -> Iterator[tuple[K, V]]:
        """Everything in byte order."""
        return self._store.all()

    def reverse_all(self) -> Iterator[tuple[K, V]]:
        """Everything in reverse byte order."""
        return self._store.reverse_all()

    def approximate_count(self) -> int:
        """About how many entries there are (Kafka: approximateNumEntries)."""
        return self._store.approximate_count()

    def put(self, _key: K, _value: V | None) -> None:
        """Refused."""
        raise refused(self.name)

    def put_if_absent(self, _key: K, _value: V | None) -> V | None:
        """Refused."""
        raise refused(self.name)

    def put_all(self, _entries: Iterable[tuple[K, V | None]]) -> None:
        """Refused."""
        raise refused(self.name)

    def delete(self, _key: K) -> V | None:
        """Refused."""
        raise refused(self.name)
