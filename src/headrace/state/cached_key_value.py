"""The write-back cache of decoded objects in front of a key-value store.

What the hot path costs: `get` of a cached key is one dictionary access without a Python frame, `put` is two. Everything else
(encoding, logging, memory accounting) waits for the flush.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from headrace.core.records import NO_HEADERS, Headers
from headrace.state.api import StoreContext
from headrace.state.codecs import IMMUTABLE
from headrace.state.key_value import TableStore
from headrace.state.memory import AverageSize
from headrace.state.spec import StoreSpec

K = TypeVar("K")
V = TypeVar("V")

Entry = tuple[Any, int] | None
"""Value and timestamp; None for a key that is known not to be there."""

_NOT_READ = object()


class Deleted(NamedTuple):
    """The last update of a key was a delete."""

    timestamp: int
    headers: Headers


class Entries(dict[Hashable, Entry]):
    """A dictionary that reads what it lacks from below."""

    __slots__ = ("_load",)

    def __init__(self, load: Callable[[Hashable], Entry]) -> None:
        super().__init__()
        self._load = load

    def __missing__(self, key: Hashable) -> Entry:
        return self._load(key)


def identity(value: Any) -> Any:
    """The value itself."""
    return value


class CachedTableStore(TableStore[K, V]):
    """A table store whose updates are held back until the flush.

    Cached under the decoded key where the key format is exact, else under the key's bytes. Entries that were flushed stay for
    later reads: decoded if nobody can change them, else as the bytes just written, because the object now belongs to whoever
    got it from the flush.
    """

    cached = True

    def __init__(self, spec: StoreSpec, context: StoreContext, *, timestamped: bool) -> None:
        super().__init__(spec, context, timestamped=timestamped)
        self._entries = Entries(self._load)
        self._flushed_bytes: dict[Hashable, bytes] = {}
        self._dirty: dict[Hashable, Headers | Deleted] = {}
        self._synced: dict[Hashable, Headers | Deleted] = {}
        self._below: dict[Hashable, bytes | None] = {}
        self._average = AverageSize()
        self._to_bytes: Callable[[Any], bytes] = identity
        self._to_key: Callable[[Any], Any] = identity
        if spec.key_format.exact:
            self._to_bytes = self._encode_key
            self.get = self._entries.__getitem__  # type: ignore[method-assign,assignment]
        else:
            self._to_key = self._decode_key
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

    def _load(self, cache_key: Hashable) -> Entry:
        data = self._flushed_bytes.pop(cache_key, None)
        if data is None:
            data = self._overlay.get(self._to_bytes(cache_key))
            self._average.add(0 if data is None else len(data))
        entry = None if data is None else self._decode_entry(data)
        self._entries[cache_key] = entry
        return entry

    def flush(self) -> None:
        """Encodes, logs and hands out each changed key once, in the order in which they were first changed.

        The listener may put into this store again; that is flushed as well.
        """
        while self._dirty or self._synced:
            changed = self._synced
            changed.update(self._dirty)
            self._synced = {}
            self._dirty.clear()
            for cache_key, note in changed.items():
                self._flush_one(cache_key, note)
            self._below.clear()

    def _flush_one(self, cache_key: Hashable, note: Headers | Deleted) -> None:
        entry = self._entries[cache_key]
        key_bytes = self._to_bytes(cache_key)
        self._flushed_bytes.pop(cache_key, None)
        old_data = None
        if entry is None or self._send_old:
            found = self._below.pop(cache_key, _NOT_READ)
            old_data = self._overlay.get(key_bytes) if found is _NOT_READ else found
        if entry is None:
            if old_data is None:
                return  # neither the engine nor anybody downstream has heard of this key
            value, (timestamp, headers) = None, _deletion(note)
            self._write(key_bytes, None, timestamp)
        else:
            value, timestamp = entry
            headers = note.headers if isinstance(note, Deleted) else note
            value_bytes = self._encode_value(value)
            self._average.add(len(key_bytes) + len(value_bytes))
            self._write(key_bytes, value_bytes, timestamp)
            if type(value) not in IMMUTABLE:
                del self._entries[cache_key]
                self._flushed_bytes[cache_key] = self._pack(value_bytes, timestamp)
        if self._listener is not None:
            old = self._decode_entry(old_data)[0] if self._send_old and old_data is not None else None  # type: ignore[arg-type]
            self._listener(self._to_key(cache_key), value, old, timestamp, headers)

    def _sync(self) -> None:
        """Shows changes to scans: writes them to the overlay, and remembers what was below for the flush to come."""
        for cache_key, note in self._dirty.items():
            key_bytes = self._to_bytes(cache_key)
            if cache_key not in self._synced:
                self._below[cache_key] = self._overlay.get(key_bytes)
            self._synced[cache_key] = note
            entry = self._entries[cache_key]
            self._overlay.put(key_bytes, None if entry is None else self._pack(self._encode_value(entry[0]), entry[1]))
        self._dirty.clear()

    def range(self, low: K | None, high: K | None, *, reverse: bool = False) -> Iterator[tuple[K, tuple[V, int]]]:
        """Entries from low to high, both inclusive, None is open, in (reverse) byte order."""
        self._sync()
        return super().range(low, high, reverse=reverse)

    def prefix_bytes_scan(self, prefix: bytes) -> Iterator[tuple[K, tuple[V, int]]]:
        """Entries whose key bytes begin with `prefix`."""
        self._sync()
        return super().prefix_bytes_scan(prefix)

    def approximate_count(self) -> int:
        """About how many entries there are."""
        self._sync()
        return super().approximate_count()

    def close(self) -> None:
        """Closes the engine; what was not flushed is forgotten."""
        super().close()
        self._reread()

    def _reread(self) -> None:
        for held in (self._entries, self._flushed_bytes, self._dirty, self._synced, self._below):
            held.clear()

    def memory_bytes(self) -> int:
        """About how much memory changes and cached entries take."""
        entries = len(self._entries) + len(self._flushed_bytes) // 2
        return super().memory_bytes() + self._average.decoded_bytes(entries)

    def release(self, share: float) -> None:
        """Drops about this share of the entries, the oldest first and none that is still to be flushed."""
        for held in (self._flushed_bytes, self._entries):
            oldest = list(islice(held, int(len(held) * share) + 1))
            for cache_key in oldest:
                if cache_key not in self._dirty and cache_key not in self._synced:
                    del held[cache_key]


def _deletion(note: Headers | Deleted) -> tuple[int, Headers]:
    assert isinstance(note, Deleted)
    return note
