"""What people write for a value in one line of text: on the command line, in the cells of a table."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from headrace.core.errors import EncodeError
from headrace.formats.api import Format
from headrace.formats.avro import Avro
from headrace.formats.json import Json
from headrace.formats.json_schema import JsonSchema
from headrace.formats.primitive import Boolean, Bytes, Double, Float, Int16, Int32, Int64, String, Uuid, Void


def from_text(format_: Format[Any], text: str) -> Any:
    """What a user means by a text where a format is wanted: the number, the JSON value, bytes as 0x..., or the text.

    Raises:
        EncodeError: The text does not fit.
    """
    match format_:
        case String():
            return text
        case Bytes():
            return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()
        case Void():
            return None
    try:
        return _parsed(format_, text)
    except ValueError as error:
        message = f"{text!r} is no {type(format_).__name__}: {error}"
        raise EncodeError(message) from None


def _parsed(format_: Format[Any], text: str) -> Any:
    match format_:
        case Int16() | Int32() | Int64():
            return int(text)
        case Float() | Double():
            return float(text)
        case Boolean():
            return {"true": True, "false": False}[text.lower()] if text.lower() in ("true", "false") else bool(int(text))
        case Uuid():
            return UUID(text)
        case Json():
            return _json_value(format_, text)
        case Avro() | JsonSchema():
            return orjson.loads(text)
    message = f"values of {type(format_).__name__} cannot be written as text"
    raise ValueError(message)


def _json_value(format_: Format[Any], text: str) -> Any:
    """The text read as JSON; where it is none, as a JSON string: `alice` means `"alice"`."""
    decode = format_.decoder("text", is_key=True)
    try:
        return decode(text.encode())
    except Exception:
        return decode(orjson.dumps(text))
