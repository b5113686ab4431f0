"""Updates of a table that are held back by time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, Generic, TypeVar

from headrace.core.errors import StateError
from headrace.core.records import NO_HEADERS, Headers, RecordMetadata
from headrace.state.api import RestoreRecord, StoreContext
from headrace.state.buffer_api import BufferedChange
from headrace.state.buffer_value import NOWHERE, BufferValue, decode_buffer_value
from headrace.state.spec import StoreSpec
from headrace.state.store import EngineStore

K = TypeVar("K")
V = TypeVar("V")

_CHANGELOG_HEADERS: Headers = (("v", b"\x03"),)


@dataclass(slots=True)
class _Held:
    """One key's update. `size` is 0 until somebody asks for the size of the buffer."""

    key: Any
    buffer_time: int
    prior: Any
    new: Any
    old: Any
    timestamp: int
    headers: Headers
    metadata: RecordMetadata
    size: int = 0


class SuppressTable(EngineStore, Generic[K, V]):
    """A buffer in memory, decoded, ordered by buffer time and key bytes; overlay and changelog follow at the flush.

    The changelog's value is Java's: the last record with its origin, prior, old and new value, and the buffer time.
    """

    def __init__(self, spec: StoreSpec, context: StoreContext) -> None:
        super().__init__(spec, context, timestamped=False)
        self._held: dict[bytes, _Held] = {}
        self._order: list[tuple[int, bytes]] = []
        self._dirty: dict[bytes, None] = {}
        self._below: set[bytes] = set()
        self._unsized: dict[bytes, _Held] = {}
        self._size = 0
        self._reread()

    @property
    def count(self) -> int:
        """How many keys are held."""
        return len(self._held)

    @property
    def size_bytes(self) -> int:
        """How many bytes they take, counted as Kafka Streams does: encoded, without the overhead of Python."""
        for key_bytes, held in self._unsized.items():
            held.size = 8 + len(key_bytes) + self._encoded(held).size_bytes()
            self._size += held.size
        self._unsized.clear()
        return self._size

    @property
    def earliest_time(self) -> int | None:
        """The buffer time of the oldest, or None."""
        order = self._order
        while order:
            buffer_time, key_bytes = order[0]
            held = self._held.get(key_bytes)
            if held is not None and held.buffer_time == buffer_time:
                return buffer_time
            heappop(order)  # of a key that a restored tombstone has taken away
        return None

    def put(
        self,
        buffer_time: int,
        key: K,
        new: V | None,
        old: V | None,
        timestamp: int,
        headers: Headers,
        metadata: RecordMetadata | None = None,
    ) -> None:
        """Buffers an update; a key that is there keeps its buffer time and its prior value, the first `old`."""
        key_bytes = self._encode_key(key)
        self._stream_time = max(self._stream_time, timestamp)
        held = self._held.get(key_bytes)
        if held is None:
            held = _Held(key, buffer_time, old, new, old, timestamp, headers, metadata or NOWHERE)
            self._held[key_bytes] = held
            heappush(self._order, (buffer_time, key_bytes))
        else:
            self._size -= held.size
            held.size = 0
            held.new, held.old, held.timestamp, held.headers = new, old, timestamp, headers
            held.metadata = metadata or NOWHERE
        self._unsized[key_bytes] = held
        self._dirty[key_bytes] = None

    def find(self, key: K) -> BufferedChange[K, V] | None:
        """The buffered update of a key; its `old` is the prior value."""
        held = self._held.get(self._encode_key(key))
        if held is None:
            return None
        return BufferedChange(held.key, held.new, held.prior, held.timestamp, held.headers, held.buffer_time)

    def evict_while(self, predicate: Callable[[], bool]) -> Iterator[BufferedChange[K, V]]:
        """Removes and yields the oldest entries for as long as the predicate, asked before each, holds."""
        while self.earliest_time is not None and predicate():
            buffer_time, key_bytes = heappop(self._order)
            held = self._held.pop(key_bytes)
            self._unsized.pop(key_bytes, None)
            self._size -= held.size
            self._dirty[key_bytes] = None
            yield BufferedChange(held.key, held.new, held.old, held.timestamp, held.headers, buffer_time)

    def flush(self) -> None:
        """Logs what changed since the last flush, each key once; a key that came and went leaves nothing."""
        for key_bytes in self._dirty:
            held = self._held.get(key_bytes)
            if held is not None:
                data = self._encoded(held).encode(held.buffer_time)
                self._below.add(key_bytes)
                self._overlay.put(key_bytes, data)
                self._log(key_bytes, data, held.timestamp, _CHANGELOG_HEADERS)
            elif key_bytes in self._below:
                self._below.discard(key_bytes)
                self._overlay.put(key_bytes, None)
                self._log(key_bytes, None, self._stream_time, NO_HEADERS)
        self._dirty.clear()

    def _unflushed(self) -> bool:
        return bool(self._dirty)

    def _encoded(self, held: _Held) -> BufferValue:
        encode = self._encode_value
        prior, old, new = (None if value is None else encode(value) for value in (held.prior, held.old, held.new))
        return BufferValue(prior, old, new, held.timestamp, held.headers, held.metadata)

    def _take(self, key_bytes: bytes, data: bytes) -> None:
        """Puts what was read from the engine into the buffer."""
        value, buffer_time = decode_buffer_value(data)
        decode = self._codec.decode_value
        prior, old, new = (None if part is None else decode(part) for part in (value.prior, value.old, value.new))
        key = self._decode_key(key_bytes)
        held = _Held(key, buffer_time, prior, new, old, value.timestamp, value.headers, value.metadata)
        before = self._held.get(key_bytes)
        self._size -= 0 if before is None else before.size
        self._held[key_bytes] = self._unsized[key_bytes] = held
        self._order.append((buffer_time, key_bytes))
        self._below.add(key_bytes)
        self._stream_time = max(self._stream_time, value.timestamp)

    def _reread(self) -> None:
        for held in (self._held, self._order, self._dirty, self._below, self._unsized):
            held.clear()
        self._size = 0
        stream_time = self._stream_time
        for key_bytes, data in self._overlay.scan(None, None):
            self._take(key_bytes, data)
        self._stream_time = stream_time
        heapify(self._order)

    def restore(self, records: Sequence[RestoreRecord], position: int) -> None:
        """Applies changelog records.

        Raises:
            StateError: A record was written by Kafka Streams before 2.6, in another format.
        """
        self._overlay.engine.write([self._checked(record) for record in records], position)
        for record in records:
            if record.value is not None:
                self._take(record.key, record.value)
            elif (held := self._held.pop(record.key, None)) is not None:
                self._size -= held.size
                self._unsized.pop(record.key, None)
                self._below.discard(record.key)
        heapify(self._order)
        self._committed_stream_time = max(self._committed_stream_time, self._stream_time)

    def _checked(self, record: RestoreRecord) -> tuple[bytes, bytes | None]:
        if record.value is not None and _CHANGELOG_HEADERS[0] not in record.headers:
            message = f"the changelog of suppress buffer {self.name!r} has a record that is not of format 3"
            raise StateError(message, hint="drain the buffer with the version that wrote it, or reset the application")
        return record.key, record.value
