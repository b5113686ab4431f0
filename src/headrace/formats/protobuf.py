"""Protobuf: generated classes, classes of a descriptor, or Python types, with or without a schema registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, overload

from headrace.core.errors import ConfigurationError, DecodeError, EncodeError
from headrace.formats.api import Format
from headrace.formats.extras import required
from headrace.formats.protobuf_files import classes_for, dynamic_class, registered_class, registered_schema
from headrace.formats.registry.api import Schema, SchemaKind
from headrace.formats.registry.message_index import index_bytes, read_index
from headrace.formats.registry.use import InRegistry, Plain, WriterSchema
from headrace.formats.registry.wire import HEADER_SIZE, schema_id_of
from headrace.formats.registry.writers import made_for
from headrace.formats.schema.members import encoder_by_class
from headrace.formats.schema.misfit import refusal
from headrace.formats.schema.model import RecordOf, UnionOf
from headrace.formats.schema.of_type import model_of
from headrace.formats.schema.proto_bytes import find_fault
from headrace.formats.schema.proto_values import message_maker, value_reader

T = TypeVar("T")

Decode = Callable[[bytes], Any]


@dataclass(frozen=True, init=False, repr=False)
class Protobuf(Format[T]):
    """Protobuf data.

    `Protobuf(Message)` takes a class that `protoc` has generated, or that `message_class` has made from a descriptor, and its
    messages are the values. `Protobuf(T)` takes a dataclass, msgspec Struct, TypedDict or NamedTuple; its fields are numbered
    in their order unless `Annotated[int, Number(5)]` says otherwise. `Protobuf(A | B)` is one of several, told apart by the
    record's schema. `Protobuf()` reads messages of whatever schema they were written with.

    With a registry, the default, each record begins with the id of its schema and the index of its message.

    Args:
        of: A message class or type, or a union of them.
        use: `InRegistry(...)`, or `PLAIN`.
        package: Of the messages made from a type.

    Raises:
        ConfigurationError: The type has no message, or protobuf is not installed (`headrace[protobuf]`).
    """

    of: Any
    use: InRegistry | Plain
    package: str | None

    @overload
    def __init__(self: Protobuf[Any], of: None = None, use: InRegistry | Plain = ...) -> None: ...
    @overload
    def __init__(self, of: type[T], use: InRegistry | Plain = ..., *, package: str | None = None) -> None: ...
    @overload
    def __init__(self: Protobuf[Any], of: Any, use: InRegistry | Plain = ..., *, package: str | None = None) -> None: ...
    def __init__(
        self,
        of: Any = None,
        use: InRegistry | Plain = InRegistry(),  # noqa: B008 - frozen
        *,
        package: str | None = None,
    ) -> None:
        required("google.protobuf.message", "protobuf")
        object.__setattr__(self, "of", of)
        object.__setattr__(self, "use", use)
        object.__setattr__(self, "layout", "Protobuf" if isinstance(use, Plain) else "Protobuf in a registry")
        object.__setattr__(self, "package", package)
        if isinstance(use, Plain) and (of is None or len(_members(of)) > 1):
            message = f"Protobuf data without a registry is of one message, not of {of or 'any'}"
            raise ConfigurationError(message, hint="Protobuf(Message, PLAIN)")
        _codecs(of, package)

    def __repr__(self) -> str:
        return f"Protobuf({'' if self.of is None else self.of.__name__ if isinstance(self.of, type) else self.of})"

    @property
    def message(self) -> Any:
        """The class of the messages that values are written as. Raises ConfigurationError where there is none, or several."""
        codecs = _codecs(self.of, self.package)
        if len(codecs) != 1:
            message = f"{self!r} has no message of its own"
            raise ConfigurationError(message, hint="give one message or class")
        return codecs[0].message

    def registered(self) -> Schema | None:
        """The schema as a registry gets it; None if there is none, or several."""
        codecs = _codecs(self.of, self.package)
        if len(codecs) != 1:
            return None
        use = self.use if isinstance(self.use, InRegistry) else InRegistry()
        return registered_schema(codecs[0].message.DESCRIPTOR.file, use)

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[T], bytes]:
        """EncodeError on what the message cannot hold; see `InRegistry` for those of the registry."""
        encoders = {codec.cls: self._encoder(codec, topic, is_key=is_key) for codec in _codecs(self.of, self.package)}
        if not encoders:
            return self._encode_messages(topic, is_key=is_key)
        return encoder_by_class(encoders) if len(encoders) > 1 else next(iter(encoders.values()))

    def _encode_messages(self, topic: str, *, is_key: bool) -> Callable[[Any], bytes]:
        """Messages of any class; each has its encoder made when the first of it comes."""
        encoders: dict[Any, Callable[[Any], bytes]] = {}

        def encode(value: Any) -> bytes:
            encoder = encoders.get(value.__class__)
            if encoder is None:
                codec = _Codec(value.__class__, value.__class__, None)
                encoder = encoders[value.__class__] = self._encoder(codec, topic, is_key=is_key)
            return encoder(value)

        return encode

    def _encoder(self, codec: _Codec, topic: str, *, is_key: bool) -> Callable[[Any], bytes]:
        make = None if codec.model is None else message_maker(codec.model, classes_for(codec.model, self.package))
        wanted, deterministic = codec.message, is_key  # maps have no order of their own, and keys must have one
        use, head = self.use, b""
        writer: WriterSchema | None = None
        if isinstance(use, InRegistry):
            descriptor = wanted.DESCRIPTOR
            schema = registered_schema(descriptor.file, use)
            writer = WriterSchema(use, use.subject(topic, descriptor.full_name, is_key=is_key), schema)
            index = index_bytes(descriptor)
        ready = writer is None

        def encode(value: Any) -> bytes:
            nonlocal head, ready
            try:
                message = value if make is None else make(value)
                if message.__class__ is not wanted:
                    text = f"expected {wanted.__name__}, got {type(value).__name__}"
                    raise EncodeError(text)
                data: bytes = message.SerializeToString(deterministic=True) if deterministic else message.SerializeToString()
            except EncodeError:
                raise
            except Exception as error:
                raise refusal(codec.model, value, error) from error
            if not ready:
                assert writer is not None
                head, ready = writer.header() + index, True
            return head + data if head else data

        return encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], T]:
        """DecodeError that names the field and the schema's id."""
        codecs = _codecs(self.of, self.package)
        if isinstance(self.use, Plain):
            return _reader(codecs[0], 0, None)
        if len(codecs) == 1:
            return _of_one(codecs[0])
        return _of_many({codec.message.DESCRIPTOR.full_name: codec for codec in codecs}, self.use)


@dataclass(frozen=True, slots=True)
class _Codec:
    """A class of values, its message, and its model if it is not the message itself."""

    cls: Any
    message: Any
    model: RecordOf | None


def message_class(descriptor_set: bytes, name: str) -> Any:
    """A message class made from a compiled schema, as `protoc --include_imports --descriptor_set_out` writes it.

    Args:
        descriptor_set: The file's bytes.
        name: The message's full name.

    Raises:
        ConfigurationError: There is no such message in it.
    """
    return dynamic_class(descriptor_set, name)


def _members(of: Any) -> tuple[Any, ...]:
    return get_args(of) if not isinstance(of, type) and get_args(of) else (of,)


def _codecs(of: Any, package: str | None) -> list[_Codec]:
    if of is None:
        return []
    message = required("google.protobuf.message", "protobuf").Message
    members = _members(of)
    if all(isinstance(member, type) and issubclass(member, message) for member in members):
        return [_Codec(member, member, None) for member in members]
    model = model_of(of)
    records = [each for each in (model.members if isinstance(model, UnionOf) else (model,)) if isinstance(each, RecordOf)]
    if not records or len(records) != len(members):
        text = f"{of!r} has no Protobuf message"
        raise ConfigurationError(text, hint="give a message class, a class with fields, or a union of them")
    return [_Codec(record.cls, classes_for(record, package)[record.name], record) for record in records]


def _of_one(codec: _Codec) -> Decode:
    """All data is taken for one message: Protobuf needs no schema of the writer's."""
    parse, descriptor, start_of_first = codec.message.FromString, codec.message.DESCRIPTOR, HEADER_SIZE + 1
    value_of = None if codec.model is None else value_reader(codec.model)

    def decode(data: bytes) -> Any:
        if len(data) > HEADER_SIZE and data[0] == 0 == data[HEADER_SIZE]:
            try:
                message = parse(data[start_of_first:])
                return message if value_of is None else value_of(message)
            except Exception as error:
                raise _unreadable(error, descriptor, data, start_of_first, None) from error
        schema_id = schema_id_of(data)
        _, start = read_index(data, HEADER_SIZE)
        return _reader(codec, start, schema_id)(data)

    return decode


def _of_many(codecs: dict[str, _Codec], use: InRegistry) -> Decode:
    """The registry says which message data is of."""
    registry, readers = use.connected(), dict[tuple[int, tuple[int, ...]], Decode]()

    def decode(data: bytes) -> Any:
        schema_id = schema_id_of(data)
        places, start = read_index(data, HEADER_SIZE)
        reader = readers.get((schema_id, places))
        if reader is None:
            found = made_for(
                schema_id, SchemaKind.PROTOBUF, registry, lambda schema: registered_class(schema, registry, places)
            )
            name = found.DESCRIPTOR.full_name
            codec = codecs.get(name) if codecs else _Codec(found, found, None)
            if codec is None:
                message = f"a {name} is none of {', '.join(codecs)} (written with schema id {schema_id})"
                raise DecodeError(message, schema_id=schema_id)
            reader = readers[schema_id, places] = _reader(codec, start, schema_id)
        return reader(data)

    return decode


def _reader(codec: _Codec, start: int, schema_id: int | None) -> Decode:
    parse, descriptor = codec.message.FromString, codec.message.DESCRIPTOR
    value_of = None if codec.model is None else value_reader(codec.model)

    def decode(data: bytes) -> Any:
        try:
            message = parse(data[start:] if start else data)
            return message if value_of is None else value_of(message)
        except Exception as error:
            raise _unreadable(error, descriptor, data, start, schema_id) from error

    return decode


def _unreadable(error: Exception, descriptor: Any, data: bytes, start: int, schema_id: int | None) -> DecodeError:
    if schema_id is None and start:
        schema_id = int.from_bytes(data[1:HEADER_SIZE], "big")
    found = find_fault(descriptor, data[start:])
    place, reason = found or (getattr(error, "field", None), str(error).rpartition(": ")[2])
    written = "" if schema_id is None else f" (written with schema id {schema_id})"
    message = f"field {place}: {reason}{written}" if place else f"{reason}{written}"
    return DecodeError(message, field=place or None, schema_id=schema_id)
