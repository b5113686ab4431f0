"""Key-value stores whose updates are held back, decoded, until the flush."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

from headrace.core.records import NO_HEADERS, Headers
from headrace.state.api import FlushListener, KeyFold, StoreContext
from headrace.state.key_value import TableStore
from headrace.state.spec import StoreSpec
from headrace.state.write_back import CacheBelow, Deleted, WriteBackCache, identity

K = TypeVar("K")
V = TypeVar("V")


class CachedTableStore(TableStore[K, V]):
    """A table store over a `WriteBackCache`. For exact keys `get` is the dictionary's own access."""

    cached = True

    def __init__(self, spec: StoreSpec, context: StoreContext, *, timestamped: bool) -> None:
        super().__init__(spec, context, timestamped=timestamped)
        exact = spec.key_format.exact
        self._exact = exact
        self._below = CacheBelow(self._overlay, self._codec, self._changelog)
        to_bytes: Callable[[Any], bytes] = self._encode_key if exact else identity
        self._to_key: Callable[[Any], Any] = identity if exact else self._decode_key
        self._cache = WriteBackCache(self._below, to_bytes, 0, self._hand_out)
        self._entries = self._cache.entries
        self._dirty = self._cache.dirty
        if exact:
            self.get = self._entries.__getitem__  # type: ignore[method-assign,assignment]
        else:
            self.get = self._get_by_bytes  # type: ignore[method-assign]
            self.put = self._put_by_bytes  # type: ignore[method-assign]

    def put(self, key: K, value: V | None, timestamp: int, headers: Headers = NO_HEADERS) -> None:
        """Sets or (None) deletes."""
        if value is None:
            self._entries[key] = None
            self._dirty[key] = Deleted(timestamp, headers)
        else:
            self._entries[key] = (value, timestamp)
            self._dirty[key] = headers

    def folder(
        self,
        initializer: Callable[[], V],
        aggregator: Callable[[K, Any, V], V | None],
        no_key: Callable[[], None],
        no_value: Callable[[], None],
    ) -> KeyFold:
        """A function that folds one value into a key's, without frames of their own for reading and writing."""
        if not self._exact:
            return super().folder(initializer, aggregator, no_key, no_value)
        entries, dirty = self._entries, self._dirty

        def fold(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                no_key()
                return
            if value is None:
                no_value()
                return
            found = entries[key]
            if found is None:
                aggregate = aggregator(key, value, initializer())
            else:
                before, newest = found
                aggregate = aggregator(key, value, before)
                if newest > timestamp:
                    timestamp = newest
            if aggregate is None:
                entries[key] = None
                dirty[key] = Deleted(timestamp, headers)
            else:
                entries[key] = (aggregate, timestamp)
                dirty[key] = headers

        return fold

    def get_flushed(self, key: K) -> tuple[V, int] | None:
        """Value and timestamp as of the last flush, or None."""
        return self._cache.flushed(key if self._exact else self._encode_key(key))

    def peek(self, key: K) -> tuple[V, int] | None:
        """Value and timestamp, or None, for another thread."""
        return self._cache.peek(key if self._exact else self._encode_key(key))

    def _get_by_bytes(self, key: K) -> tuple[V, int] | None:
        return self._entries[self._encode_key(key)]

    def _put_by_bytes(self, key: K, value: V | None, timestamp: int, headers: Headers = NO_HEADERS) -> None:
        key_bytes = self._encode_key(key)
        if value is None:
            self._entries[key_bytes] = None
            self._dirty[key_bytes] = Deleted(timestamp, headers)
        else:
            self._entries[key_bytes] = (value, timestamp)
            self._dirty[key_bytes] = headers

    def set_flush_listener(self, listener: FlushListener, *, send_old: bool) -> bool:
        """Takes the listener."""
        self._below.send_old = send_old
        if self._exact:
            self._cache.hand_out = listener
        return super().set_flush_listener(listener, send_old=send_old)

    def flush(self) -> None:
        """Encodes, logs and hands out each changed key once, in the order in which they were first changed."""
        self._cache.flush()

    def _hand_out(self, cache_key: Hashable, value: Any, old: Any, timestamp: int, headers: Headers) -> None:
        if self._listener is not None:
            self._listener(self._to_key(cache_key), value, old, timestamp, headers)

    def range(self, low: K | None, high: K | None, *, reverse: bool = False) -> Iterator[tuple[K, tuple[V, int]]]:
        """Entries from low to high, both inclusive, None is open, in (reverse) byte order."""
        self._cache.sync()
        return super().range(low, high, reverse=reverse)

    def prefix_bytes_scan(self, prefix: bytes) -> Iterator[tuple[K, tuple[V, int]]]:
        """Entries whose key bytes begin with `prefix`."""
        self._cache.sync()
        return super().prefix_bytes_scan(prefix)

    def approximate_count(self) -> int:
        """About how many entries there are."""
        self._cache.sync()
        return super().approximate_count()

    def _unflushed(self) -> bool:
        return self._cache.changed

    def close(self) -> None:
        """Closes the engine; what was not flushed is forgotten."""
        super().close()
        self._below.overlay = self._overlay
        self._cache.clear()

    def _reread(self) -> None:
        self._cache.clear()

    def memory_bytes(self) -> int:
        """About how much memory changes and cached entries take."""
        return super().memory_bytes() + self._below.average.decoded_bytes(len(self._cache))

    def release(self, share: float) -> None:
        """Drops about this share of the cached entries, the oldest first."""
        self._cache.release(int(len(self._cache) * share) + 1)
