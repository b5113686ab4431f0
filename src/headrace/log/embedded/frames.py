"""Batches as bytes: one msgpack array `[timestamps, keys, values, headers, offsets]`.

Decoded by a typed decoder straight into lists, which costs about 0.1 µs a record. `headers` is null while no record has
any; `offsets` is null while they are the numbers from the frame's base offset on, that is until compaction leaves gaps
between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from headrace.core.errors import LogFormatError
from headrace.core.records import Headers
from headrace.log.api import RecordColumns

MAX_RECORDS = 8_192
MAX_BYTES = 1 << 20

_SAMPLE = 64
_RECORD_OVERHEAD = 15
"""Bytes of a record besides key and value: its timestamp, and the lengths."""


class Frame(msgspec.Struct, array_like=True, gc=False):
    """The columns of a frame."""

    timestamps: list[int]
    keys: list[bytes | None]
    values: list[bytes | None]
    headers: list[Headers] | None = None
    offsets: list[int] | None = None

    def cut(self, low: int, high: int) -> Frame:
        """The records from index `low` up to `high`."""
        return Frame(
            self.timestamps[low:high],
            self.keys[low:high],
            self.values[low:high],
            None if self.headers is None else self.headers[low:high],
            None if self.offsets is None else self.offsets[low:high],
        )

    def pick(self, indexes: Sequence[int], offsets: Sequence[int]) -> Frame:
        """The records with these indexes; `offsets` are those of all records."""
        return Frame(
            [self.timestamps[i] for i in indexes],
            [self.keys[i] for i in indexes],
            [self.values[i] for i in indexes],
            None if self.headers is None else [self.headers[i] for i in indexes],
            [offsets[i] for i in indexes],
        )

    def extend(self, timestamps: list[int], keys: list[bytes | None], values: list[bytes | None]) -> None:
        """Adds columns; headers and offsets are for the caller to extend."""
        self.timestamps.extend(timestamps)
        self.keys.extend(keys)
        self.values.extend(values)

    def extend_headers(self, count: int, headers: list[Headers] | None) -> None:
        """Adds the headers of `count` records; call it before `extend`."""
        if headers is not None:
            if self.headers is None:
                self.headers = [()] * len(self.timestamps)
            self.headers.extend(headers)
        elif self.headers is not None:
            self.headers.extend([()] * count)

    def all_offsets(self, base_offset: int) -> Sequence[int]:
        """The offsets of all records, of a frame that begins at `base_offset`."""
        return range(base_offset, base_offset + len(self.timestamps)) if self.offsets is None else self.offsets


@dataclass(frozen=True, slots=True)
class PackedFrame:
    """A frame as bytes, with what its row says about it."""

    records: int
    tombstones: int
    min_timestamp: int
    max_timestamp: int
    offsets: list[int] | None
    """Those that the frame came with, None for new records."""
    keyless: bool
    """Whether a record has no key."""
    data: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Frame).decode


def unpack(data: bytes, where: object, base_offset: int) -> Frame:
    """The columns of a frame. Raises LogFormatError, naming the partition and offset, for bytes that are none."""
    try:
        return _decode(data)
    except msgspec.MsgspecError as error:
        message = f"the batch of {where} from offset {base_offset} on cannot be read: {error}"
        raise LogFormatError(message, hint="restore the log's directory from a backup, or delete the topic") from error


def merge(parts: Sequence[RecordColumns]) -> Frame:
    """All records that one transaction sends to one partition; the columns of a single part are shared, not copied."""
    first = parts[0]
    if len(parts) == 1:
        return Frame(first.timestamps, first.keys, first.values, first.headers)
    merged = Frame([], [], [])
    for part in parts:
        merged.extend_headers(len(part.timestamps), part.headers)
        merged.extend(part.timestamps, part.keys, part.values)
    return merged


def pack(frame: Frame) -> list[PackedFrame]:
    """The frame as bytes, cut into frames of bounded count and size (a single record may be larger)."""
    count = len(frame.timestamps)
    expected = _expected_pieces(frame)
    if expected > 1:
        return _pack_pieces(frame, expected)
    offsets = frame.offsets
    if offsets is not None and offsets[-1] - offsets[0] + 1 == count:
        data = _encode(Frame(frame.timestamps, frame.keys, frame.values, frame.headers))
    else:
        data = _encode(frame)
    if len(data) > MAX_BYTES and count > 1:
        return _pack_pieces(frame, min(count, -(-len(data) // MAX_BYTES)))
    timestamps = frame.timestamps
    # Most often there is no None: asking whether all are true is a third of the work of comparing each.
    keyless = not all(frame.keys) and None in frame.keys
    tombstones = 0 if all(frame.values) else frame.values.count(None)
    return [PackedFrame(count, tombstones, min(timestamps), max(timestamps), offsets, keyless, data)]


def _expected_pieces(frame: Frame) -> int:
    """How many frames it will take, judged by a sample of the records: what is too large after all was encoded for nothing."""
    count = len(frame.timestamps)
    step = max(1, count // _SAMPLE)
    sampled = sum(len(part) for column in (frame.keys, frame.values) for part in column[::step] if part is not None)
    size = sampled * step + count * _RECORD_OVERHEAD
    return max(-(-count // MAX_RECORDS), min(count, -(-size // MAX_BYTES)))


def _pack_pieces(frame: Frame, pieces: int) -> list[PackedFrame]:
    count = len(frame.timestamps)
    size = -(-count // pieces)
    return [packed for low in range(0, count, size) for packed in pack(frame.cut(low, low + size))]
