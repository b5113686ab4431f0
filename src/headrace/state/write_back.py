"""The write-back cache of decoded objects, shared by key-value stores (one each) and window stores (one for each window).

What the hot path costs: reading a cached key is one dictionary access without a Python frame, a put is two (`entries` and
`dirty`, done by the stores themselves). Everything else (encoding, logging, memory accounting) waits for the flush.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, TypeVar, cast

from headrace.core.records import Headers
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

_AT_A_TIME = 32
"""How many changes are written before they are handed out: few enough for the processor's caches."""


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


@dataclass(slots=True)
class Written:
    """Changes on their way to overlay and changelog, as columns.

    Attributes:
        data: Engine key to engine value.
        values: The values as the changelog has them, in the order of the keys.
    """

    data: dict[bytes, bytes | None] = field(default_factory=dict)
    values: list[bytes | None] = field(default_factory=list)
    timestamps: list[int] = field(default_factory=list)

    def to(self, overlay: Overlay, log: ChangeLogger, log_from: int) -> int:
        """Writes them; how many bytes that are. The changelog's keys are the engine's from `log_from` on."""
        keys = list(self.data)
        log.extend([key[log_from:] for key in keys] if log_from else keys, self.values, self.timestamps)
        return overlay.put_all(self.data)


class WriteBackCache:
    """Entries by cache key: the decoded key where the key format is exact, else the key's bytes.

    Entries that were flushed stay for later reads: decoded if nobody can change them, else as the bytes just written, because
    the object now belongs to whoever got it from the flush. Where most of them were read again before, and the format has a
    cheap way, a copy stays instead of the bytes.

    Args:
        below: Shared by all caches of the store.
        engine_key: Cache key to the key in the engine.
        log_from: Where in the engine's key that of the changelog begins.
        hand_out: Takes the updates of a flush, a few at a time, each when it is written.
    """

    __slots__ = (
        "_below",
        "_copies",
        "_engine_key",
        "_flushed",
        "_kept_as_bytes",
        "_log_from",
        "_old",
        "_reread",
        "_synced",
        "_unwritten",
        "_unwritten_old",
        "_updates",
        "dirty",
        "entries",
        "hand_out",
    )

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
        self._unwritten: Iterator[tuple[Hashable, Headers | Deleted]] = iter(())
        self._unwritten_old: dict[Hashable, bytes | None] = {}
        self._updates: list[Update] = []
        self._below = below
        self._engine_key = engine_key
        self._log_from = log_from
        self._copies = False
        self._kept_as_bytes = 0
        self._reread = 0
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
        else:
            self._reread += 1
        entry = None if data is None else self._below.codec.decode_entry(data)
        self.entries[cache_key] = entry
        return entry

    def peek(self, cache_key: Hashable) -> Entry:
        """The entry, for another thread while this cache is in use: changes nothing, so it is not remembered."""
        entry: Any = dict.get(self.entries, cache_key, _NOT_READ)
        if entry is not _NOT_READ:
            return cast("Entry", entry)
        data = self._flushed.get(cache_key)
        if data is None:
            data = self._below.overlay.get(self._engine_key(cache_key))
        return None if data is None else self._below.codec.decode_entry(data)

    def flushed(self, cache_key: Hashable) -> Entry:
        """What the last flush handed out for a key, whatever has been put since."""
        if cache_key not in self.dirty and cache_key not in self._synced:
            return self.entries[cache_key]
        data = self._below_bytes(cache_key, self._old)
        return None if data is None else self._below.codec.decode_entry(data)

    def flush(self) -> None:
        """Encodes, logs and hands out each changed key once, in the order in which they were first changed.

        A few at a time, so that what is handed out is still near the processor. Whoever gets an update may put into this cache
        again; that is flushed as well.
        """
        while self.changed:
            changed = self._synced
            changed.update(self.dirty)
            self._synced = {}
            self.dirty.clear()
            self._unwritten_old, self._old = self._old, {}
            self._choose_whether_to_copy()
            self._unwritten = iter(changed.items())
            while updates := self._next_updates():
                hand_out = self.hand_out
                for update in updates:
                    hand_out(*update)

    def _next_updates(self) -> list[Update]:
        """Writes a few more changes; what there is to hand out, empty at the end of the round."""
        while not self._updates and (some := list(islice(self._unwritten, _AT_A_TIME))):
            self._write(some)
        updates, self._updates = self._updates, []
        return updates

    def _write(self, changed: Iterable[tuple[Hashable, Headers | Deleted]]) -> None:
        """Writes changes to overlay and changelog, and notes what there is to hand out."""
        below, entries, flushed, updates = self._below, self.entries, self._flushed, self._updates
        engine_key_of, encode, pack = self._engine_key, below.codec.encode_value, below.codec.pack
        copy = below.codec.copy_value if self._copies else None
        written = Written()
        for cache_key, noted in changed:
            note = self.dirty.pop(cache_key, noted) if self.dirty else noted  # put again by who got another update
            entry = entries[cache_key]
            if entry is None:
                assert isinstance(note, Deleted)
                self._delete(cache_key, note, written)
                continue
            value, timestamp = entry
            old = self._old_value(cache_key) if below.send_old else None
            engine_key = engine_key_of(cache_key)
            value_bytes = encode(value)
            written.data[engine_key] = data = pack(value_bytes, timestamp)
            written.values.append(value_bytes)
            written.timestamps.append(timestamp)
            if type(value) in IMMUTABLE:
                flushed.pop(cache_key, None)
            elif copy is not None:
                flushed.pop(cache_key, None)
                entries[cache_key] = (copy(value, value_bytes), timestamp)
            else:
                flushed[cache_key] = data  # first, so that `peek` of another thread finds one or the other
                del entries[cache_key]
                self._kept_as_bytes += 1
            updates.append((cache_key, value, old, timestamp, note.headers if isinstance(note, Deleted) else note))
        below.average.add(written.to(below.overlay, below.log, self._log_from), len(written.data))

    def _choose_whether_to_copy(self) -> None:
        """Copies are for caches where most of what a flush kept as bytes was decoded again before the next one."""
        if not self._copies and self._below.codec.copy_value is not None:
            self._copies = self._reread > self._kept_as_bytes // 2
        self._reread = self._kept_as_bytes = 0

    def _delete(self, cache_key: Hashable, note: Deleted, written: Written) -> None:
        """Writes a tombstone, unless neither the engine nor anybody downstream has heard of the key."""
        below = self._below
        self._flushed.pop(cache_key, None)
        engine_key = self._engine_key(cache_key)
        data = self._below_bytes(cache_key, self._unwritten_old)
        if data is None:
            if cache_key in self._unwritten_old:
                below.overlay.put(engine_key, None)  # only a scan has seen it
            return
        written.data[engine_key] = None
        written.values.append(None)
        written.timestamps.append(note.timestamp)
        old = below.codec.decode_entry(data)[0] if below.send_old else None
        self._updates.append((cache_key, None, old, note.timestamp, note.headers))

    def _old_value(self, cache_key: Hashable) -> Any:
        """The value that the last flush handed out, or None."""
        data = self._below_bytes(cache_key, self._unwritten_old)
        return None if data is None else self._below.codec.decode_entry(data)[0]

    def _below_bytes(self, cache_key: Hashable, old: Mapping[Hashable, bytes | None]) -> bytes | None:
        """What was below before the changes, those that a scan has written included (`old`)."""
        return old[cache_key] if cache_key in old else self._below.overlay.get(self._engine_key(cache_key))

    def sync(self) -> None:
        """Shows changes to scans: writes them to the overlay, and remembers what was below for the flush to come."""
        self._write(self._unwritten)
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
        for held in (self.entries, self.dirty, self._flushed, self._synced, self._old, self._unwritten_old):
            held.clear()
        self._updates.clear()
        self._unwritten = iter(())


def identity(value: Any) -> Any:
    """The value itself."""
    return value
