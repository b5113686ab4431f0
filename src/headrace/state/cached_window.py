"""Window stores whose updates are held back, decoded, until the flush."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any, TypeVar

from headrace.core.records import NO_HEADERS, Headers
from headrace.core.windows import Windowed
from headrace.state.api import FlushListener, Fold, StoreContext
from headrace.state.keys import LARGEST_TIME, window_tail
from headrace.state.spec import StoreSpec
from headrace.state.window import WindowTable
from headrace.state.write_back import CacheBelow, Deleted, ReadThrough, WriteBackCache, identity

K = TypeVar("K")
V = TypeVar("V")


class CachedWindowTable(WindowTable[K, V]):
    """A window store over a `WriteBackCache` for each window, by its start.

    Grouped like this a read needs no compound key, and a window that expired goes as a whole. From the first `fetch` on, the
    store also knows the starts of all live windows of each key that is used, so that fetches need no scan (sliding windows).
    """

    cached = True

    def __init__(self, spec: StoreSpec, context: StoreContext, *, timestamped: bool) -> None:
        super().__init__(spec, context, timestamped=timestamped)
        self._exact = exact = spec.key_format.exact
        self._below = CacheBelow(self._overlay, self._codec, self._changelog)
        self._to_bytes: Callable[[Any], bytes] = self._encode_key if exact else identity
        self._to_key: Callable[[Any], Any] = identity if exact else self._decode_key
        self._windows: ReadThrough[int, WriteBackCache] = ReadThrough(self._window)
        self._starts: ReadThrough[Hashable, list[int]] = ReadThrough(self._load_starts)
        self._indexed = False
        self._entries_per_window = 1
        self._expired_updates: list[tuple[Windowed[K], V | None, int, Headers]] = []
        if not exact:
            self.get = self._get_by_bytes  # type: ignore[method-assign]
            self.put = self._put_by_bytes  # type: ignore[method-assign]

    def _window(self, start: int) -> WriteBackCache:
        prefix, tail = self._segments.prefix(start), window_tail(start)
        to_bytes = self._to_bytes
        window = self._windows[start] = WriteBackCache(
            self._below,
            lambda cache_key: prefix + to_bytes(cache_key) + tail,
            len(prefix),
            partial(self._hand_out, start),
        )
        return window

    def _load_starts(self, cache_key: Any) -> list[int]:
        starts = []
        for start, _, data in self._fetch_bytes(self._to_bytes(cache_key), 0, LARGEST_TIME, reverse=False):
            starts.append(start)
            self._windows[start].keep(cache_key, data)
        self._starts[cache_key] = starts
        return starts

    def _add_start(self, cache_key: Any, start: int) -> None:
        starts = self._starts[cache_key]
        if not starts or start > starts[-1]:
            starts.append(start)
        elif starts[at := bisect_left(starts, start)] != start:
            starts.insert(at, start)

    def get(self, key: K, start: int) -> tuple[V, int] | None:
        """Value and timestamp of one window."""
        if start <= self._expired:
            return None
        return self._windows[start].entries[key]

    def put(self, key: K, start: int, value: V | None, timestamp: int, headers: Headers = NO_HEADERS) -> None:
        """Sets or (None) deletes one window."""
        if start > self._stream_time:
            self._stream_time_is(start)
        elif start <= self._expired:
            self._expired_updates.append((Windowed(key, start, self._end(start)), value, timestamp, headers))
            return
        window = self._windows[start]
        if value is None:
            window.entries[key] = None
            window.dirty[key] = Deleted(timestamp, headers)
        else:
            window.entries[key] = (value, timestamp)
            window.dirty[key] = headers
            if self._indexed:
                self._add_start(key, start)

    def folder(self, initializer: Callable[[], V], aggregator: Callable[[K, Any, V], V | None]) -> Fold:
        """A function that folds one value into one window, without a frame of its own for reading and writing."""
        if not self._exact:
            return super().folder(initializer, aggregator)
        windows = self._windows

        def fold(key: Any, value: Any, timestamp: int, headers: Headers, start: int) -> None:
            if start > self._stream_time:
                self._stream_time_is(start)
            elif start <= self._expired:
                self.put(key, start, aggregator(key, value, initializer()), timestamp, headers)
                return
            window = windows[start]
            entries = window.entries
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
                window.dirty[key] = Deleted(timestamp, headers)
            else:
                entries[key] = (aggregate, timestamp)
                window.dirty[key] = headers
                if self._indexed:
                    self._add_start(key, start)

        return fold

    def get_flushed(self, key: K, start: int) -> tuple[V, int] | None:
        """Value and timestamp of one window as of the last flush."""
        if start <= self._expired:
            return None
        return self._windows[start].flushed(key if self._exact else self._encode_key(key))

    def _get_by_bytes(self, key: K, start: int) -> tuple[V, int] | None:
        if start <= self._expired:
            return None
        return self._windows[start].entries[self._encode_key(key)]

    def _put_by_bytes(self, key: K, start: int, value: V | None, timestamp: int, headers: Headers = NO_HEADERS) -> None:
        if start > self._stream_time:
            self._stream_time_is(start)
        elif start <= self._expired:
            self._expired_updates.append((Windowed(key, start, self._end(start)), value, timestamp, headers))
            return
        window, key_bytes = self._windows[start], self._encode_key(key)
        if value is None:
            window.entries[key_bytes] = None
            window.dirty[key_bytes] = Deleted(timestamp, headers)
        else:
            window.entries[key_bytes] = (value, timestamp)
            window.dirty[key_bytes] = headers
            if self._indexed:
                self._add_start(key_bytes, start)

    def set_flush_listener(self, listener: FlushListener, *, send_old: bool) -> bool:
        """Takes the listener."""
        self._below.send_old = send_old
        return super().set_flush_listener(listener, send_old=send_old)

    def flush(self) -> None:
        """Encodes, logs and hands out each changed window of a key once: by start, then by first change.

        Windows that expired since they were put are handed out and logged like all others, and not cached any longer. Those
        that had expired before are only handed out, as they would be without a cache.
        """
        while changed := sorted(start for start, window in self._windows.items() if window.changed):
            for start in changed:
                self._segments.prefix_for_put(start)
                self._windows[start].flush()
        for start in [start for start in self._windows if start <= self._expired]:
            del self._windows[start]
        late, self._expired_updates = self._expired_updates, []
        for windowed, value, timestamp, headers in late:
            if self._listener is not None:
                self._listener(windowed, value, None, timestamp, headers)
        self._entries_per_window = 1 + sum(map(len, self._windows.values())) // (len(self._windows) or 1)

    def _hand_out(self, start: int, cache_key: Hashable, value: Any, old: Any, timestamp: int, headers: Headers) -> None:
        if self._listener is not None:
            windowed = Windowed(self._to_key(cache_key), start, self._end(start))
            self._listener(windowed, value, old, timestamp, headers)

    def _sync(self) -> None:
        for start, window in list(self._windows.items()):
            if window.dirty:
                self._segments.prefix_for_put(start)
                window.sync()

    def fetch(self, key: K, start: int, end: int, *, reverse: bool = False) -> Iterator[tuple[int, V, int]]:
        """(window start, value, timestamp) of one key for start <= window start <= end, ascending or reversed."""
        if not self._indexed:
            self._sync()
            self._indexed = True
        cache_key: Any = key if self._exact else self._encode_key(key)
        starts = self._starts[cache_key]
        if starts and starts[0] <= self._expired:
            del starts[: bisect_left(starts, self._expired + 1)]
        within = starts[bisect_left(starts, start) : bisect_left(starts, end + 1)]
        if reverse:
            within.reverse()
        windows = self._windows
        found = ((at, windows[at].entries[cache_key]) for at in within)
        return iter([(at, *entry) for at, entry in found if entry is not None])

    def fetch_keys(
        self, low: K | None, high: K | None, start: int, end: int, *, reverse: bool = False
    ) -> Iterator[tuple[Windowed[K], V, int]]:
        """The same over a range of keys, both inclusive, None is open, by key then start."""
        self._sync()
        return super().fetch_keys(low, high, start, end, reverse=reverse)

    def fetch_all(self, start: int, end: int, *, reverse: bool = False) -> Iterator[tuple[Windowed[K], V, int]]:
        """The same over all keys, by window start then key."""
        self._sync()
        return super().fetch_all(start, end, reverse=reverse)

    def _unflushed(self) -> bool:
        return any(window.changed for window in self._windows.values())

    def close(self) -> None:
        """Closes the engine; what was not flushed is forgotten."""
        super().close()
        self._below.overlay = self._overlay
        self._windows.clear()
        self._starts.clear()
        self._expired_updates.clear()

    def _reread(self) -> None:
        super()._reread()
        self._windows.clear()
        self._starts.clear()
        self._expired_updates.clear()

    def memory_bytes(self) -> int:
        """About how much memory changes and cached entries take."""
        entries = self._entries_per_window * len(self._windows)
        return super().memory_bytes() + self._below.average.decoded_bytes(entries)

    def release(self, share: float) -> None:
        """Drops about this share of the cached entries, oldest windows first."""
        if self._indexed:
            self._sync()
            self._starts.clear()
        wanted = int(sum(map(len, self._windows.values())) * share) + 1
        for start in sorted(self._windows):
            window = self._windows[start]
            wanted -= window.release(wanted)
            if not window and not window.changed:
                del self._windows[start]
            if wanted <= 0:
                return
