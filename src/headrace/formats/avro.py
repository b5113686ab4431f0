"""Avro: typed values, or dicts under a schema that is given, with or without a schema registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

from headrace.core.errors import ConfigurationError
from headrace.core.remembered import Remembered
from headrace.formats.api import Format
from headrace.formats.avro_reading import AvroReading
from headrace.formats.avro_writing import AvroWriting
from headrace.formats.extras import required
from headrace.formats.registry.api import Schema
from headrace.formats.registry.use import InRegistry, Plain
from headrace.formats.schema.avro import avro_schema
from headrace.formats.schema.exactness import is_exact
from headrace.formats.schema.model import Node
from headrace.formats.schema.of_type import model_of

T = TypeVar("T")


@dataclass(frozen=True, init=False, repr=False)
class Avro(Format[T]):
    """Avro data.

    `Avro(T)` writes and reads a dataclass, msgspec Struct, TypedDict or NamedTuple, or a union of them, under the schema that
    follows from the type. `Avro(schema=...)` takes dicts and a schema; a member of a union may be given as (name, value).
    `Avro()` reads dicts under whatever schema they were written with, and writes under the subject's newest.

    With a registry, the default, each record begins with the id of its schema: what others wrote is read through the rules of
    Avro's schema resolution, and a schema that the subject's compatibility forbids is refused before anything is written.

    Types: `int` is a long, `Annotated[int, Width(32)]` an int, `float` a double; `datetime` needs a time zone and is
    timestamp-micros; `Decimal` needs `Digits`; enums are written by the names of their members; a union of classes is a
    union of records (docs/how-to/formats.md).

    Args:
        of: The type of values; nothing for dicts.
        use: `InRegistry(...)`, or `PLAIN` for data without a registry's header.
        schema: For dicts: JSON text, or the same as Python data.
        namespace: Of the records made from `of`.

    Raises:
        ConfigurationError: `of` has no schema, the schema is none, or fastavro is not installed (`headrace[avro]`).
    """

    of: Any
    use: InRegistry | Plain
    namespace: str | None
    text: str | None
    _model: Node | None = field(compare=False)

    @overload
    def __init__(
        self: Avro[Any],
        of: None = None,
        use: InRegistry | Plain = ...,
        *,
        schema: str | Mapping[str, Any] | list[Any] | None = None,
        namespace: str | None = None,
    ) -> None: ...
    @overload
    def __init__(self, of: type[T], use: InRegistry | Plain = ..., *, namespace: str | None = None) -> None: ...
    @overload
    def __init__(self: Avro[Any], of: Any, use: InRegistry | Plain = ..., *, namespace: str | None = None) -> None: ...
    def __init__(
        self,
        of: Any = None,
        use: InRegistry | Plain = InRegistry(),  # noqa: B008 - frozen
        *,
        schema: str | Mapping[str, Any] | list[Any] | None = None,
        namespace: str | None = None,
    ) -> None:
        required("fastavro", "avro")
        if of is not None and schema is not None:
            message = "Avro takes a type or a schema, not both: the schema follows from the type"
            raise ConfigurationError(message)
        if of is None and schema is None and isinstance(use, Plain):
            message = "Avro data without a registry can only be read with a schema"
            raise ConfigurationError(message, hint="Avro(T, PLAIN), or Avro(schema=..., use=PLAIN)")
        model = None if of is None else model_of(of)
        made = avro_schema(model, namespace) if model is not None else _parsed(schema)
        object.__setattr__(self, "of", of)
        object.__setattr__(self, "use", use)
        object.__setattr__(self, "layout", "Avro" if isinstance(use, Plain) else "Avro in a registry")
        object.__setattr__(self, "namespace", namespace)
        object.__setattr__(self, "text", None if made is None else json.dumps(made, separators=(",", ":")))
        object.__setattr__(self, "_model", model)
        object.__setattr__(self, "exact", model is not None and is_exact(model))

    def __repr__(self) -> str:
        if self.of is not None:
            return f"Avro({self.of.__name__ if isinstance(self.of, type) else self.of})"
        return "Avro()" if self.text is None else "Avro(schema=...)"

    @property
    def schema(self) -> Any:
        """The schema as plain data; None for `Avro()`."""
        return None if self.text is None else json.loads(self.text)

    def registered(self) -> Schema | None:
        """The schema as a registry gets it; None for `Avro()`."""
        return None if self.text is None else Schema(self.text)

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[T], bytes]:
        """EncodeError that names the field on what the schema cannot hold; see `InRegistry` for those of the registry."""
        return AvroWriting(self.text, self._model, self.use).encoder(topic, is_key=is_key)

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], T]:
        """DecodeError that names the field and the schema's id. Keys that nobody can change are remembered: they come again."""
        decode = AvroReading(self.text, self._model, self.use).decoder()
        return Remembered[T](decode).__getitem__ if is_key and self.exact else decode

    def copier(self) -> Callable[[T, bytes], T] | None:
        """The value itself where nothing in it can be changed."""
        return _same if self.exact else None


def _same(value: T, _data: bytes) -> T:
    return value


def _parsed(schema: str | Mapping[str, Any] | list[Any] | None) -> Any:
    if schema is None:
        return None
    from fastavro.schema import SchemaParseException, UnknownType, parse_schema  # noqa: PLC0415 - an extra

    try:
        found: Any = json.loads(schema) if isinstance(schema, str) else schema
        parse_schema(found)
    except (ValueError, TypeError, KeyError, SchemaParseException, UnknownType) as error:
        message = f"this is no Avro schema: {str(schema)[:200]} ({type(error).__name__}: {error})"
        raise ConfigurationError(message) from None
    return found
