"""The write-back cache of decoded objects, shared by key-value stores (one each) and window stores (one for each window).

What the hot path costs: reading a cached key is one dictionary access without a Python frame, a put is two (`entries` and
`dirty`, done by the stores themselves). Everything else (encoding, logging, memory accounting) waits for the flush.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from headrace.core.records import NO_HEADERS, Headers
from headrace.state.api import ChangeLogger, FlushListener
from headrace.state.codecs import IMMUTABLE, StoreCodec
from headrace.state.memory import AverageSize
from headrace.state.overlay import Overlay

Entry = tuple[Any, int] | None
"""Value and timestamp; None for a key that is known not to be there."""

Update = tuple[Any, Any, Any, int, Headers]
"""Cache key, new value, old value, timestamp and headers of a flushed update."""

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
    log: ChangeLogger
    average: AverageSize = field(default_factory=AverageSize)
    send_old: bool = False


class WriteBackCache:
    """Entries by cache key: the decoded key where the key format is exact, else the key's bytes.

    Entries that were flushed stay for later reads: decoded if nobody can change them, else as the bytes just written, because
    the object now belongs to whoever got it from the flush.

    Args:
        below: Shared by all caches of the store.
        engine_key: Cache key to the key in the engine.
        log_from: Where in the engine's key that of the changelog begins.
        hand_out: Takes the updates of a flush, when all of them are written.
    """

    __slots__ = ("_below", "_engine_key", "_flushed", "_log_from", "_old", "_synced", "dirty", "entries", "hand_out")

    def __init__(
        self,
        below: CacheBelow,
        engine_key: Callable[[Any], bytes],
        log_from: int,
        hand_out: FlushListener,
    ) -> None:
        self.entries: ReadThrough[Hashable, Entry] = ReadThrough(self._load)
        self.dirty: dict[Hashable, Headers | Deleted] = {}
        self._flushed: dict[Hashable, bytes] = {}
        self._synced: dict[Hashable, Headers | Deleted] = {}
        self._old: dict[Hashable, bytes | None] = {}
        self._below = below
        self._engine_key = engine_key
        self._log_from = log_from
        self.hand_out = hand_out

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

    def flushed(self, cache_key: Hashable) -> Entry:
        """What the last flush handed out for a key, whatever has been put since."""
        if cache_key not in self.dirty and cache_key not in self._synced:
            return self.entries[cache_key]
        found = self._old.get(cache_key, _NOT_READ)
        data = self._below.overlay.get(self._engine_key(cache_key)) if found is _NOT_READ else found
        return None if data is None else self._below.codec.decode_entry(data)  # type: ignore[arg-type]

    def flush(self) -> None:
        """Encodes, logs and hands out each changed key once, in the order in which they were first changed.

        Whoever gets an update may put into this cache again; that is flushed as well.
        """
        while self.changed:
            changed = self._synced
            changed.update(self.dirty)
            self._synced = {}
            self.dirty.clear()
            updates = self._written(changed)
            self._old.clear()
            hand_out = self.hand_out
            for update in updates:
                hand_out(*update)

    def _written(self, changed: Mapping[Hashable, Headers | Deleted]) -> list[Update]:
        """Writes changes to overlay and changelog; what there is to hand out."""
        below, entries, flushed = self._below, self.entries, self._flushed
        engine_key_of, cut, put, log = self._engine_key, self._log_from, below.overlay.put, below.log
        encode, pack = below.codec.encode_value, below.codec.pack
        updates: list[Update] = []
        written = written_bytes = 0
        for cache_key, note in changed.items():
            entry = entries[cache_key]
            old = None
            if entry is None or below.send_old:
                old, unheard_of = self._old_value(cache_key, entry)
                if unheard_of:
                    continue
            engine_key = engine_key_of(cache_key)
            if entry is None:
                assert isinstance(note, Deleted)
                flushed.pop(cache_key, None)
                put(engine_key, None)
                log(engine_key[cut:], None, note.timestamp, NO_HEADERS)
                updates.append((cache_key, None, old, note.timestamp, note.headers))
                continue
            value, timestamp = entry
            value_bytes = encode(value)
            data = pack(value_bytes, timestamp)
            put(engine_key, data)
            log(engine_key[cut:], value_bytes, timestamp, NO_HEADERS)
            if type(value) in IMMUTABLE:
                flushed.pop(cache_key, None)
            else:
                del entries[cache_key]
                flushed[cache_key] = data
            written += 1
            written_bytes += len(engine_key) + len(value_bytes)
            updates.append((cache_key, value, old, timestamp, note.headers if isinstance(note, Deleted) else note))
        below.average.add(written_bytes, written)
        return updates

    def _old_value(self, cache_key: Hashable, entry: Entry) -> tuple[Any, bool]:
        """The value before, if it is asked for; and whether neither the engine nor anybody downstream has heard of the key."""
        below = self._below
        found = self._old.get(cache_key, _NOT_READ)
        data = below.overlay.get(self._engine_key(cache_key)) if found is _NOT_READ else found
        if data is None:
            if entry is not None:
                return None, False
            self._flushed.pop(cache_key, None)
            if found is not _NOT_READ:
                below.overlay.put(self._engine_key(cache_key), None)  # only a scan has
            return None, True
        return below.codec.decode_entry(data)[0] if below.send_old else None, False  # type: ignore[arg-type]

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
