"""Session stores without a cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from headrace.core.records import NO_HEADERS, Headers
from headrace.core.windows import Windowed
from headrace.state.api import RestoreRecord, SessionFold, StoreContext
from headrace.state.keys import LARGEST_TIME, after_prefix, read_time, session_tail, time_bytes
from headrace.state.segments import Segments
from headrace.state.spec import StoreSpec
from headrace.state.store import EngineStore

K = TypeVar("K")
V = TypeVar("V")

_TAIL = 16
_SEGMENT = 8
_ABOVE_STARTS = b"\xff" * 9


class SessionTable(EngineStore, Generic[K, V]):
    """Sessions of keys. Changelog keys are `key + end (8) + start (8)`; engine keys have the segment of the end in front.

    A session expires when its end <= stream time - retention: reads hide it at once, and at a commit whole segments are
    dropped. Changelog records carry the session's end as their timestamp.
    """

    def __init__(self, spec: StoreSpec, context: StoreContext) -> None:
        super().__init__(spec, context, timestamped=False)
        self._retention = spec.retention_ms
        self._segments = Segments(spec.retention_ms, self._overlay.engine)
        self._decode_value = self._codec.decode_value
        self._expired = self._stream_time - self._retention

    def _stream_time_is(self, stream_time: int) -> None:
        self._stream_time = stream_time
        self._expired = stream_time - self._retention

    def find(self, key: K, earliest_end: int, latest_start: int, *, reverse: bool = False) -> Iterator[tuple[int, int, V]]:
        """(start, end, value) of the sessions of one key with end >= earliest_end and start <= latest_start."""
        decode = self._decode_value
        found = self._find_bytes(self._encode_key(key), earliest_end, latest_start, reverse=reverse)
        return ((start, end, decode(data)) for start, end, data in found)

    def _find_bytes(
        self, key: bytes, earliest_end: int, latest_start: int, *, reverse: bool
    ) -> Iterator[tuple[int, int, bytes]]:
        low = max(earliest_end, self._expired + 1, 0)
        length = _SEGMENT + len(key) + _TAIL
        low_tail, high_tail = key + time_bytes(min(low, LARGEST_TIME)), key + time_bytes(LARGEST_TIME) + _ABOVE_STARTS
        for prefix in self._segments.between(low, LARGEST_TIME, reverse=reverse):
            for found, data in self._overlay.scan(prefix + low_tail, prefix + high_tail, reverse=reverse):
                start = read_time(found, -8)
                if start <= latest_start and len(found) == length:  # else a key whose bytes fall in between
                    yield start, read_time(found, -_TAIL), data

    def find_keys(
        self, low: K | None, high: K | None, earliest_end: int, latest_start: int, *, reverse: bool = False
    ) -> Iterator[tuple[Windowed[K], V]]:
        """The same over a range of keys, both inclusive, None is open, by end, then start, then key."""
        low_bytes = b"" if low is None else self._encode_key(low)
        high_bytes = None if high is None else self._encode_key(high)
        found = [
            entry
            for entry in self._ended_between(low_bytes, earliest_end, LARGEST_TIME)
            if entry[2] <= latest_start and entry[1] >= low_bytes and (high_bytes is None or entry[1] <= high_bytes)
        ]
        found.sort(key=lambda entry: (entry[0], entry[2], entry[1]), reverse=reverse)
        return map(self._windowed, found)

    def ended_between(self, earliest_end: int, latest_end: int) -> Iterator[tuple[Windowed[K], V]]:
        """Sessions of all keys whose end lies in the interval, both inclusive, by end, then key bytes."""
        found = list(self._ended_between(b"", earliest_end, latest_end))
        found.sort(key=lambda entry: entry[:3])
        return map(self._windowed, found)

    def _ended_between(self, low_key: bytes, earliest: int, latest: int) -> Iterator[tuple[int, bytes, int, bytes]]:
        """(end, key, start, engine value), in no useful order."""
        low = max(earliest, self._expired + 1, 0)
        for prefix in self._segments.between(low, latest):
            for found, data in self._overlay.scan(prefix + low_key, after_prefix(prefix)):
                end = read_time(found, -_TAIL)
                if low <= end <= latest:
                    yield end, found[_SEGMENT:-_TAIL], read_time(found, -8), data

    def _windowed(self, entry: tuple[int, bytes, int, bytes]) -> tuple[Windowed[Any], Any]:
        end, key, start, data = entry
        return Windowed(self._decode_key(key), start, end), self._decode_value(data)

    def get(self, key: K, start: int, end: int) -> V | None:
        """One session."""
        if end <= self._expired:
            return None
        data = self._overlay.get(self._segments.prefix(end) + self._encode_key(key) + session_tail(start, end))
        return None if data is None else self._decode_value(data)

    def put(self, key: K, start: int, end: int, value: V | None, headers: Headers = NO_HEADERS) -> None:
        """Sets or (None) removes one session."""
        if end > self._stream_time:
            self._stream_time_is(end)
        elif end <= self._expired:
            return
        log_key = self._encode_key(key) + session_tail(start, end)
        self._write(log_key, end, None if value is None else self._encode_value(value))

    def replace(
        self,
        key: K,
        found: Sequence[tuple[int, int, V]],
        start: int,
        end: int,
        value: V | None,
        headers: Headers = NO_HEADERS,
    ) -> None:
        """Puts one session in place of those that `find` gave last for the key."""
        for found_start, found_end, _ in found:
            if found_start != start or found_end != end:
                self.put(key, found_start, found_end, None, headers)
        self.put(key, start, end, value, headers)

    def folder(
        self,
        gap_ms: int,
        initializer: Callable[[], V],
        aggregator: Callable[[K, Any, V], V | None],
        merger: Callable[[K, V, V], V],
    ) -> SessionFold:
        """A function that folds one value into a session."""
        find, replace = self.find, self.replace

        def fold(key: K, value: Any, timestamp: int, headers: Headers, earliest_end: int) -> bool:
            sessions = list(find(key, timestamp - gap_ms, timestamp + gap_ms))
            start = min([timestamp, *(session[0] for session in sessions)])
            end = max([timestamp, *(session[1] for session in sessions)])
            if end < earliest_end:
                return False
            aggregate = initializer()
            for _, _, other in sessions:
                aggregate = merger(key, aggregate, other)
            replace(key, sessions, start, end, aggregator(key, value, aggregate), headers)
            return True

        return fold

    def _write(self, log_key: bytes, end: int, value: bytes | None) -> None:
        self._overlay.put(self._segments.prefix_for_put(end) + log_key, value)
        self._log(log_key, value, end, NO_HEADERS)

    def _dropped_ranges(self) -> Sequence[tuple[bytes, bytes]]:
        return self._segments.drop_before(self._expired + 1)

    def _restored(self, records: Sequence[RestoreRecord]) -> list[tuple[bytes, bytes | None]]:
        changes = map(self._restored_one, records)
        return [change for change in changes if change is not None]

    def _restored_one(self, record: RestoreRecord) -> tuple[bytes, bytes | None] | None:
        end = read_time(record.key, -_TAIL)
        if end > self._stream_time:
            self._stream_time_is(end)
        elif end <= self._expired:
            return None
        return self._segments.prefix_for_put(end) + record.key, record.value

    def _reread(self) -> None:
        self._segments.reread(self._overlay.engine)
