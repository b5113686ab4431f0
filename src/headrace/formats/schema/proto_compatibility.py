"""Whether Protobuf data of one schema can be read by another: fields keep number and type.

Source of the rules: "Updating A Message Type" in the Protocol Buffers guide. The names of rules are those of Confluent's.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from headrace.formats.schema.proto_text import parsed_proto

_ALIKE = (
    {"int32", "int64", "uint32", "uint64", "bool", "enum"},
    {"sint32", "sint64"},
    {"string", "bytes"},
    {"fixed32", "sfixed32"},
    {"fixed64", "sfixed64"},
)
"""Kinds that have the same bytes on the wire."""


def changed_parts(reader: str, writer: str) -> list[str]:
    """Each obstacle as `message.field: rule, what`; empty if the reader reads what the writer writes."""
    return list(_files(parsed_proto(reader), parsed_proto(writer)))


def _files(reader: Any, writer: Any) -> Iterator[str]:
    read = dict(_messages(reader.message_type, ""))
    enums = _enums(reader) | _enums(writer)
    for name, message in _messages(writer.message_type, ""):
        if name in read:
            yield from _fields(name, read[name], message, enums)
        else:
            yield f"message {name}: MESSAGE_REMOVED, the reader does not have it"


def _messages(messages: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for message in messages:
        name = f"{prefix}{message.name}"
        yield name, message
        yield from _messages(message.nested_type, f"{name}.")


def _enums(file: Any) -> set[str]:
    """Short names of all enums: a schema that was given as text does not say of a field that its type is one."""
    nested = [enum for _, message in _messages(file.message_type, "") for enum in message.enum_type]
    return {enum.name for enum in (*file.enum_type, *nested)}


def _fields(name: str, reader: Any, writer: Any, enums: set[str]) -> Iterator[str]:
    read = {field.number: field for field in reader.field}
    for field in writer.field:
        other = read.get(field.number)
        if other is None:
            continue
        one, two = _kind_of(other, enums), _kind_of(field, enums)
        if one != two and not any(one in alike and two in alike for alike in _ALIKE):
            rule = "FIELD_NAMED_TYPE_CHANGED" if "." in (one + two) else "FIELD_SCALAR_KIND_CHANGED"
            yield f"field {name}.{field.name}: {rule}, number {field.number} is {one} for the reader and {two} for the writer"
        elif (other.label == other.LABEL_REPEATED) != (field.label == field.LABEL_REPEATED):
            yield f"field {name}.{field.name}: FIELD_LABEL_CHANGED, only one side repeats number {field.number}"
    written = {field.number for field in writer.field}
    for field in reader.field:
        if field.label == field.LABEL_REQUIRED and field.number not in written:
            yield f"field {name}.{field.name}: REQUIRED_FIELD_ADDED, the reader needs it and the writer does not have it"


def _kind_of(field: Any, enums: Set[str]) -> str:
    """The type of a field as it is written in a schema; names of messages without their package. `enums` are known as such."""
    if field.type_name:
        short: str = field.type_name.rpartition(".")[2]
        return "enum" if field.type == field.TYPE_ENUM or short in enums else f".{short}"
    name: str = field.Type.Name(field.type)
    return name.removeprefix("TYPE_").lower()
