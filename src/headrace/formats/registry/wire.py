"""Confluent's wire format: a zero byte, the id of the writer's schema in four bytes, then the data."""

from __future__ import annotations

from headrace.core.errors import DecodeError

HEADER_SIZE = 5
_MAGIC = b"\x00"


def header_of(schema_id: int) -> bytes:
    """The bytes before the data."""
    return _MAGIC + schema_id.to_bytes(4, "big")


def schema_id_of(data: bytes) -> int:
    """The id in the header. Raises DecodeError on data without one."""
    if len(data) >= HEADER_SIZE and data[:1] == _MAGIC:
        return int.from_bytes(data[1:HEADER_SIZE], "big")
    if data[:1] == _MAGIC:
        message = f"{len(data)} bytes are too few for the header of a schema registry's wire format, which has {HEADER_SIZE}"
    else:
        message = f"it begins with {data[:1]!r}, not with the zero byte of a schema registry's wire format"
    hint = "what was written without a registry is read with PLAIN: Avro(T, PLAIN)"
    raise DecodeError(message, hint=hint)
