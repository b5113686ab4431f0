"""Window stores without a cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from headrace.core.records import NO_HEADERS, Headers
from headrace.core.windows import Windowed
from headrace.state.api import Fold, RestoreRecord, StoreContext
from headrace.state.keys import LARGEST_TIME, after_prefix, read_time, time_bytes, window_tail
from headrace.state.segments import Segments
from headrace.state.spec import StoreSpec
from headrace.state.store import EngineStore

K = TypeVar("K")
V = TypeVar("V")

_TAIL = 12
_SEGMENT = 8
_ABOVE_SEQUENCES = b"\xff" * 5


class WindowTable(EngineStore, Generic[K, V]):
    """Windows of keys. Changelog keys are `key + start (8) + sequence (4)`; engine keys have the segment (8) in front.

    A window expires when its start <= stream time - retention: reads hide it at once, and at a commit whole segments are
    dropped. Sequence numbers are 0 here; see `JoinWindowTable` for others.
    """

    def __init__(self, spec: StoreSpec, context: StoreContext, *, timestamped: bool) -> None:
        super().__init__(spec, context, timestamped=timestamped)
        self._retention = spec.retention_ms
        self._size = spec.window_size_ms
        self._segments = Segments(spec.retention_ms, self._overlay.engine)
        self._expired = self._stream_time - self._retention

    def _stream_time_is(self, stream_time: int) -> None:
        self._stream_time = stream_time
        self._expired = stream_time - self._retention

    def _end(self, start: int) -> int:
        return min(start + self._size, LARGEST_TIME)

    def get(self, key: K, start: int) -> tuple[V, int] | None:
        """Value and timestamp of one window."""
        if start <= self._expired:
            return None
        data = self._overlay.get(self._segments.prefix(start) + self._encode_key(key) + window_tail(start))
        return None if data is None else self._decode_entry(data)

    def put(self, key: K, start: int, value: V | None, timestamp: int, headers: Headers = NO_HEADERS) -> None:
        """Sets or (None) deletes one window."""
        if start > self._stream_time:
            self._stream_time_is(start)
        elif start <= self._expired:
            return
        value_bytes = None if value is None else self._encode_value(value)
        self._write(self._encode_key(key) + window_tail(start), start, value_bytes, timestamp)

    def folder(self, initializer: Callable[[], V], aggregator: Callable[[K, Any, V], V | None]) -> Fold:
        """A function that folds one value into one window."""
        get, put = self.get, self.put

        def fold(key: K, value: Any, timestamp: int, headers: Headers, start: int) -> None:
            found = get(key, start)
            if found is None:
                put(key, start, aggregator(key, value, initializer()), timestamp, headers)
                return
            aggregate, newest = found
            put(key, start, aggregator(key, value, aggregate), max(timestamp, newest), headers)

        return fold

    def _write(self, log_key: bytes, start: int, value: bytes | None, timestamp: int) -> None:
        engine_key = self._segments.prefix_for_put(start) + log_key
        self._overlay.put(engine_key, None if value is None else self._pack(value, timestamp))
        self._log(log_key, value, timestamp, NO_HEADERS)

    def fetch(self, key: K, start: int, end: int, *, reverse: bool = False) -> Iterator[tuple[int, V, int]]:
        """(window start, value, timestamp) of one key for start <= window start <= end, ascending or reversed."""
        decode_entry = self._decode_entry
        for found, _, data in self._fetch_bytes(self._encode_key(key), start, end, reverse=reverse):
            value, timestamp = decode_entry(data)
            yield found, value, timestamp

    def _fetch_bytes(self, key: bytes, start: int, end: int, *, reverse: bool) -> Iterator[tuple[int, int, bytes]]:
        """(start, sequence, engine value) of one key."""
        low, high = self._bounds(start, end)
        length = _SEGMENT + len(key) + _TAIL
        low_tail, high_tail = key + time_bytes(low), key + time_bytes(high) + _ABOVE_SEQUENCES
        for prefix in self._segments.between(low, high, reverse=reverse):
            for found, data in self._overlay.scan(prefix + low_tail, prefix + high_tail, reverse=reverse):
                if len(found) == length:  # else a longer or shorter key whose bytes fall in between
                    yield read_time(found, -_TAIL), int.from_bytes(found[-4:], "big"), data

    def fetch_keys(
        self, low: K | None, high: K | None, start: int, end: int, *, reverse: bool = False
    ) -> Iterator[tuple[Windowed[K], V, int]]:
        """The same over a range of keys, both inclusive, None is open, by key then start."""
        low_bytes = b"" if low is None else self._encode_key(low)
        high_bytes = None if high is None else self._encode_key(high)
        found = [
            entry
            for entry in self._found(low_bytes, start, end)
            if entry[0] >= low_bytes and (high_bytes is None or entry[0] <= high_bytes)
        ]
        found.sort(key=lambda entry: entry[:3], reverse=reverse)
        return map(self._windowed, found)

    def fetch_all(self, start: int, end: int, *, reverse: bool = False) -> Iterator[tuple[Windowed[K], V, int]]:
        """The same over all keys, by window start then key."""
        low, high = self._bounds(start, end)
        for prefix in self._segments.between(low, high, reverse=reverse):
            found = list(self._in_segment(prefix, b"", low, high))
            found.sort(key=lambda entry: (entry[1], entry[0], entry[2]), reverse=reverse)
            yield from map(self._windowed, found)

    def all(self, *, reverse: bool = False) -> Iterator[tuple[Windowed[K], V, int]]:
        """Everything not expired, by window start then key."""
        return self.fetch_all(0, LARGEST_TIME, reverse=reverse)

    def _bounds(self, start: int, end: int) -> tuple[int, int]:
        return max(start, self._expired + 1, 0), min(end, LARGEST_TIME)

    def _found(self, low_key: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int, bytes]]:
        low, high = self._bounds(start, end)
        for prefix in self._segments.between(low, high):
            yield from self._in_segment(prefix, low_key, low, high)

    def _in_segment(self, prefix: bytes, low_key: bytes, low: int, high: int) -> Iterator[tuple[bytes, int, int, bytes]]:
        """(key, start, sequence, engine value) of the windows of a segment that start within bounds."""
        for found, data in self._overlay.scan(prefix + low_key, after_prefix(prefix)):
            start = read_time(found, -_TAIL)
            if low <= start <= high:
                yield found[_SEGMENT:-_TAIL], start, int.from_bytes(found[-4:], "big"), data

    def _windowed(self, entry: tuple[bytes, int, int, bytes]) -> tuple[Windowed[Any], Any, int]:
        key, start, _, data = entry
        value, timestamp = self._decode_entry(data)
        return Windowed(self._decode_key(key), start, self._end(start)), value, timestamp

    def _dropped_ranges(self) -> Sequence[tuple[bytes, bytes]]:
        return self._segments.drop_before(self._expired + 1)

    def _restored(self, records: Sequence[RestoreRecord]) -> list[tuple[bytes, bytes | None]]:
        changes = map(self._restored_one, records)
        return [change for change in changes if change is not None]

    def _restored_one(self, record: RestoreRecord) -> tuple[bytes, bytes | None] | None:
        start = read_time(record.key, -_TAIL)
        if start > self._stream_time:
            self._stream_time_is(start)
        elif start <= self._expired:
            return None
        value = None if record.value is None else self._pack(record.value, record.timestamp)
        return self._segments.prefix_for_put(start) + record.key, value

    def _reread(self) -> None:
        self._segments.reread(self._overlay.engine)
