"""Bytes of a buffered record in changelogs of suppress and stream-table buffers, as Kafka Streams writes them (version 3)."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from headrace.core.records import Headers, RecordMetadata

_CONTEXT = Struct(">qqi")
_INT = Struct(">i")
_TIME = Struct(">q")
_NULL = -1
_SAME_AS_PRIOR = -2

NOWHERE = RecordMetadata("", -1, -1)
"""Metadata of a record whose origin is not known."""


class BufferValue(NamedTuple):
    """A buffered update in bytes.

    Attributes:
        prior: The value before the first update that was buffered: what everything downstream still shows.
        old: The value before the last update.
        new: The value after it.
        timestamp: Timestamp of the last update's record.
        headers: Its headers.
        metadata: Where it was read from.
    """

    prior: bytes | None
    old: bytes | None
    new: bytes | None
    timestamp: int
    headers: Headers
    metadata: RecordMetadata = NOWHERE

    def encode(self, buffer_time: int) -> bytes:
        """The changelog's value."""
        topic = self.metadata.topic.encode()
        parts = [
            _CONTEXT.pack(self.timestamp, self.metadata.offset, len(topic)),
            topic,
            _INT.pack(self.metadata.partition),
            _INT.pack(len(self.headers)),
        ]
        for name, header in self.headers:
            parts += (_sized(name.encode()), _sized(header))
        same = self.old is not None and self.old == self.prior
        parts += (
            _sized(self.prior),
            _INT.pack(_SAME_AS_PRIOR) if same else _sized(self.old),
            _sized(self.new),
            _TIME.pack(buffer_time),
        )
        return b"".join(parts)

    def size_bytes(self) -> int:
        """Bytes it takes as Kafka Streams counts them; the buffer adds the key and 8 for the buffer time."""
        size = 20 + len(self.metadata.topic) + len(self.prior or b"") + len(self.new or b"")
        if self.old != self.prior:
            size += len(self.old or b"")
        return size + sum(len(name) + len(header or b"") for name, header in self.headers)


def decode_buffer_value(data: bytes) -> tuple[BufferValue, int]:
    """Value and buffer time.

    Raises:
        struct.error: The bytes end too early.
    """
    timestamp, offset, topic_length = _CONTEXT.unpack_from(data, 0)
    at = _CONTEXT.size + topic_length
    topic = data[_CONTEXT.size : at].decode()
    (partition,), (count,) = _INT.unpack_from(data, at), _INT.unpack_from(data, at + 4)
    at += 8
    headers = []
    for _ in range(count):
        name, at = _read_sized(data, at)
        header, at = _read_sized(data, at)
        headers.append(((name or b"").decode(), header))
    prior, at = _read_sized(data, at)
    if _INT.unpack_from(data, at)[0] == _SAME_AS_PRIOR:
        old, at = prior, at + 4
    else:
        old, at = _read_sized(data, at)
    new, at = _read_sized(data, at)
    metadata = RecordMetadata(topic, partition, offset)
    return BufferValue(prior, old, new, timestamp, tuple(headers), metadata), int(_TIME.unpack_from(data, at)[0])


def _sized(data: bytes | None) -> bytes:
    return _INT.pack(_NULL) if data is None else _INT.pack(len(data)) + data


def _read_sized(data: bytes, at: int) -> tuple[bytes | None, int]:
    length = int(_INT.unpack_from(data, at)[0])
    at += 4
    return (None, at) if length == _NULL else (data[at : at + length], at + length)
