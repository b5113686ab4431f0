"""Formats as the command line names them: `string`, `int64`, `windowed-string:5m` ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from headrace.core.errors import ConfigurationError
from headrace.formats import (
    Avro,
    Boolean,
    Bytes,
    Double,
    Float,
    Format,
    Int16,
    Int32,
    Int64,
    Json,
    JsonSchema,
    Protobuf,
    SessionWindowedFormat,
    String,
    Uuid,
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
_IN_REGISTRY: dict[str, Callable[[], Format[Any]]] = {"avro": Avro, "protobuf": Protobuf, "json-schema": JsonSchema}
"""Made when they are asked for: they need packages that may not be installed."""
_WINDOWED = "windowed-"
_SESSION = "session-"

NAMES = f"{', '.join((*_PLAIN, *_IN_REGISTRY))}, windowed-FORMAT:SIZE (windowed-string:5m), session-FORMAT"


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
    if name in _IN_REGISTRY:
        return _IN_REGISTRY[name]()
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
