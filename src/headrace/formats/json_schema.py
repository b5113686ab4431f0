"""JSON under a JSON Schema, with or without a schema registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, overload

import orjson

from headrace.core.errors import ConfigurationError, DecodeError, EncodeError
from headrace.formats.api import Format
from headrace.formats.extras import required
from headrace.formats.fault_place import place_of, reason_of
from headrace.formats.json import Json, is_pydantic_model
from headrace.formats.registry.api import Schema, SchemaKind
from headrace.formats.registry.use import InRegistry, Plain, WriterSchema
from headrace.formats.registry.wire import HEADER_SIZE, schema_id_of
from headrace.formats.schema.json_schema import json_schema_of

T = TypeVar("T")

Check = Callable[[Any], None]
"""Raises what says that a value does not keep to a schema."""


@dataclass(frozen=True, init=False, repr=False)
class JsonSchema(Format[T]):
    """JSON text whose schema is known to a registry.

    `JsonSchema(T)` reads and writes as `Json(T)` does (checking types when reading only), under the schema that follows
    from the type: T is a msgspec Struct (a union of them needs tags), dataclass, TypedDict, NamedTuple or pydantic model.
    `JsonSchema(schema=...)` takes plain values and checks each against the schema, written and read; that is thorough and
    slow. `JsonSchema()` reads what others wrote without checking it, and writes what keeps to the subject's newest schema.

    Args:
        of: The type of values; nothing for plain ones.
        use: `InRegistry(...)`, or `PLAIN` for text alone.
        schema: For plain values: JSON text, or the same as Python data.

    Raises:
        ConfigurationError: The type cannot be read from JSON, the schema is none, or jsonschema is not installed
            (`headrace[jsonschema]`; only values without a type need it).
    """

    of: Any
    use: InRegistry | Plain
    text: str | None

    @overload
    def __init__(
        self: JsonSchema[Any], of: None = None, use: InRegistry | Plain = ..., *, schema: str | Mapping[str, Any] | None = None
    ) -> None: ...
    @overload
    def __init__(self, of: type[T], use: InRegistry | Plain = ...) -> None: ...
    @overload
    def __init__(self: JsonSchema[Any], of: Any, use: InRegistry | Plain = ...) -> None: ...
    def __init__(
        self,
        of: Any = None,
        use: InRegistry | Plain = InRegistry(),  # noqa: B008 - frozen
        *,
        schema: str | Mapping[str, Any] | None = None,
    ) -> None:
        if of is not None and schema is not None:
            message = "JsonSchema takes a type or a schema, not both: the schema follows from the type"
            raise ConfigurationError(message)
        if of is None and schema is None and isinstance(use, Plain):
            message = "JsonSchema without type, schema and registry checks nothing"
            raise ConfigurationError(message, hint="write Json()")
        made = _schema_of(of) if of is not None else _parsed(schema)
        object.__setattr__(self, "of", of)
        object.__setattr__(self, "use", use)
        object.__setattr__(self, "layout", Json.layout if isinstance(use, Plain) else "JSON Schema in a registry")
        object.__setattr__(self, "text", None if made is None else json.dumps(made, separators=(",", ":")))

    def __repr__(self) -> str:
        if self.of is not None:
            return f"JsonSchema({self.of.__name__ if isinstance(self.of, type) else self.of})"
        return "JsonSchema()" if self.text is None else "JsonSchema(schema=...)"

    @property
    def schema(self) -> Any:
        """The schema as plain data; None for `JsonSchema()`."""
        return None if self.text is None else json.loads(self.text)

    def registered(self) -> Schema | None:
        """The schema as a registry gets it; None for `JsonSchema()`."""
        return None if self.text is None else Schema(self.text, SchemaKind.JSON)

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[T], bytes]:
        """EncodeError on what does not keep to the schema; see `InRegistry` for those of the registry."""
        head, use, text = b"", self.use, self.text
        writer: WriterSchema | None = None
        if isinstance(use, InRegistry):
            title = None if text is None else json.loads(text).get("title")
            writer = WriterSchema(use, use.subject(topic, title, is_key=is_key), self.registered())
            text = writer.latest.text if writer.latest is not None else text
        write: Callable[[T], bytes] = (
            Json(self.of).encoder(topic, is_key=is_key) if self.of is not None else _checked_writer(text)
        )

        if writer is None:
            return write
        header = writer.header

        def encode(value: T) -> bytes:
            nonlocal head
            if head:
                return head + write(value)
            data = write(value)
            head = header()
            return head + data

        return encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], T]:
        """DecodeError that names the field and the schema's id."""
        framed = isinstance(self.use, InRegistry)
        read: Callable[[bytes], Any] = Json(self.of).decoder(topic, is_key=is_key) if self.of is not None else orjson.loads
        if self.of is None and self.text is not None:
            read = _checked_reader(read, _check_of(json.loads(self.text)))

        def decode_framed(data: bytes) -> T:
            try:
                if data[0] == 0:
                    return read(data[HEADER_SIZE:])  # type: ignore[no-any-return]  # of the type that was given
            except Exception as error:
                raise _unreadable(error, schema_id_of(data)) from error
            raise _unreadable(ValueError("no header"), schema_id_of(data))

        def decode(data: bytes) -> T:
            try:
                return read(data)  # type: ignore[no-any-return]  # of the type that was given
            except Exception as error:
                raise _unreadable(error, None) from error

        return decode_framed if framed else decode


def _checked_reader(read: Callable[[bytes], Any], check: Check) -> Callable[[bytes], Any]:
    def checked(data: bytes) -> Any:
        value = read(data)
        check(value)
        return value

    return checked


def _schema_of(of: Any) -> Any:
    if is_pydantic_model(of):
        return of.model_json_schema()
    Json(of)  # refuses what cannot be read
    return json_schema_of(of)


def _parsed(schema: str | Mapping[str, Any] | None) -> Any:
    if schema is None:
        return None
    try:
        found = json.loads(schema) if isinstance(schema, str) else dict(schema)
    except ValueError as error:
        message = f"this is no JSON Schema: {error}: {str(schema)[:200]}"
        raise ConfigurationError(message) from None
    _check_of(found)
    return found


def _check_of(schema: Any) -> Check:
    validators = required("jsonschema.validators", "jsonschema")
    exceptions = required("jsonschema.exceptions", "jsonschema")
    kind = validators.validator_for(schema, default=validators.Draft7Validator)
    try:
        kind.check_schema(schema)
    except exceptions.SchemaError as error:
        message = f"this is no JSON Schema: {error.message}"
        raise ConfigurationError(message) from None
    validate: Check = kind(schema).validate
    return validate


def _checked_writer(text: str | None) -> Callable[[Any], bytes]:
    check, write = _check_of(json.loads(text or "{}")), Json().encoder("", is_key=False)

    def encode(value: Any) -> bytes:
        try:
            check(value)
        except Exception as error:
            place, reason = place_of(error), reason_of(error)
            message = f"field {place}: {reason}" if place else reason
            raise EncodeError(message) from error
        return write(value)

    return encode


def _unreadable(error: Exception, schema_id: int | None) -> DecodeError:
    place, reason = place_of(error), reason_of(error)
    written = "" if schema_id is None else f" (written with schema id {schema_id})"
    message = f"field {place}: {reason}{written}" if place else f"{reason}{written}"
    return DecodeError(message, field=place, schema_id=schema_id)
