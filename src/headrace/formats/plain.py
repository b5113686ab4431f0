"""Decoded keys and values as JSON can hold them."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import orjson

from headrace.core.windows import Windowed
from headrace.formats.extras import required

Rendered = str | int | float | bool | None | list[Any] | dict[str, Any]
"""What JSON can hold."""


def plain(value: Any) -> Rendered:
    """A decoded value as JSON can hold it."""
    if isinstance(value, Windowed):
        return {"key": plain(value.key), "start": value.start, "end": value.end}
    if isinstance(value, bytes):
        return hex_text(value)
    if value is None or isinstance(value, str | int | float):
        return value
    loaded: Rendered = orjson.loads(orjson.dumps(value, default=_as_plain, option=orjson.OPT_NON_STR_KEYS))
    return loaded


def hex_text(data: bytes) -> str:
    """`0x` and hexadecimal digits."""
    return "0x" + data.hex()


def _as_plain(value: Any) -> Any:
    """What orjson does not know: bytes, msgspec Structs, sets, objects with fields."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    fields = getattr(value, "__struct_fields__", None)
    if fields is not None:
        return {name: getattr(value, name) for name in fields}
    if isinstance(value, set | frozenset):
        return list(value)
    if isinstance(value, Decimal):
        return str(value)
    if hasattr(value, "DESCRIPTOR"):
        return required("google.protobuf.json_format", "protobuf").MessageToDict(value, preserving_proto_field_name=True)
    dump = getattr(value, "model_dump", None)
    return dump() if callable(dump) else repr(value)
