"""Reading Avro: from bytes to values, under one schema or under the one that each record names."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

from headrace.core.errors import DecodeError
from headrace.formats.extras import required
from headrace.formats.registry.api import SchemaKind
from headrace.formats.registry.references import joined
from headrace.formats.registry.use import InRegistry, Plain
from headrace.formats.registry.wire import HEADER_SIZE, schema_id_of
from headrace.formats.registry.writers import made_for
from headrace.formats.schema.avro import avro_schema
from headrace.formats.schema.avro_bytes import find_fault
from headrace.formats.schema.avro_compatibility import unreadable_parts
from headrace.formats.schema.model import Node, RecordOf, UnionOf, walk
from headrace.formats.schema.value import ABSENT, value_maker

Decode = Callable[[bytes], Any]


class AvroReading:
    """Makes decoders.

    Args:
        text: The reader's schema; None for that of the writer.
        model: Of the type, if values have one.
        use: The registry, or none.
    """

    def __init__(self, text: str | None, model: Node | None, use: InRegistry | Plain) -> None:
        self._schema = None if text is None else json.loads(text)
        self._model = model
        self._use = use

    def decoder(self) -> Decode:
        """A function from bytes to a value."""
        if isinstance(self._use, Plain):
            return self._reader(self._schema, None)
        registry = self._use.connected()
        readers: dict[bytes, Decode] = {}

        def decode(data: bytes) -> Any:
            reader = readers.get(data[:HEADER_SIZE])
            if reader is None:
                schema_id = schema_id_of(data)
                reader = made_for(
                    schema_id, SchemaKind.AVRO, registry, lambda schema: self._reader(joined(schema, registry), schema_id)
                )
                readers[data[:HEADER_SIZE]] = reader
            return reader(data)

        return decode

    def _reader(self, writer: Any, schema_id: int | None) -> Decode:
        """The function for data of one writer's schema."""
        fastavro = required("fastavro", "avro")
        model, own = self._reader_of(writer)
        parsed = fastavro.parse_schema(writer)
        same = own is None or _same(own, writer)
        target = None if same else _with_absent(fastavro.parse_schema(own))
        names = (
            {"return_named_type": True} if model is not None and any(isinstance(each, UnionOf) for each in walk(model)) else {}
        )
        value_of = None if model is None else value_maker(model, resolving=not same)
        read, start = fastavro.schemaless_reader, 0 if schema_id is None else HEADER_SIZE
        buffer_of = BytesIO

        def decode(data: bytes) -> Any:
            try:
                buffer = buffer_of(data)
                if start:
                    buffer.seek(start)
                datum = read(buffer, parsed, target, **names) if names else read(buffer, parsed, target)
                if buffer.tell() == len(data):
                    return datum if value_of is None else value_of(datum)
            except Exception as error:
                raise _unreadable(own, writer, data, schema_id, error) from error
            raise _unreadable(own, writer, data, schema_id, None)

        return decode

    def _reader_of(self, writer: Any) -> tuple[Node | None, Any]:
        """Type and schema to read into. Of a union the member that has the name of the writer's record, where there is one."""
        if isinstance(self._model, UnionOf) and isinstance(writer, dict) and "name" in writer:
            short = writer["name"].rpartition(".")[2]
            for member in self._model.members:
                if isinstance(member, RecordOf) and member.name == short:
                    return member, avro_schema(member)
        return self._model, self._schema


def _same(own: Any, writer: Any) -> bool:
    """Whether data of the writer can be read without resolution: the schemas differ in nothing but comments and defaults."""
    return bool(_bare(own) == _bare(writer))


def _bare(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _bare(value) for key, value in schema.items() if key not in ("doc", "default", "aliases", "namespace")}
    return kept["type"] if list(kept) == ["type"] else kept


def _with_absent(schema: Any) -> Any:
    """Defaults in a parsed schema become ABSENT: fastavro gives them out as they stand in the schema's JSON."""
    if isinstance(schema, list):
        for each in schema:
            _with_absent(each)
    elif isinstance(schema, dict):
        for each in schema.get("fields", ()):
            if "default" in each:
                each["default"] = ABSENT
            _with_absent(each["type"])
        for key in ("items", "values", "type"):
            _with_absent(schema.get(key))
    return schema


def _unreadable(own: Any, writer: Any, data: bytes, schema_id: int | None, error: Exception | None) -> DecodeError:
    fault = find_fault(writer, data, 0 if schema_id is None else HEADER_SIZE)
    parts = [] if fault is not None or own is None else unreadable_parts(own, writer)
    place: str | None = None
    if fault is not None:
        reason, place = fault.reason, fault.field or None
    elif parts:
        # The bytes are right, so it is the reader's schema that has no room for what is in them.
        place = parts[0].partition(":")[0].removeprefix("field ") if parts[0].startswith("field ") else None
        reason = parts[0].partition(": ")[2] if place else parts[0]
    else:
        reason = error.message if isinstance(error, DecodeError) else f"{type(error).__name__}: {error}".replace("\n", " ")
    written = "" if schema_id is None else f" (written with schema id {schema_id})"
    message = f"field {place}: {reason}{written}" if place else f"{reason}{written}"
    return DecodeError(message, field=place, schema_id=schema_id)
