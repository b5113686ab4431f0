"""Kafka's primitive formats: the bytes of its own serializers (package `org.apache.kafka.common.serialization`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Any, NoReturn
from uuid import UUID

from headrace.core.errors import DecodeError, EncodeError
from headrace.formats.api import Format


@dataclass(frozen=True, slots=True)
class Bytes(Format[bytes]):
    """Bytes as they are (Kafka's ByteArraySerializer). Only `bytes`: a bytearray could change after it was handed over."""

    exact = True

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], bytes]:
        """The identity; TypeError on anything but bytes."""
        return bytes.__bytes__

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], bytes]:
        """The identity."""
        return bytes.__bytes__


@dataclass(frozen=True, slots=True)
class String(Format[str]):
    """Text in UTF-8 (Kafka's StringSerializer). Bytes that are no UTF-8 are an error here, where Java puts U+FFFD."""

    exact = True
    layout = "text"

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[str], bytes]:
        """UTF-8; TypeError on anything but text, UnicodeEncodeError on lone surrogates."""
        return str.encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], str]:
        """Strict UTF-8."""
        return bytes.decode


@dataclass(frozen=True, slots=True)
class Int16(Format[int]):
    """A 16-bit signed number, big-endian (Kafka's ShortSerializer)."""

    exact = True
    layout = "a number of 2 bytes"

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[int], bytes]:
        """struct.error on a number out of range or anything else."""
        return _INT16.pack

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], int]:
        """struct.error unless there are 2 bytes."""
        return _first(_INT16)


@dataclass(frozen=True, slots=True)
class Int32(Format[int]):
    """A 32-bit signed number, big-endian (Kafka's IntegerSerializer)."""

    exact = True
    layout = "a number of 4 bytes"

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[int], bytes]:
        """struct.error on a number out of range or anything else."""
        return _INT32.pack

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], int]:
        """struct.error unless there are 4 bytes."""
        return _first(_INT32)


@dataclass(frozen=True, slots=True)
class Int64(Format[int]):
    """A 64-bit signed number, big-endian (Kafka's LongSerializer); what counts are written as."""

    exact = True
    layout = "a number of 8 bytes"

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[int], bytes]:
        """struct.error on a number out of range or anything else."""
        return _INT64.pack

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], int]:
        """struct.error unless there are 8 bytes."""
        return _first(_INT64)


@dataclass(frozen=True, slots=True)
class Float(Format[float]):
    """A 32-bit IEEE number, big-endian (Kafka's FloatSerializer). Most Python floats lose digits in it."""

    layout = "a float of 4 bytes"

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[float], bytes]:
        """OverflowError on a number too large for 32 bits, struct.error on anything but a number."""
        return _FLOAT.pack

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], float]:
        """struct.error unless there are 4 bytes."""
        return _first(_FLOAT)


@dataclass(frozen=True, slots=True)
class Double(Format[float]):
    """A 64-bit IEEE number, big-endian (Kafka's DoubleSerializer). Not exact: 0.0 == -0.0, and NaN equals nothing."""

    layout = "a float of 8 bytes"

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[float], bytes]:
        """struct.error on anything but a number."""
        return _DOUBLE.pack

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], float]:
        """struct.error unless there are 8 bytes."""
        return _first(_DOUBLE)


@dataclass(frozen=True, slots=True)
class Boolean(Format[bool]):
    """One byte, 1 or 0 (Kafka's BooleanSerializer). Only True and False: no truth values."""

    exact = True
    layout = "a truth value of 1 byte"

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[bool], bytes]:
        """EncodeError on anything but a bool."""
        return _encode_boolean

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], bool]:
        """DecodeError on anything but the byte 0 or 1."""
        return _decode_boolean


@dataclass(frozen=True, slots=True)
class Uuid(Format[UUID]):
    """A UUID as its 36 characters of text in lower case (Kafka's UUIDSerializer)."""

    exact = True
    layout = "text"

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[UUID], bytes]:
        """EncodeError on anything but a UUID."""
        return _encode_uuid

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], UUID]:
        """ValueError on text that is no UUID."""
        return _decode_uuid


@dataclass(frozen=True, slots=True)
class Void(Format[None]):
    """No value at all (Kafka's VoidSerializer): only None, which never reaches a format, so everything is an error."""

    exact = True

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[None], bytes]:
        """EncodeError always."""
        return _refuse_value

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], None]:
        """DecodeError always."""
        return _refuse_bytes


_INT16, _INT32, _INT64 = Struct(">h"), Struct(">i"), Struct(">q")
_FLOAT, _DOUBLE = Struct(">f"), Struct(">d")


def _first(layout: Struct) -> Callable[[bytes], Any]:
    unpack = layout.unpack

    def decode(data: bytes) -> Any:
        return unpack(data)[0]

    return decode


def _encode_boolean(value: Any) -> bytes:
    if value is True:
        return b"\x01"
    if value is False:
        return b"\x00"
    message = f"expected True or False, got {value!r}"
    raise EncodeError(message)


def _decode_boolean(data: bytes) -> bool:
    if data == b"\x01":
        return True
    if data == b"\x00":
        return False
    message = f"expected one byte, 0 or 1, got {data[:16]!r}"
    raise DecodeError(message)


def _encode_uuid(value: Any) -> bytes:
    if isinstance(value, UUID):
        return str(value).encode()
    message = f"expected a UUID, got {type(value).__name__}"
    raise EncodeError(message)


def _decode_uuid(data: bytes) -> UUID:
    return UUID(data.decode())


def _refuse_value(value: Any) -> NoReturn:
    message = f"Void holds no value, got {type(value).__name__}"
    raise EncodeError(message)


def _refuse_bytes(data: bytes) -> NoReturn:
    message = f"Void holds no value, got {len(data)} bytes"
    raise DecodeError(message)
