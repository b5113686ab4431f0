"""What is committed with a position: partition time and the times of operators, in Kafka Streams' own layout.

Base64 of: magic 2, partition time (8 bytes), then nothing, or a count (4) and per entry key length (4), key, value (8), all
big-endian. Java merges the entries of all partitions of a task by maximum and ignores keys that it does not know, so an
application can move between both. Source: Kafka Streams' TopicPartitionMetadata and ProcessorMetadata.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headrace.core.time import UNKNOWN_TIME

_HEAD = struct.Struct(">bq")
_MAGIC = 2


@dataclass(frozen=True, slots=True)
class PositionMetadata:
    """Partition time in ms (-1: unknown), and named times of the task's operators and stores."""

    partition_time: int = UNKNOWN_TIME
    times: tuple[tuple[str, int], ...] = ()

    def encode(self) -> str:
        """The text that is committed."""
        body = _HEAD.pack(_MAGIC, self.partition_time)
        if self.times:
            parts = [body, struct.pack(">i", len(self.times))]
            for name, value in self.times:
                key = name.encode()
                parts.append(struct.pack(">i", len(key)) + key + struct.pack(">q", value))
            body = b"".join(parts)
        return base64.b64encode(body).decode()


def decode_metadata(text: str) -> PositionMetadata:
    """Reads committed metadata. Empty, older or foreign text counts as unknown, as it does for Kafka Streams."""
    try:
        body = base64.b64decode(text, validate=True)
        magic, partition_time = _HEAD.unpack_from(body)
        return PositionMetadata(partition_time, _times(body) if magic == _MAGIC else ())
    except (binascii.Error, struct.error, UnicodeDecodeError):
        return PositionMetadata()


def _times(body: bytes) -> tuple[tuple[str, int], ...]:
    if len(body) == _HEAD.size:
        return ()
    (count,) = struct.unpack_from(">i", body, _HEAD.size)
    at = _HEAD.size + 4
    found: list[tuple[str, int]] = []
    for _ in range(count):
        (length,) = struct.unpack_from(">I", body, at)  # unsigned: a broken one then lies past the end
        name = body[at + 4 : at + 4 + length].decode()
        (value,) = struct.unpack_from(">q", body, at + 4 + length)
        found.append((name, value))
        at += 12 + length
    return tuple(found)


def merged_times(all_metadata: Iterable[PositionMetadata]) -> Mapping[str, int]:
    """The times of a task from the metadata of its partitions: the largest value of each name."""
    merged: dict[str, int] = {}
    for metadata in all_metadata:
        for name, value in metadata.times:
            merged[name] = max(value, merged.get(name, value))
    return merged
