"""Writing Avro: from values to bytes under one schema, or one per type where subjects are named after records."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from headrace.core.errors import EncodeError, HeadraceError
from headrace.formats.extras import required
from headrace.formats.registry.api import Schema
from headrace.formats.registry.references import joined
from headrace.formats.registry.use import InRegistry, Plain, WriterSchema
from headrace.formats.schema.avro import avro_schema, parts_of
from headrace.formats.schema.datum import datum_maker
from headrace.formats.schema.members import Encode, encoder_by_class
from headrace.formats.schema.misfit import refusal
from headrace.formats.schema.model import Node, RecordOf, UnionOf, enums_of, records_of


class AvroWriting:
    """Makes encoders.

    Args:
        text: The schema; None for the subject's newest.
        model: Of the type, if values have one.
        use: The registry, or none.
    """

    def __init__(self, text: str | None, model: Node | None, use: InRegistry | Plain) -> None:
        self._text = text
        self._model = model
        self._use = use

    def encoder(self, topic: str, *, is_key: bool) -> Encode:
        """A function from a value to its bytes."""
        use = self._use
        schema = None if self._text is None else json.loads(self._text)
        if isinstance(use, Plain):
            return _encoder(schema, self._model, _no_header)
        if use.subjects != "topic" and isinstance(self._model, UnionOf):
            return self._of_members(self._model, schema, use, topic, is_key=is_key)
        return _registered(schema, self._model, use, use.subject(topic, _name(schema), is_key=is_key))

    def _of_members(self, union: UnionOf, schemas: Any, use: InRegistry, topic: str, *, is_key: bool) -> Encode:
        """Each member under a subject of its own."""
        alone = {member.cls: schema for member, schema in _alone(union, schemas)}
        encoders = {
            member.cls: _registered(alone[member.cls], member, use, use.subject(topic, _name(alone[member.cls]), is_key=is_key))
            for member in union.members
            if isinstance(member, RecordOf)
        }
        return encoder_by_class(encoders)


def _alone(union: UnionOf, schemas: Any) -> list[tuple[RecordOf, Any]]:
    """Members with schemas that can stand alone: a type that an earlier member has defined is defined again."""
    space = next((schema.get("namespace") for schema in schemas if isinstance(schema, dict)), None)
    return [(member, avro_schema(member, space)) for member in union.members if isinstance(member, RecordOf)]


def _registered(schema: Any, model: Node | None, use: InRegistry, subject: str) -> Encode:
    own = None if schema is None else Schema(json.dumps(schema, separators=(",", ":")))
    writer = WriterSchema(use, subject, own)
    if writer.latest is not None and (use.writes == "latest" or schema is None):
        schema = joined(writer.latest, use.connected())
    return _encoder(schema, model, writer.header)


def _no_header() -> bytes:
    return b""


def _encoder(schema: Any, model: Node | None, header: Callable[[], bytes]) -> Encode:
    fastavro = required("fastavro", "avro")
    write, parsed = fastavro.schemaless_writer, fastavro.parse_schema(schema)
    datum_of = None if model is None else datum_maker(model, _names(model, schema), parsed)
    buffer_of, head, has_head = BytesIO, b"", header is _no_header

    def failed(value: Any, error: Exception) -> EncodeError:
        return _unwritable(value, model, parsed, error)

    def encode(value: Any) -> bytes:
        nonlocal head, has_head
        try:
            buffer = buffer_of()
            if head:
                buffer.write(head)
            write(buffer, parsed, value if datum_of is None else datum_of(value))
        except Exception as error:
            raise failed(value, error) from error
        if has_head:
            return buffer.getvalue()
        # Not before a value is known to fit: what cannot be written must not change the registry.
        head, has_head = header(), True
        return head + buffer.getvalue()

    return encode


def _names(model: Node, schema: Any) -> Mapping[str, str]:
    """Full names in the schema by class name: the registry's may have another namespace."""
    found = {name.rpartition(".")[2]: name for name in named_types(schema)}
    classes = [record.cls for record in records_of(model)] + [enum.cls for enum in enums_of(model)]
    return {cls.__name__: found.get(cls.__name__, cls.__name__) for cls in classes}


def named_types(schema: Any, namespace: str = "") -> list[str]:
    """Full names of all records, enums and fixed types that a schema defines."""
    found: list[str] = []
    if isinstance(schema, dict) and "name" in schema and schema.get("type") in ("record", "error", "enum", "fixed"):
        own, _, short = schema["name"].rpartition(".")
        namespace = own or schema.get("namespace", namespace)
        found.append(f"{namespace}.{short}" if namespace else short)
    return found + [name for each in parts_of(schema) for name in named_types(each, namespace)]


def _name(schema: Any) -> str | None:
    """The full name of a record; None for anything else."""
    return named_types(schema)[0] if isinstance(schema, dict) and schema.get("type") == "record" else None


def _unwritable(value: Any, model: Node | None, schema: Any, error: Exception) -> EncodeError:
    if isinstance(error, HeadraceError) and not isinstance(error, EncodeError):
        raise error
    return refusal(model, value, error if model is not None else _refused_by(schema, value) or error)


def _refused_by(schema: Any, value: Any) -> Exception | None:
    """What fastavro's validation says of a dict."""
    validation = required("fastavro.validation", "avro")
    try:
        validation.validate(value, schema, raise_errors=True)
    except Exception as error:
        return error
    return None
