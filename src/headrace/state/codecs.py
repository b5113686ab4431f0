"""Between values and the bytes of an engine, with errors that name the store."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any

from headrace.core.errors import DecodeError, EncodeError, SerializationError
from headrace.core.time import UNKNOWN_TIME
from headrace.state.spec import StoreSpec

_TIME = Struct(">q")

IMMUTABLE: frozenset[type] = frozenset((int, float, str, bytes, bool, complex))
"""Types whose values may stay in a cache after they were handed out: nobody can change them."""


class StoreCodec:
    """The bound functions of one store.

    Attributes:
        encode_key: Key to bytes.
        decode_key: Bytes to key.
        encode_value: Value to the bytes of the changelog.
        pack: Those bytes and a timestamp to the bytes of the engine.
        decode_entry: Bytes of the engine to (value, timestamp).
        copy_value: Value and its bytes to an equal value of its own, if that is cheaper than decoding.
    """

    __slots__ = (
        "copy_value",
        "decode_entry",
        "decode_key",
        "decode_value",
        "encode_key",
        "encode_value",
        "pack",
        "timestamped",
    )

    def __init__(self, spec: StoreSpec, *, timestamped: bool) -> None:
        topic = spec.changelog_topic or f"{spec.name}-changelog"
        keys, values = spec.key_format, spec.value_format
        where = f"of store {spec.name!r}"
        self.encode_key = guarded_encoder(keys.encoder(topic, is_key=True), f"a key {where} as {keys!r}")
        self.decode_key = guarded_decoder(keys.decoder(topic, is_key=True), f"a key {where}")
        self.encode_value = guarded_encoder(values.encoder(topic, is_key=False), f"a value {where} as {values!r}")
        self.decode_value = guarded_decoder(values.decoder(topic, is_key=False), f"a value {where}")
        self.copy_value = values.copier()
        self.timestamped = timestamped
        self.pack: Callable[[bytes, int], bytes] = _with_timestamp if timestamped else _without_timestamp
        self.decode_entry = _entry_decoder(self.decode_value, timestamped=timestamped)


def _with_timestamp(value: bytes, timestamp: int) -> bytes:
    return _TIME.pack(timestamp) + value


def _without_timestamp(value: bytes, _timestamp: int) -> bytes:
    return value


def _entry_decoder(decode: Callable[[bytes], Any], *, timestamped: bool) -> Callable[[bytes], tuple[Any, int]]:
    if not timestamped:
        return lambda data: (decode(data), UNKNOWN_TIME)
    time_of = _TIME.unpack_from
    return lambda data: (decode(data[8:]), time_of(data)[0])


def guarded_encoder(encode: Callable[[Any], bytes], what: str) -> Callable[[Any], bytes]:
    """The same function; whatever it raises becomes an EncodeError that says what was to be written."""

    def guarded(value: Any) -> bytes:
        try:
            return encode(value)
        except SerializationError:
            raise
        except Exception as error:
            message = f"cannot encode {what}: {value!r} of type {type(value).__name__} ({error})"
            hint = "use keys and values of the store's types, or give it formats that fit: Materialized(key=..., value=...)"
            raise EncodeError(message, hint=hint) from error

    return guarded


def guarded_decoder(decode: Callable[[bytes], Any], what: str) -> Callable[[bytes], Any]:
    """The same function; whatever it raises becomes a DecodeError that says what was to be read."""

    def guarded(data: bytes) -> Any:
        try:
            return decode(data)
        except SerializationError:
            raise
        except Exception as error:
            message = f"cannot decode {what}: {data[:64]!r} ({error})"
            hint = "the store was written with another format: go back to it, or reset the application"
            raise DecodeError(message, hint=hint) from error

    return guarded
