"""JSON: untyped through orjson, typed through msgspec, pydantic models through their own methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast, overload

import msgspec
import orjson

from headrace.core.errors import ConfigurationError, EncodeError
from headrace.formats.api import Format

T = TypeVar("T")

_TYPE_NODES = (msgspec.inspect.Type, msgspec.inspect.Field)


@dataclass(frozen=True, init=False, repr=False)
class Json(Format[T]):
    """JSON text in UTF-8, without white space.

    `Json()` reads and writes plain values: dict, list, str, int, float, bool. `Json(T)` reads into a type and checks the
    types on the way: a msgspec Struct, dataclass, TypedDict, NamedTuple, a built-in such as `int` or `list[str]`, a union of
    these, or a pydantic model. Fields of the text that the type does not have are skipped without being decoded, so a type
    with the few fields that are used is the fastest way to read a large object. Writing does not check types.

    At the edges:
        - NaN and infinities are written as null; reading refuses them.
        - Integers beyond 64 bits are refused by `Json()` when writing (TypeError) and become floats when reading. A typed
          JSON keeps them whole both ways.
        - The keys of objects keep their order. Two equal dicts in another order are different bytes, so two different keys
          of a topic: give keys a type with a fixed order of fields.
        - Values are never `exact`: in JSON 1, 1.0 and true are three texts, in Python one value.

    Args:
        of: The type to read into; nothing for plain values.

    Raises:
        ConfigurationError: `of` is no type that JSON can be read into.
    """

    of: Any

    layout = "JSON"

    @overload
    def __init__(self: Json[Any]) -> None: ...
    @overload
    def __init__(self, of: type[T]) -> None: ...
    @overload
    def __init__(self: Json[Any], of: Any) -> None: ...
    def __init__(self, of: Any = Any) -> None:
        object.__setattr__(self, "of", of)
        if of is not Any and not is_pydantic_model(of):
            _check_readable(of)

    def __repr__(self) -> str:
        if self.of is Any:
            return "Json()"
        return f"Json({self.of.__name__ if isinstance(self.of, type) else self.of})"

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[T], bytes]:
        """orjson, or the C function of msgspec itself; for pydantic models `model_dump_json`."""
        if self.of is Any:
            return _encode_plain
        if is_pydantic_model(self.of):
            return _pydantic_encoder(self.of)
        return msgspec.json.Encoder().encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], T]:
        """The C function of orjson or msgspec itself; for pydantic models `model_validate_json`."""
        if self.of is Any:
            return orjson.loads
        if is_pydantic_model(self.of):
            return cast("Callable[[bytes], T]", self.of.model_validate_json)
        decode: Callable[[bytes], T] = msgspec.json.Decoder(self.of).decode
        return decode

    def copier(self) -> Callable[[T, bytes], T] | None:
        """For plain values: a flat object is copied, which takes a tenth of the time of decoding it."""
        return _copy_plain if self.of is Any else None


def _copy_plain(value: Any, data: bytes) -> Any:
    # One brace and no bracket: nothing in it can be changed. Braces within a text only lead to the longer way.
    if type(value) is dict and data.count(b"{") == 1 and b"[" not in data:
        return value.copy()
    return orjson.loads(data)


def _encode_plain(value: Any) -> bytes:
    # What orjson returns keeps 4 kB of memory, however short it is, and results wait for the commit by the hundred thousand.
    # A slice is a copy of the right size; the new line makes it differ from the whole.
    return orjson.dumps(value, None, orjson.OPT_APPEND_NEWLINE)[:-1]


def is_pydantic_model(of: Any) -> bool:
    """Whether this is a pydantic (version 2) model class. Asks for its methods, so that pydantic need not be there."""
    return isinstance(of, type) and hasattr(of, "model_validate_json") and hasattr(of, "model_dump_json")


def _check_readable(of: Any) -> None:
    try:
        unknown = _undeclared_class(msgspec.inspect.type_info(of), set())
        reason = f"{unknown} is a class without declared fields"
    except (TypeError, NameError) as error:
        unknown, reason = of, str(error)
    if unknown is not None:
        message = f"JSON cannot be read into {of!r}: {reason}"
        hint = (
            "give a msgspec Struct, dataclass, TypedDict, built-in type or union of these, or Json() for plain values; "
            "a pydantic model must stand alone: wrap lists and unions in pydantic's RootModel"
        )
        raise ConfigurationError(message, hint=hint)


def _undeclared_class(node: Any, seen: set[int]) -> Any:
    """The first class within a type that msgspec cannot fill; None if there is none. Types may contain themselves."""
    if isinstance(node, msgspec.inspect.CustomType):
        return node.cls
    if isinstance(node, tuple):
        parts: Iterable[Any] = node
    elif isinstance(node, msgspec.Struct) and id(node) not in seen and isinstance(node, _TYPE_NODES):
        seen.add(id(node))
        parts = [getattr(node, name) for name in node.__struct_fields__]
    else:
        return None
    found = (_undeclared_class(part, seen) for part in parts)
    return next((cls for cls in found if cls is not None), None)


def _pydantic_encoder(model: Any) -> Callable[[Any], bytes]:
    def encode(value: Any) -> bytes:
        if not isinstance(value, model):
            message = f"Json({model.__name__}) writes {model.__name__}, got {type(value).__name__}"
            raise EncodeError(message)
        return cast("str", value.model_dump_json()).encode()

    return encode
