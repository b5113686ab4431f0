"""Key-value stores without a cache: each put is encoded, logged and readable at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from headrace.core.records import NO_HEADERS, Headers
from headrace.state.api import KeyFold
from headrace.state.key_value_views import TimestampedView
from headrace.state.keys import after_prefix
from headrace.state.store import EngineStore

K = TypeVar("K")
V = TypeVar("V")


class TableStore(EngineStore, Generic[K, V]):
    """Keys to (value, timestamp), in the byte order of keys.

    With timestamps the engine's value is `timestamp (8) + value`; the changelog has the plain value and the timestamp as the
    record's own, as in Kafka Streams, so that a table's source topic can serve as changelog.
    """

    def get(self, key: K) -> tuple[V, int] | None:
        """Value and timestamp, or None."""
        data = self._overlay.get(self._encode_key(key))
        return None if data is None else self._decode_entry(data)

    def peek(self, key: K) -> tuple[V, int] | None:
        """The same for another thread while the store is in use: changes nothing, whatever reading does in other kinds."""
        return TableStore.get(self, key)

    def put(self, key: K, value: V | None, timestamp: int, headers: Headers = NO_HEADERS) -> None:
        """Sets or (None) deletes."""
        self._write(self._encode_key(key), None if value is None else self._encode_value(value), timestamp)

    def folder(
        self,
        initializer: Callable[[], V],
        aggregator: Callable[[K, Any, V], V | None],
        no_key: Callable[[], None],
        no_value: Callable[[], None],
    ) -> KeyFold:
        """A function that folds one value into a key's."""
        get, put = self.get, self.put

        def fold(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                no_key()
                return
            if value is None:
                no_value()
                return
            found = get(key)
            if found is None:
                put(key, aggregator(key, value, initializer()), timestamp, headers)
                return
            aggregate, newest = found
            put(key, aggregator(key, value, aggregate), max(timestamp, newest), headers)

        return fold

    def _write(self, key: bytes, value: bytes | None, timestamp: int) -> None:
        self._overlay.put(key, None if value is None else self._pack(value, timestamp))
        self._log(key, value, timestamp, NO_HEADERS)

    def range(self, low: K | None, high: K | None, *, reverse: bool = False) -> Iterator[tuple[K, tuple[V, int]]]:
        """Entries from low to high, both inclusive, None is open, in (reverse) byte order."""
        low_bytes = None if low is None else self._encode_key(low)
        high_bytes = None if high is None else self._encode_key(high) + b"\x00"
        return self._decoded(self._overlay.scan(low_bytes, high_bytes, reverse=reverse))

    def prefix_scan(self, prefix: K) -> Iterator[tuple[K, tuple[V, int]]]:
        """Entries whose key bytes begin with the bytes of `prefix`."""
        return self.prefix_bytes_scan(self._encode_key(prefix))

    def prefix_bytes_scan(self, prefix: bytes) -> Iterator[tuple[K, tuple[V, int]]]:
        """Entries whose key bytes begin with `prefix`."""
        return self._decoded(self._overlay.scan(prefix, after_prefix(prefix)))

    def _decoded(self, entries: Iterator[tuple[bytes, bytes]]) -> Iterator[tuple[K, tuple[V, int]]]:
        decode_key, decode_entry = self._decode_key, self._decode_entry
        return ((decode_key(key), decode_entry(data)) for key, data in entries)

    def approximate_count(self) -> int:
        """About how many entries there are."""
        return self._overlay.approximate_count()

    def view(self) -> TimestampedView[Any, Any]:
        """The same store as processors see it."""
        return TimestampedView(self)
