"""Unjoined records of left and outer stream joins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from headrace.core.records import NO_HEADERS
from headrace.state.api import RestoreRecord, StoreContext
from headrace.state.codecs import guarded_decoder, guarded_encoder
from headrace.state.keys import read_time, time_bytes
from headrace.state.sorted_map import SortedMap
from headrace.state.spec import StoreSpec
from headrace.state.store import EngineStore

K = TypeVar("K")
V = TypeVar("V")

_LEFT = b"\x01"
_RIGHT = b"\x00"
_LIST_OF_SIZED = b"\x01"
"""How Kafka's list serializer marks entries that each have their length in front."""


class OuterJoinTable(EngineStore, Generic[K, V]):
    """Lists of values by time, side and key, in that order (of bytes: the right side comes first). Only keys are in memory.

    Keys are `timestamp (8) + side (1 is left) + key`, values a list of `side (1) + value`, in engine and changelog.
    """

    def __init__(self, spec: StoreSpec, context: StoreContext) -> None:
        super().__init__(spec, context, timestamped=False)
        topic, right = f"{spec.name}-changelog", spec.right_value_format or spec.value_format
        what = f"a right value of store {spec.name!r}"
        self._encode_right = guarded_encoder(right.encoder(topic, is_key=False), what)
        self._decode_right = guarded_decoder(right.decoder(topic, is_key=False), what)
        self._keys: SortedMap[bool] = SortedMap()
        self._reread()

    def _buffer_key(self, timestamp: int, is_left: bool, key: K) -> bytes:
        return time_bytes(timestamp) + (_LEFT if is_left else _RIGHT) + self._encode_key(key)

    def add(self, timestamp: int, is_left: bool, key: K, value: V) -> None:
        """Adds a record that has not joined yet."""
        self._stream_time = max(self._stream_time, timestamp)
        buffer_key = self._buffer_key(timestamp, is_left, key)
        entry = _LEFT + self._encode_value(value) if is_left else _RIGHT + self._encode_right(value)
        before = self._overlay.get(buffer_key) if buffer_key in self._keys.data else None
        data = appended(before, entry)
        self._keys.put(buffer_key, True)
        self._overlay.put(buffer_key, data)
        self._log(buffer_key, data, timestamp, NO_HEADERS)

    def remove(self, timestamp: int, is_left: bool, key: K) -> bool:
        """Removes all records of that time, side and key; True if there were any."""
        buffer_key = self._buffer_key(timestamp, is_left, key)
        if buffer_key not in self._keys.data:
            return False
        self._keys.delete(buffer_key)
        self._overlay.put(buffer_key, None)
        self._log(buffer_key, None, timestamp, NO_HEADERS)
        return True

    def oldest(self) -> Iterator[tuple[int, bool, K, list[V]]]:
        """Entries in order; safe while entries already yielded are removed."""
        for buffer_key, _ in self._keys.scan(None, None):
            data = self._overlay.get(buffer_key)
            if data is not None:
                is_left = buffer_key[8:9] == _LEFT
                decode = self._codec.decode_value if is_left else self._decode_right
                values: list[Any] = [decode(entry[1:]) for entry in entries(data)]
                yield read_time(buffer_key, 0), is_left, self._decode_key(buffer_key[9:]), values

    def _reread(self) -> None:
        self._keys.clear()
        for buffer_key, _ in self._overlay.scan(None, None):
            self._keys.put(buffer_key, True)

    def restore(self, records: Sequence[RestoreRecord], position: int) -> None:
        """Applies changelog records below the overlay."""
        self._overlay.engine.write([(record.key, record.value) for record in records], position)
        for record in records:
            if record.value is None:
                self._keys.delete(record.key)
            else:
                self._keys.put(record.key, True)
                self._stream_time = max(self._stream_time, read_time(record.key, 0))
        self._committed_stream_time = max(self._committed_stream_time, self._stream_time)


def appended(data: bytes | None, entry: bytes) -> bytes:
    """The bytes of a list with one entry more; None is the empty list."""
    count = 0 if data is None else int.from_bytes(data[1:5], "big")
    before = b"" if data is None else data[5:]
    return b"".join((_LIST_OF_SIZED, (count + 1).to_bytes(4, "big"), before, len(entry).to_bytes(4, "big"), entry))


def entries(data: bytes) -> Iterator[bytes]:
    """The entries of a list."""
    at = 5
    for _ in range(int.from_bytes(data[1:5], "big")):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 4 + length]
        at += 4 + length
