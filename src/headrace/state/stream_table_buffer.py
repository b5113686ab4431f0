"""Stream records of a stream-table join with grace, waiting for their time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from headrace.core.records import NO_HEADERS, Headers
from headrace.state.api import RestoreRecord, StoreContext
from headrace.state.buffer_value import BufferValue, decode_buffer_value
from headrace.state.keys import read_time, time_bytes
from headrace.state.spec import StoreSpec
from headrace.state.store import EngineStore

K = TypeVar("K")
V = TypeVar("V")

_TIME_FIRST = b"\x00"
_KEY_AT = 9
_SEQUENCE_MASK = 0x7FFFFFFF


class StreamTableTable(EngineStore, Generic[K, V]):
    """Records in the order of timestamp, key bytes and arrival. Each is written and logged at once.

    Keys are `0 (1) + timestamp (8) + key + sequence (4)` in engine and changelog, values those of Java's buffers. Only the keys
    are held in memory.
    """

    def __init__(self, spec: StoreSpec, context: StoreContext) -> None:
        super().__init__(spec, context, timestamped=False)
        self._order: list[bytes] = []
        self._sequence = 0
        self._reread()

    def put(self, key: K, value: V, timestamp: int, headers: Headers) -> None:
        """Buffers a record."""
        self._stream_time = max(self._stream_time, timestamp)
        self._sequence = (self._sequence + 1) & _SEQUENCE_MASK
        sequence = self._sequence.to_bytes(4, "big")
        buffer_key = _TIME_FIRST + time_bytes(timestamp) + self._encode_key(key) + sequence
        data = BufferValue(None, None, self._encode_value(value), timestamp, headers).encode(0)
        heappush(self._order, buffer_key)
        self._overlay.put(buffer_key, data)
        self._log(buffer_key, data, timestamp, NO_HEADERS)

    def evict_until(self, timestamp: int) -> Iterator[tuple[K, V, int, Headers]]:
        """Removes and yields all records with a timestamp <= the given one, in order."""
        order = self._order
        while order and (record_time := read_time(order[0], 1)) <= timestamp:
            buffer_key = heappop(order)
            data = self._overlay.get(buffer_key)
            if data is None:
                continue  # a restored tombstone has taken it away
            self._overlay.put(buffer_key, None)
            self._log(buffer_key, None, record_time, NO_HEADERS)
            value, _ = decode_buffer_value(data)
            assert value.new is not None
            key = self._decode_key(buffer_key[_KEY_AT:-4])
            yield key, self._codec.decode_value(value.new), record_time, value.headers

    def _take(self, buffer_key: bytes) -> None:
        self._order.append(buffer_key)
        self._sequence = max(self._sequence, int.from_bytes(buffer_key[-4:], "big"))

    def _reread(self) -> None:
        self._order.clear()
        for buffer_key, _ in self._overlay.scan(None, None):
            self._take(buffer_key)

    def restore(self, records: Sequence[RestoreRecord], position: int) -> None:
        """Applies changelog records below the overlay."""
        self._overlay.engine.write([(record.key, record.value) for record in records], position)
        for record in records:
            if record.value is not None:
                self._take(record.key)
                self._stream_time = max(self._stream_time, read_time(record.key, 1))
        heapify(self._order)
        self._committed_stream_time = max(self._committed_stream_time, self._stream_time)
