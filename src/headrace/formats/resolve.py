"""From what a user writes for a key or value to its format."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar, overload
from uuid import UUID

from headrace.core.errors import ConfigurationError
from headrace.formats.api import Format
from headrace.formats.json import Json
from headrace.formats.primitive import Boolean, Bytes, Double, Int64, String, Uuid, Void

T = TypeVar("T")

_BY_TYPE: dict[Any, Format[Any]] = {
    str: String(),
    bytes: Bytes(),
    int: Int64(),
    float: Double(),
    bool: Boolean(),
    UUID: Uuid(),
    None: Void(),
    type(None): Void(),
    Any: Json(),
    object: Json(),
}


@overload
def format_of(spec: Format[T]) -> Format[T]: ...
@overload
def format_of(spec: type[T]) -> Format[T]: ...
@overload
def format_of(spec: Any) -> Format[Any]: ...
def format_of(spec: Any) -> Format[Any]:
    """The format that a specification stands for; the one rule for keys and values alike.

    A format stands for itself. Scalars get Kafka's own formats, as `Serdes.serdeFrom` does: `str` String, `bytes` Bytes,
    `int` Int64 (Kafka's Long, as counts are), `float` Double, `bool` Boolean, `uuid.UUID` Uuid, `None` Void. Everything else
    is JSON: `dict`, `list`, msgspec Struct, dataclass, TypedDict, pydantic model, unions of them; `Any` is `Json()`. For a
    number as JSON text write `Json(int)`.

    Raises:
        ConfigurationError: Neither a format nor a type that has one.
    """
    if isinstance(spec, Format):
        return spec
    try:
        known = _BY_TYPE.get(spec)
    except TypeError:
        known = None
    if known is not None:
        return known
    if isinstance(spec, type) and issubclass(spec, Format):
        return _instance(spec)
    if isinstance(spec, str | bytes | int | float | dict | list | tuple | set):
        _refuse(f"{spec!r} is a value, not a format or type")
    try:
        return Json(spec)
    except ConfigurationError as error:
        _refuse(f"{spec!r} has no format: {error.message}")


def _instance(spec: type[Format[Any]]) -> Format[Any]:
    try:
        return spec()
    except TypeError:
        _refuse(f"{spec.__name__} is a format that needs arguments; give an instance of it")


def _refuse(message: str) -> NoReturn:
    hint = (
        "give a Format such as String() or Json(T), or a type: str, bytes, int, float, bool, UUID, dict, list, a dataclass, "
        "msgspec Struct, TypedDict or pydantic model"
    )
    raise ConfigurationError(message, hint=hint)
