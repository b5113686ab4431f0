"""Window stores that keep several values for one key and time: the two sides of a stream join."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Iterator
from itertools import islice
from typing import Any, TypeVar

from headrace.core.records import NO_HEADERS, Headers
from headrace.state.api import StoreContext
from headrace.state.keys import LARGEST_TIME, window_tail
from headrace.state.memory import AverageSize
from headrace.state.spec import StoreSpec
from headrace.state.window import WindowTable
from headrace.state.write_back import ReadThrough, identity

K = TypeVar("K")
V = TypeVar("V")

_SEQUENCE_MASK = 0x7FFFFFFF

Stored = tuple[int, int, bytes]
"""Start, sequence number and engine value."""


class JoinWindowTable(WindowTable[K, V]):
    """A window store with `retain_duplicates`. Puts are written and logged at once; reads of one key need no scan.

    All live entries of a key are held as bytes once the key was asked for, and decoded anew for each read, so that nothing
    that was handed out is shared.
    """

    def __init__(self, spec: StoreSpec, context: StoreContext, *, timestamped: bool) -> None:
        super().__init__(spec, context, timestamped=timestamped)
        exact = spec.key_format.exact
        self._to_bytes: Callable[[Any], bytes] = self._encode_key if exact else identity
        self._to_cache_key: Callable[[Any], Any] = identity if exact else self._encode_key
        self._by_key: ReadThrough[Hashable, list[Stored]] = ReadThrough(self._load)
        self._average = AverageSize()
        self._held = 0
        self._sequence: int | None = None

    def _load(self, cache_key: Any) -> list[Stored]:
        entries = [
            (start, sequence, data)
            for start, sequence, data in self._fetch_bytes(self._to_bytes(cache_key), 0, LARGEST_TIME, reverse=False)
        ]
        self._by_key[cache_key] = entries
        self._held += 1 + len(entries)
        return entries

    def _next_sequence(self) -> int:
        """Counts the puts of the store's life from 1, as Java does; goes on above what is there after a restart."""
        if self._sequence is None:
            used = (int.from_bytes(key[-4:], "big") for key, _ in self._overlay.scan(None, None))
            self._sequence = max(used, default=0)
        self._sequence = (self._sequence + 1) & _SEQUENCE_MASK
        return self._sequence

    def put(self, key: K, start: int, value: V | None, timestamp: int, headers: Headers = NO_HEADERS) -> None:
        """Adds an entry; None does nothing."""
        if start > self._stream_time:
            self._stream_time_is(start)
        elif start <= self._expired:
            return
        if value is None:
            return
        sequence, value_bytes = self._next_sequence(), self._encode_value(value)
        self._write(self._encode_key(key) + window_tail(start, sequence), start, value_bytes, timestamp)
        held = self._by_key.get(self._to_cache_key(key))
        if held is not None:
            self._average.add(len(value_bytes))
            self._held += 1
            insort(held, (start, sequence, self._pack(value_bytes, timestamp)))

    def get(self, key: K, start: int) -> tuple[V, int] | None:
        """The first entry of one time."""
        return next(((value, timestamp) for _, value, timestamp in self.fetch(key, start, start)), None)

    def fetch(self, key: K, start: int, end: int, *, reverse: bool = False) -> Iterator[tuple[int, V, int]]:
        """(window start, value, timestamp) of one key for start <= window start <= end, ascending or reversed."""
        held = self._by_key[self._to_cache_key(key)]
        if not held:
            return iter(())
        if held[0][0] <= self._expired:
            dead = bisect_left(held, (self._expired + 1,))
            self._held -= dead
            del held[:dead]
        decode = self._decode_entry
        within = held[bisect_left(held, (start,)) : bisect_left(held, (end + 1,))]
        found = [(at, *decode(data)) for at, _, data in within]
        if reverse:
            found.reverse()
        return iter(found)

    def close(self) -> None:
        """Closes the engine."""
        super().close()
        self._by_key.clear()

    def _reread(self) -> None:
        super()._reread()
        self._by_key.clear()
        self._held = 0
        self._sequence = None

    def memory_bytes(self) -> int:
        """About how much memory changes and held entries take."""
        return super().memory_bytes() + self._average.encoded_bytes(self._held)

    def release(self, share: float) -> None:
        """Forgets about this share of the keys, the oldest first."""
        for cache_key in list(islice(self._by_key, int(len(self._by_key) * share) + 1)):
            self._held -= 1 + len(self._by_key.pop(cache_key))
