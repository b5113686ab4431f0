"""Contracts of the state layer. Stores know nothing of topics; the runtime hands them a `StoreContext`.

Three levels, as in Kafka Streams, from the operator down to the disk:

1. *decoded cache* (only with `caching`): a write-back map of decoded objects. Updates are held until `flush`, which hands
   each one to the flush listener once, with the value before the interval as `old`.
2. *dirty overlay* of bytes: everything flushed or put since the last commit, logged to the changelog as it comes in. Reads
   and ranges merge it over the engine.
3. *engine*: committed bytes, together with the changelog offset they stand for, changed only by `commit`.

Without `caching` a put encodes at once (one changelog record per put), so that a value handed out is never shared with a
later one; with it, decoded objects are shared until they are flushed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from headrace.core.records import Headers, ValueAndTimestamp, VersionedRecord
from headrace.core.windows import Windowed
from headrace.state.budget import MemoryBudget
from headrace.state.engines.api import EngineSupplier

K = TypeVar("K")
V = TypeVar("V")
K_contra = TypeVar("K_contra", contravariant=True)


# ---- what the runtime gives a store ---------------------------------------------------------------------------------


class ChangeLogger(Protocol):
    """Takes the changelog records of one store in one task.

    A timestamp is UNKNOWN_TIME (-1) where the store is told none (plain key-value stores, deletes through a view): it then is
    that of the record being processed.
    """

    def append(self, key: bytes, value: bytes | None, timestamp: int, headers: Headers) -> None:
        """One record; a value of None is a tombstone."""
        ...

    def extend(self, keys: Sequence[bytes], values: Sequence[bytes | None], timestamps: Sequence[int]) -> None:
        """Many records without headers, as columns of equal length."""
        ...


class RestoreRecord(NamedTuple):
    """One record of a changelog."""

    key: bytes
    value: bytes | None
    timestamp: int
    headers: Headers


FlushListener = Callable[[Any, Any, Any, int, Headers], None]
"""Called once per key that changed: key, new value, old value (None unless asked for), timestamp, headers of the last update.
The key is a Windowed for window and session stores. In the order in which keys were first changed; windows by their start."""


class StoreContext(Protocol):
    """The surroundings of an open store."""

    @property
    def directory(self) -> Path:
        """Where this task keeps its stores."""
        ...

    @property
    def default_engine(self) -> EngineSupplier:
        """The engine for stores that name none."""
        ...

    @property
    def memory(self) -> MemoryBudget:
        """The process-wide limit for caches."""
        ...

    def changelog(self, store: str) -> ChangeLogger | None:
        """Where changes of a store go; None if it is not logged, or its changelog is its source topic."""
        ...


# ---- stores -------------------------------------------------------------------------------------------------------


class Store(Protocol):
    """Life cycle that all kinds share; called by the runtime only."""

    @property
    def name(self) -> str:
        """The store's name."""
        ...

    @property
    def cached(self) -> bool:
        """Whether updates are held back until `flush`."""
        ...

    @property
    def stream_time(self) -> int:
        """The largest timestamp put (windowed, versioned and buffer kinds), -1 at first. Part of the commit."""
        ...

    def set_stream_time(self, stream_time: int) -> None:
        """Puts back the stream time of the last commit, or that of restored records, whichever is larger."""
        ...

    def set_flush_listener(self, listener: FlushListener, *, send_old: bool) -> bool:
        """Asks for cached updates at flush. Returns False when the store is not cached: the caller then forwards itself."""
        ...

    def flush(self) -> None:
        """Drains the decoded cache: log, overlay, flush listener. Nothing to do for uncached stores."""
        ...

    def commit(self, position: int | None) -> None:
        """Writes the overlay to the engine with the changelog position. Called after the log's commit."""
        ...

    def rollback(self) -> None:
        """Forgets everything since the last commit."""
        ...

    def position(self) -> int | None:
        """The changelog offset of the engine's data; None if it has none and must be restored from the start."""
        ...

    def restore(self, records: Sequence[RestoreRecord], position: int) -> None:
        """Applies changelog records below the overlay, in one engine batch, without logging or listeners."""
        ...

    def engine_bytes(self) -> int:
        """About how many bytes the engine uses for what is committed."""
        ...

    def wipe(self) -> None:
        """Empties the store and its engine, for a rebuild from the changelog."""
        ...

    def close(self) -> None:
        """Closes the engine. Uncommitted changes are forgotten."""
        ...


class KeyValueStore(Store, Protocol[K, V]):
    """Key to value, in the byte order of keys. As processors see it; also implemented by LRU stores."""

    def get(self, key: K) -> V | None:
        """The value, or None."""
        ...

    def put(self, key: K, value: V | None) -> None:
        """Sets or (None) deletes."""
        ...

    def put_if_absent(self, key: K, value: V | None) -> V | None:
        """Sets if there is nothing; returns what was there."""
        ...

    def put_all(self, entries: Iterable[tuple[K, V | None]]) -> None:
        """Puts each entry in order."""
        ...

    def delete(self, key: K) -> V | None:
        """Deletes; returns what was there."""
        ...

    def range(self, low: K | None = None, high: K | None = None) -> Iterator[tuple[K, V]]:
        """Entries from low to high, both inclusive, None is open, in byte order."""
        ...

    def reverse_range(self, low: K | None = None, high: K | None = None) -> Iterator[tuple[K, V]]:
        """The same, from high to low."""
        ...

    def all(self) -> Iterator[tuple[K, V]]:
        """Everything in byte order."""
        ...

    def reverse_all(self) -> Iterator[tuple[K, V]]:
        """Everything in reverse byte order."""
        ...

    def prefix_scan(self, prefix: K) -> Iterator[tuple[K, V]]:
        """Entries whose key bytes begin with the bytes of `prefix`."""
        ...

    def approximate_count(self) -> int:
        """About how many entries there are."""
        ...


KeyFold = Callable[[Any, Any, int, Headers], None]
"""(key, value, timestamp, headers)"""


class TimestampedStore(Store, Protocol[K, V]):
    """A table's store as operators use it: plain (value, timestamp) tuples, no object per read.

    `put` also takes the headers of the record, which the flush listener gets back.
    """

    def get(self, key: K) -> tuple[V, int] | None:
        """Value and timestamp, or None."""
        ...

    def put(self, key: K, value: V | None, timestamp: int, headers: Headers = ()) -> None:
        """Sets or (None) deletes."""
        ...

    def folder(
        self,
        initializer: Callable[[], V],
        aggregator: Callable[[K, Any, V], V | None],
        no_key: Callable[[], None],
        no_value: Callable[[], None],
    ) -> KeyFold:
        """A function that folds one value into a key's, for the hot path: the same as `get` and `put`, in one frame.

        A key that is not there starts from the initializer; the timestamp becomes the larger one. Records without a key or
        without a value are left out, and told to `no_key` or `no_value`.
        """
        ...

    def range(self, low: K | None, high: K | None, *, reverse: bool = False) -> Iterator[tuple[K, tuple[V, int]]]:
        """Entries from low to high, both inclusive, None is open, in (reverse) byte order."""
        ...

    def prefix_scan(self, prefix: K) -> Iterator[tuple[K, tuple[V, int]]]:
        """Entries whose key bytes begin with the bytes of `prefix`."""
        ...

    def prefix_bytes_scan(self, prefix: bytes) -> Iterator[tuple[K, tuple[V, int]]]:
        """Entries whose key bytes begin with `prefix`; for keys with a layout of their own (foreign-key joins)."""
        ...

    def approximate_count(self) -> int:
        """About how many entries there are."""
        ...

    def view(self) -> KeyValueStore[K, ValueAndTimestamp[V]]:
        """The same store as processors see it (TimestampedKeyValueStore)."""
        ...


Fold = Callable[[Any, Any, int, Headers, int], None]
"""(key, value, timestamp, headers, window start)"""


class WindowedStore(Store, Protocol[K, V]):
    """A window store as operators use it. `timestamp` is carried only by the timestamped kind; otherwise it reads as -1.

    Reads hide windows with start <= stream time - retention, also where nothing was deleted yet. Puts of such windows are
    dropped (and advance nothing).
    """

    def get(self, key: K, start: int) -> tuple[V, int] | None:
        """Value and timestamp of one window."""
        ...

    def put(self, key: K, start: int, value: V | None, timestamp: int, headers: Headers = ()) -> None:
        """Sets or (None) deletes one window; with `retain_duplicates` adds an entry, and None does nothing."""
        ...

    def folder(self, initializer: Callable[[], V], aggregator: Callable[[K, Any, V], V | None]) -> Fold:
        """A function that folds one value into one window, for the hot path: the same as `get` and `put`.

        A window that is not there starts from the initializer; the timestamp becomes the larger one.
        """
        ...

    def fetch(self, key: K, start: int, end: int, *, reverse: bool = False) -> Iterator[tuple[int, V, int]]:
        """(window start, value, timestamp) of one key for start <= window start <= end, ascending or reversed."""
        ...

    def fetch_keys(
        self, low: K | None, high: K | None, start: int, end: int, *, reverse: bool = False
    ) -> Iterator[tuple[Windowed[K], V, int]]:
        """The same over a range of keys, both inclusive, None is open, by key then start."""
        ...

    def fetch_all(self, start: int, end: int, *, reverse: bool = False) -> Iterator[tuple[Windowed[K], V, int]]:
        """The same over all keys, by window start then key."""
        ...

    def all(self, *, reverse: bool = False) -> Iterator[tuple[Windowed[K], V, int]]:
        """Everything not expired, by window start then key."""
        ...


SessionFold = Callable[[Any, Any, int, Headers, int], bool]
"""(key, value, timestamp, headers, earliest end): False, and nothing is changed, if the session would end before that."""


class SessionsStore(Store, Protocol[K, V]):
    """A session store as operators use it.

    Reads hide sessions with end <= stream time - retention. Order: by end, then start.
    """

    def find(self, key: K, earliest_end: int, latest_start: int, *, reverse: bool = False) -> Iterator[tuple[int, int, V]]:
        """(start, end, value) of the sessions of one key with end >= earliest_end and start <= latest_start."""
        ...

    def find_keys(
        self, low: K | None, high: K | None, earliest_end: int, latest_start: int, *, reverse: bool = False
    ) -> Iterator[tuple[Windowed[K], V]]:
        """The same over a range of keys, both inclusive, None is open."""
        ...

    def ended_between(self, earliest_end: int, latest_end: int) -> Iterator[tuple[Windowed[K], V]]:
        """Sessions of all keys whose end lies in the interval, both inclusive, by end, then key bytes (emit on close)."""
        ...

    def get(self, key: K, start: int, end: int) -> V | None:
        """One session."""
        ...

    def put(self, key: K, start: int, end: int, value: V | None, headers: Headers = ()) -> None:
        """Sets or (None) removes one session."""
        ...

    def replace(
        self, key: K, found: Sequence[tuple[int, int, V]], start: int, end: int, value: V | None, headers: Headers = ()
    ) -> None:
        """Puts one session in place of those that `find` gave last for the key, except where one has its bounds already.

        The same as removing each and putting one; cheap where a key's only session grows.
        """
        ...

    def folder(
        self,
        gap_ms: int,
        initializer: Callable[[], V],
        aggregator: Callable[[K, Any, V], V | None],
        merger: Callable[[K, V, V], V],
    ) -> SessionFold:
        """A function that folds one value into a session, for the hot path: the same as `find` and `replace`.

        The initializer's value is merged with each session that is not more than the gap away, then aggregated.
        """
        ...


class VersionedStore(Store, Protocol[K_contra, V]):
    """A versioned key-value store (KIP-889)."""

    def get(self, key: K_contra) -> VersionedRecord[V] | None:
        """The latest version, None if there is none or it is a tombstone."""
        ...

    def get_as_of(self, key: K_contra, timestamp: int) -> VersionedRecord[V] | None:
        """The version that was valid at a time; None also when that time is out of history."""
        ...

    def put(self, key: K_contra, value: V | None, timestamp: int) -> int:
        """Adds a version. Returns NOT_PUT, VALID_TO_UNDEFINED (it is the latest) or the time until which it is valid."""
        ...

    def delete(self, key: K_contra, timestamp: int) -> VersionedRecord[V] | None:
        """Puts a tombstone; returns the version valid at that time before."""
        ...


NOT_PUT = -(2**63)
"""Returned by `put` of a versioned store: the value is older than the history that is kept, and was dropped."""

VALID_TO_UNDEFINED = -1
"""Returned by `put` of a versioned store: the value is the latest version; none follows it."""
