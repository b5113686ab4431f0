"""Table updates on repartition topics: the bytes of Java's ChangedSerializer (KIP-904).

old + 00                            only the old value
new + 01                            only the new value
length of new + new + old + 02      both; the length is a zig-zag varint
... + is latest (1 byte) + 03/04/05 the same with the versioned table's flag; read here, never written by Kafka 4.1
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from headrace.core.errors import DecodeError, EncodeError
from headrace.core.records import Change
from headrace.formats.api import Format

V = TypeVar("V")


@dataclass(frozen=True)
class ChangedFormat(Format[Change[V]]):
    """Changes whose values have the format `inner`. `is_latest` is not written, as in Kafka Streams."""

    inner: Format[V]

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[Change[V]], bytes]:
        """EncodeError on a change without old and new value."""
        inner = self.inner.encoder(topic, is_key=is_key)

        def encode(change: Change[V]) -> bytes:
            new, old = change.new, change.old
            if new is not None:
                new_bytes = inner(new)
                if old is None:
                    return new_bytes + b"\x01"
                return b"%b%b%b\x02" % (_varint(len(new_bytes)), new_bytes, inner(old))
            if old is not None:
                return inner(old) + b"\x00"
            message = "a change without old and new value cannot be written"
            raise EncodeError(message)

        return encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], Change[V]]:
        """DecodeError on an unknown flag or a length that does not fit."""
        inner = self.inner.decoder(topic, is_key=is_key)

        def decode(data: bytes) -> Change[V]:
            new, old, is_latest = _split(data)
            return Change(None if new is None else inner(new), None if old is None else inner(old), is_latest)

        return decode


def _split(data: bytes) -> tuple[bytes | None, bytes | None, bool]:
    flag = data[-1] if data else -1
    is_latest, end = True, -1
    if flag in (3, 4, 5):
        is_latest, end = _latest_flag(data), -2
        flag -= 3
    if flag == 0:
        return None, data[:end], is_latest
    if flag == 1:
        return data[:end], None, is_latest
    if flag == 2:
        length, start = _read_varint(data)
        body = data[start:end]
        if not 0 <= length <= len(body):
            message = f"a change says its new value has {length} bytes, but only {len(body)} follow"
            raise DecodeError(message)
        return body[:length], body[length:], is_latest
    message = f"a change ends with the unknown flag {flag}" if data else "a change has no bytes"
    hint = "the topic holds something other than table updates; only Headrace or Kafka Streams may write to it"
    raise DecodeError(message, hint=hint)


def _latest_flag(data: bytes) -> bool:
    flag = data[-2:-1]
    if flag not in (b"\x00", b"\x01"):
        message = f"a change has {flag!r} for 'is latest'; it can be 0 or 1"
        raise DecodeError(message)
    return flag == b"\x01"


def _varint(number: int) -> bytes:
    zigzag = number << 1
    encoded = bytearray()
    while zigzag > 0x7F:
        encoded.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    encoded.append(zigzag)
    return bytes(encoded)


def _read_varint(data: bytes) -> tuple[int, int]:
    zigzag = 0
    for place, byte in enumerate(data[:5]):
        zigzag |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return zigzag >> 1 ^ -(zigzag & 1), place + 1
    message = "a change starts with a length that has no end"
    raise DecodeError(message)
