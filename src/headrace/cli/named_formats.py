"""Formats as the command line names them: `string`, `int64`, `windowed-string:5m` ..."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click
import orjson

from headrace.core.errors import ConfigurationError, EncodeError
from headrace.formats import (
    Boolean,
    Bytes,
    Double,
    Float,
    Format,
    Int16,
    Int32,
    Int64,
    Json,
    SessionWindowedFormat,
    String,
    Uuid,
    Void,
    WindowedFormat,
)

_PLAIN: dict[str, Format[Any]] = {
    "string": String(),
    "json": Json(),
    "int16": Int16(),
    "int32": Int32(),
    "int64": Int64(),
    "float": Float(),
    "double": Double(),
    "boolean": Boolean(),
    "uuid": Uuid(),
    "bytes": Bytes(),
}
_WINDOWED = "windowed-"
_SESSION = "session-"

NAMES = f"{', '.join(_PLAIN)}, windowed-FORMAT:SIZE (windowed-string:5m), session-FORMAT"


class FormatType(click.ParamType[Format[Any]]):
    """Reads the name of a format."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Format[Any]:
        """The format. Fails with the names there are."""
        if isinstance(value, Format):
            return value
        try:
            return named_format(str(value))
        except ConfigurationError as error:
            self.fail(f"{error.message}; there are: {NAMES}", param, ctx)


def named_format(name: str) -> Format[Any]:
    """The format of a name. Raises ConfigurationError."""
    if name in _PLAIN:
        return _PLAIN[name]
    if name.startswith(_SESSION):
        return SessionWindowedFormat(named_format(name.removeprefix(_SESSION)))
    if name.startswith(_WINDOWED):
        inner, _, size = name.removeprefix(_WINDOWED).rpartition(":")
        if inner:
            return WindowedFormat(named_format(inner), size)
        message = f"{name!r} lacks the size of its windows, as in windowed-string:5m"
        raise ConfigurationError(message)
    message = f"{name!r} is no format"
    raise ConfigurationError(message)


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
    message = f"values of {type(format_).__name__} cannot be written on the command line"
    raise ValueError(message)


def _json_value(format_: Format[Any], text: str) -> Any:
    """The text read as JSON; where it is none, as a JSON string: `alice` means `"alice"`."""
    decode = format_.decoder("command line", is_key=True)
    try:
        return decode(text.encode())
    except Exception:
        return decode(orjson.dumps(text))
