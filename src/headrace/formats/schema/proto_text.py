"""Protobuf schemas as text, read into descriptors: what a registry holds must be usable without a compiler.

Read are messages, enums, oneofs, maps, reserved names, imports and packages of proto2 and proto3. Options, services and
extensions are passed over.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NoReturn

from headrace.core.errors import RegistryError
from headrace.formats.extras import required

_TOKEN = re.compile(
    r"""\s+|//[^\n]*|/\*.*?\*/|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_.][\w.]*|-?[\d.]+(?:[eE][+-]?\d+)?\w*|.)""",
    re.DOTALL,
)
_LABELS = {"optional": 1, "required": 2, "repeated": 3}
_SCALARS = {
    "double": 1,
    "float": 2,
    "int64": 3,
    "uint64": 4,
    "int32": 5,
    "fixed64": 6,
    "fixed32": 7,
    "bool": 8,
    "string": 9,
    "bytes": 12,
    "uint32": 13,
    "sfixed32": 15,
    "sfixed64": 16,
    "sint32": 17,
    "sint64": 18,
}
"""Their numbers in descriptors."""
_REPEATED = 3


def parsed_proto(text: str, name: str = "schema.proto") -> Any:
    """The FileDescriptorProto of a schema, given as text or, as some clients register it, as a descriptor in base64.

    Types of fields that are messages or enums have their names as they were written, and no kind: a descriptor pool finds out.

    Raises:
        RegistryError: It is no Protobuf schema.
        ConfigurationError: protobuf is not installed (`headrace[protobuf]`).
    """
    descriptor = required("google.protobuf.descriptor_pb2", "protobuf")
    encoded = _from_base64(text)
    if encoded is not None:
        try:
            file = descriptor.FileDescriptorProto.FromString(encoded)
        except Exception as error:
            message = f"this is no Protobuf schema: {error}"
            raise RegistryError(message) from None
    else:
        file = _Parser(text, descriptor).file()
    file.name = name
    return file


def _from_base64(text: str) -> bytes | None:
    if any(sign in text for sign in "{};\n"):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


class _Parser:
    def __init__(self, text: str, descriptor: Any) -> None:
        self._tokens = [found[1] for found in _TOKEN.finditer(text) if found[1]]
        self._place = 0
        self._descriptor = descriptor
        self._syntax = "proto2"

    def file(self) -> Any:
        file = self._descriptor.FileDescriptorProto()
        while self._place < len(self._tokens):
            word = self._next()
            match word:
                case "syntax" | "edition":
                    self._expect("=")
                    self._syntax = file.syntax = _unquoted(self._next())
                    self._expect(";")
                case "package":
                    file.package = self._next()
                    self._expect(";")
                case "import":
                    path = self._next()
                    file.dependency.append(_unquoted(self._next() if path in ("public", "weak") else path))
                    self._expect(";")
                case "message":
                    self._message(file.message_type.add())
                case "enum":
                    self._enum(file.enum_type.add())
                case ";":
                    pass
                case _:
                    self._pass_over()
        return file

    def _message(self, message: Any) -> None:
        self._fields_and_types(message)
        for field in message.field:
            # Presence of a single field is a oneof of its own in proto3; these stand behind all others.
            if field.proto3_optional and self._syntax == "proto3":
                field.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field.name}")
            else:
                field.ClearField("proto3_optional")

    def _fields_and_types(self, message: Any) -> None:
        message.name = self._next()
        self._expect("{")
        while (word := self._next()) != "}":
            match word:
                case "message":
                    self._message(message.nested_type.add())
                case "enum":
                    self._enum(message.enum_type.add())
                case "oneof":
                    self._oneof(message)
                case "option" | "reserved" | "extensions" | "extend":
                    self._pass_over()
                case ";":
                    pass
                case _:
                    self._field(message, word)

    def _oneof(self, message: Any) -> None:
        message.oneof_decl.add().name = self._next()
        index = len(message.oneof_decl) - 1
        self._expect("{")
        while (word := self._next()) != "}":
            if word == "option":
                self._pass_over()
            elif word != ";":
                self._field(message, word).oneof_index = index

    def _field(self, message: Any, word: str) -> Any:
        field = message.field.add()
        field.label = _LABELS.get(word, 1)
        explicit = word == "optional"
        kind = self._next() if word in _LABELS else word
        entry = self._map_types() if kind == "map" and self._peek() == "<" else None
        field.name = self._next()
        self._expect("=")
        field.number = self._number()
        if entry is not None:
            field.label = _REPEATED
            kind = _camel(field.name) + "Entry"
            self._entry(message, kind, *entry)
        _set_type(field, kind)
        if explicit:
            field.proto3_optional = True
        self._pass_over()
        return field

    def _map_types(self) -> tuple[str, str]:
        self._expect("<")
        key = self._next()
        self._expect(",")
        value = self._next()
        self._expect(">")
        return key, value

    def _entry(self, message: Any, name: str, key: str, value: str) -> None:
        entry = message.nested_type.add(name=name)
        entry.options.map_entry = True
        for number, (part, kind) in enumerate((("key", key), ("value", value)), start=1):
            field = entry.field.add(name=part, number=number, label=1)
            _set_type(field, kind)

    def _enum(self, enum: Any) -> None:
        enum.name = self._next()
        self._expect("{")
        while (word := self._next()) != "}":
            if word in ("option", "reserved"):
                self._pass_over()
            elif word != ";":
                self._expect("=")
                enum.value.add(name=word, number=self._number())
                self._pass_over()

    def _pass_over(self) -> None:
        """To the end of a statement: past its semicolon or its braces."""
        depth = 0
        while True:
            word = self._next()
            depth += (word in "{[") - (word in "}]") if len(word) == 1 else 0
            if depth == 0 and word in (";", "}"):
                return

    def _number(self) -> int:
        word = self._next()
        try:
            return int(word, 0)
        except ValueError:
            self._fail(f"a number, not {word!r}")

    def _peek(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _next(self) -> str:
        if self._place >= len(self._tokens):
            self._fail("more")
        self._place += 1
        return self._tokens[self._place - 1]

    def _expect(self, sign: str) -> None:
        word = self._next()
        if word != sign:
            self._fail(f"{sign!r}, not {word!r}")

    def _fail(self, expected: str) -> NoReturn:
        near = " ".join(self._tokens[max(0, self._place - 6) : self._place + 1])
        message = f"this is no Protobuf schema: expected {expected} near {near!r}"
        raise RegistryError(message)


def _set_type(field: Any, kind: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type_name = kind


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _unquoted(text: str) -> str:
    return text.strip("\"'")
