"""The write-back cache of decoded objects, shared by key-value stores (one each) and window stores (one for each window).

What the hot path costs: reading a cached key is one dictionary access without a Python frame, a put is two (`entries` and
`dirty`, done by the stores themselves). Everything else (encoding, logging, memory accounting) waits for the flush.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from headrace.core.records import Headers
from headrace.state.codecs import IMMUTABLE, StoreCodec
from headrace.state.memory import AverageSize
from headrace.state.overlay import Overlay

Entry = tuple[Any, int] | None
"""Value and timestamp; None for a key that is known not to be there."""

C = TypeVar("C")
T = TypeVar("T")

_NOT_READ = object()


class Deleted(NamedTuple):
    """The last update of a key was a delete."""

    timestamp: int
    headers: Headers


class ReadThrough(dict[C, T]):
    """A dictionary that reads what it lacks from below. `load` puts in what it read, and returns it."""

    __slots__ = ("_load",)

    def __init__(self, load: Callable[[Any], T]) -> None:
        super().__init__()
        self._load = load

    def __missing__(self, key: Any) -> T:
        return self._load(key)


@dataclass(slots=True)
class CacheBelow:
    """What all caches of a store have below them."""

    overlay: Overlay
    codec: StoreCodec
    average: AverageSize = field(default_factory=AverageSize)
    send_old: bool = False


class WriteBackCache:
    """Entries by cache key: the decoded key where the key format is exact, else the key's bytes.

    Entries that were flushed stay for later reads: decoded if nobody can change them, else as the bytes just written, because
    the object now belongs to whoever got it from the flush.

    Args:
        below: Shared by all caches of the store.
        engine_key: Cache key to the key in the engine.
        write: Writes engine key, value bytes and timestamp to overlay and changelog.
        hand_out: Takes cache key, new value, old value, timestamp and headers of a flushed update.
    """

    __slots__ = ("_below", "_engine_key", "_flushed", "_hand_out", "_old", "_synced", "_write", "dirty", "entries")

    def __init__(
        self,
        below: CacheBelow,
        engine_key: Callable[[Any], bytes],
        write: Callable[[bytes, bytes | None, int], None],
        hand_out: Callable[[Any, Any, Any, int, Headers], None],
    ) -> None:
        self.entries: ReadThrough[Hashable, Entry] = ReadThrough(self._load)
        self.dirty: dict[Hashable, Headers | Deleted] = {}
        self._flushed: dict[Hashable, bytes] = {}
        self._synced: dict[Hashable, Headers | Deleted] = {}
        self._old: dict[Hashable, bytes | None] = {}
        self._below = below
        self._engine_key = engine_key
        self._write = write
        self._hand_out = hand_out

    def __len__(self) -> int:
        return len(self.entries) + len(self._flushed)

    @property
    def changed(self) -> bool:
        """Whether there is something to flush."""
        return bool(self.dirty or self._synced)

    def keep(self, cache_key: Hashable, data: bytes) -> None:
        """Takes what was read from below by a scan, unless something newer is cached."""
        if cache_key not in self.entries and cache_key not in self._flushed:
            self._flushed[cache_key] = data

    def _load(self, cache_key: Hashable) -> Entry:
        data = self._flushed.pop(cache_key, None)
        if data is None:
            data = self._below.overlay.get(self._engine_key(cache_key))
            self._below.average.add(0 if data is None else len(data))
        entry = None if data is None else self._below.codec.decode_entry(data)
        self.entries[cache_key] = entry
        return entry

    def flush(self) -> None:
        """Encodes, logs and hands out each changed key once, in the order in which they were first changed.

        Whoever gets an update may put into this cache again; that is flushed as well.
        """
        while self.changed:
            changed = self._synced
            changed.update(self.dirty)
            self._synced = {}
            self.dirty.clear()
            for cache_key, note in changed.items():
                self._flush_one(cache_key, note)
            self._old.clear()

    def _flush_one(self, cache_key: Hashable, note: Headers | Deleted) -> None:
        entry = self.entries[cache_key]
        engine_key = self._engine_key(cache_key)
        self._flushed.pop(cache_key, None)
        old_data = None
        if entry is None or self._below.send_old:
            found = self._old.pop(cache_key, _NOT_READ)
            old_data = self._below.overlay.get(engine_key) if found is _NOT_READ else found
            if entry is None and old_data is None:  # neither the engine nor anybody downstream has heard of this key
                if found is not _NOT_READ:
                    self._below.overlay.put(engine_key, None)  # only a scan has
                return
        old = None
        if old_data is not None and self._below.send_old:
            old = self._below.codec.decode_entry(old_data)[0]  # type: ignore[arg-type]
        if entry is None:
            assert isinstance(note, Deleted)
            self._write(engine_key, None, note.timestamp)
            self._hand_out(cache_key, None, old, note.timestamp, note.headers)
        else:
            value, timestamp = entry
            self._write_value(cache_key, engine_key, value, timestamp)
            self._hand_out(cache_key, value, old, timestamp, note.headers if isinstance(note, Deleted) else note)

    def _write_value(self, cache_key: Hashable, engine_key: bytes, value: Any, timestamp: int) -> None:
        codec = self._below.codec
        value_bytes = codec.encode_value(value)
        self._below.average.add(len(engine_key) + len(value_bytes))
        self._write(engine_key, value_bytes, timestamp)
        if type(value) not in IMMUTABLE:
            del self.entries[cache_key]
            self._flushed[cache_key] = codec.pack(value_bytes, timestamp)

    def sync(self) -> None:
        """Shows changes to scans: writes them to the overlay, and remembers what was below for the flush to come."""
        overlay, codec = self._below.overlay, self._below.codec
        for cache_key, note in self.dirty.items():
            engine_key = self._engine_key(cache_key)
            if cache_key not in self._synced:
                self._old[cache_key] = overlay.get(engine_key)
            self._synced[cache_key] = note
            entry = self.entries[cache_key]
            overlay.put(engine_key, None if entry is None else codec.pack(codec.encode_value(entry[0]), entry[1]))
        self.dirty.clear()

    def release(self, entries: int) -> int:
        """Drops up to so many entries, the oldest first and none that is still to be flushed; how many it looked at."""
        looked_at = 0
        for held in (self._flushed, self.entries):
            oldest = list(islice(held, entries - looked_at))
            looked_at += len(oldest)
            for cache_key in oldest:
                if cache_key not in self.dirty and cache_key not in self._synced:
                    del held[cache_key]
        return looked_at

    def clear(self) -> None:
        """Forgets everything."""
        for held in (self.entries, self.dirty, self._flushed, self._synced, self._old):
            held.clear()


def identity(value: Any) -> Any:
    """The value itself."""
    return value
