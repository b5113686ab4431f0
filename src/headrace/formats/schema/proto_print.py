"""Protobuf descriptors as text, which is what registries keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_LABELS = {2: "required ", 3: "repeated "}
_INDENT = "  "


def proto_text(file: Any) -> str:
    """The schema of a FileDescriptorProto. Options other than packing and map entries are left out."""
    is_proto3 = file.syntax == "proto3"
    lines = [f'syntax = "{file.syntax or "proto2"}";']
    if file.package:
        lines.append(f"package {file.package};")
    lines += [f'import "{path}";' for path in file.dependency]
    for message in file.message_type:
        lines += ["", *_message(message, "", is_proto3=is_proto3)]
    for enum in file.enum_type:
        lines += ["", *_enum(enum, "")]
    return "\n".join(lines) + "\n"


def _message(message: Any, indent: str, *, is_proto3: bool) -> Iterator[str]:
    yield f"{indent}message {message.name} {{"
    inner = indent + _INDENT
    entries = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
    for nested in message.nested_type:
        if nested.name not in entries:
            yield from _message(nested, inner, is_proto3=is_proto3)
    for enum in message.enum_type:
        yield from _enum(enum, inner)
    opened: set[int] = set()
    for field in message.field:
        if not field.HasField("oneof_index") or field.proto3_optional:
            yield f"{inner}{_field(field, entries, is_proto3=is_proto3)}"
        elif field.oneof_index not in opened:
            opened.add(field.oneof_index)
            yield f"{inner}oneof {message.oneof_decl[field.oneof_index].name} {{"
            for member in message.field:
                if member.HasField("oneof_index") and member.oneof_index == field.oneof_index:
                    yield f"{inner}{_INDENT}{_kind(member)} {member.name} = {member.number};"
            yield f"{inner}}}"
    yield f"{indent}}}"


def _field(field: Any, entries: dict[str, Any], *, is_proto3: bool) -> str:
    entry = entries.get(field.type_name.rpartition(".")[2])
    if entry is not None and field.label == field.LABEL_REPEATED:
        key, value = entry.field
        return f"map<{_kind(key)}, {_kind(value)}> {field.name} = {field.number};"
    label = _LABELS.get(field.label, "")
    if not label and (field.proto3_optional or not is_proto3):
        label = "optional "
    default = f" [default = {_default(field)}]" if field.HasField("default_value") else ""
    return f"{label}{_kind(field)} {field.name} = {field.number}{default};"


def _default(field: Any) -> str:
    return f'"{field.default_value}"' if field.type in (field.TYPE_STRING, field.TYPE_BYTES) else str(field.default_value)


def _kind(field: Any) -> str:
    if field.type_name:
        return str(field.type_name)
    return str(field.Type.Name(field.type)).removeprefix("TYPE_").lower()


def _enum(enum: Any, indent: str) -> Iterator[str]:
    yield f"{indent}enum {enum.name} {{"
    if enum.options.allow_alias:
        yield f"{indent}{_INDENT}option allow_alias = true;"
    for value in enum.value:
        yield f"{indent}{_INDENT}{value.name} = {value.number};"
    yield f"{indent}}}"
