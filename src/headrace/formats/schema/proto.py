"""From the model of a type to Protobuf messages that stand for it.

Numbers and texts are proto3's own; UUID, Decimal, date and time are written as text, datetime as google.protobuf.Timestamp. An
enum's values have its name as a prefix. A union of records is a oneof.
"""

from __future__ import annotations

import re
from typing import Any

from headrace.core.errors import ConfigurationError
from headrace.formats.extras import required
from headrace.formats.schema.model import (
    MISSING,
    NULL,
    EnumOf,
    FieldOf,
    ListOf,
    MapOf,
    Node,
    RecordOf,
    Scalar,
    UnionOf,
    enums_of,
    records_of,
)

KINDS = {
    "boolean": 8,
    "int": 5,
    "long": 3,
    "float": 2,
    "double": 1,
    "bytes": 12,
    "string": 9,
    "uuid": 9,
    "decimal": 9,
    "date": 9,
    "time-millis": 9,
    "time-micros": 9,
}
"""Numbers of types in descriptors, by name of the scalar."""

_TIMESTAMP = "google.protobuf.Timestamp"
_OPTIONAL, _REPEATED = 1, 3
_ZEROS: tuple[Any, ...] = (False, 0, "", b"")


def file_of(model: Node, name: str, package: str | None) -> Any:
    """The FileDescriptorProto of a record, or of a union of records.

    Raises:
        ConfigurationError: Something that Protobuf has no way to write, such as a list of lists.
    """
    file = required("google.protobuf.descriptor_pb2", "protobuf").FileDescriptorProto(name=name, syntax="proto3")
    if package:
        file.package = package
    records = records_of(model)
    _refuse_twice([record.cls for record in records] + [enum.cls for enum in enums_of(model)])
    for enum in enums_of(model):
        described = file.enum_type.add(name=enum.cls.__name__)
        for number, symbol in enumerate(enum.symbols):
            described.value.add(name=value_name(enum, symbol), number=number)
    for record in records:
        _Message(file.message_type.add(name=record.name), file).fill(record)
    if any(isinstance(each, Scalar) and each.name.startswith("timestamp") for record in records for each in _types(record)):
        file.dependency.append("google/protobuf/timestamp.proto")
    return file


def value_name(enum: EnumOf, symbol: str) -> str:
    """How a member of an enum is called: values of all enums of a package share one space of names."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum.cls.__name__)
    return f"{snake.upper()}_{symbol}"


def oneof_name(field: FieldOf, member: RecordOf) -> str:
    """How a member of a union is called in its oneof."""
    return f"{field.name}_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', member.name).lower()}"


def has_presence(field: FieldOf) -> bool:
    """Whether it is known of a field if it was written: where zero is not what it is when it was not."""
    if isinstance(field.type, UnionOf):
        return True
    if field.default is MISSING or isinstance(field.type, ListOf | MapOf | RecordOf):
        return False
    return not any(field.default == zero and type(field.default) is type(zero) for zero in _ZEROS)


def _types(record: RecordOf) -> list[Node]:
    found: list[Node] = []
    for field in record.fields:
        match field.type:
            case ListOf(item):
                found.append(item)
            case MapOf(value):
                found.append(value)
            case UnionOf(members):
                found += members
            case other:
                found.append(other)
    return found


class _Message:
    def __init__(self, message: Any, file: Any) -> None:
        self._message = message
        self._package = f".{file.package}" if file.package else ""
        self._number = 0
        self._synthetic: list[Any] = []

    def fill(self, record: RecordOf) -> None:
        for field in record.fields:
            where = f"{record.name}.{field.name}"
            match field.type:
                case ListOf(item):
                    self._add(field.name, item, field.number, where).label = _REPEATED
                case MapOf(value):
                    self._map(field, value, where)
                case UnionOf(members) if len(members) == 2 and members[0] == NULL:
                    self._present(self._add(field.name, members[1], field.number, where))
                case UnionOf(members):
                    self._oneof(field, members, where)
                case other:
                    added = self._add(field.name, other, field.number, where)
                    if has_presence(field):
                        self._present(added)
        # Those that stand for the presence of one field have to come last.
        for field in self._synthetic:
            field.oneof_index = len(self._message.oneof_decl)
            self._message.oneof_decl.add(name=f"_{field.name}")

    def _add(self, name: str, node: Node, number: int, where: str) -> Any:
        self._number = number or self._number + 1
        field = self._message.field.add(name=name, number=self._number, label=_OPTIONAL)
        self._set_type(field, node, where)
        return field

    def _set_type(self, field: Any, node: Node, where: str) -> None:
        match node:
            case Scalar(name) if name in KINDS:
                field.type = KINDS[name]
            case Scalar(name) if name.startswith("timestamp"):
                field.type, field.type_name = field.TYPE_MESSAGE, f".{_TIMESTAMP}"
            case EnumOf(cls):
                field.type, field.type_name = field.TYPE_ENUM, f"{self._package}.{cls.__name__}"
            case RecordOf():
                field.type, field.type_name = field.TYPE_MESSAGE, f"{self._package}.{node.name}"
            case _:
                message = f"{where}: Protobuf has no lists, maps, unions or None within lists, maps or unions"
                raise ConfigurationError(message, hint="wrap it in a class of its own")

    def _present(self, field: Any) -> None:
        if field.type != field.TYPE_MESSAGE:
            field.proto3_optional = True
            self._synthetic.append(field)

    def _map(self, field: FieldOf, value: Node, where: str) -> None:
        name = "".join(part[:1].upper() + part[1:] for part in field.name.split("_")) + "Entry"
        entry = self._message.nested_type.add(name=name)
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=_OPTIONAL, type=KINDS["string"])
        self._set_type(entry.field.add(name="value", number=2, label=_OPTIONAL), value, where)
        self._number = field.number or self._number + 1
        added = self._message.field.add(name=field.name, number=self._number, label=_REPEATED)
        added.type, added.type_name = added.TYPE_MESSAGE, f"{self._package}.{self._message.name}.{name}"

    def _oneof(self, field: FieldOf, members: tuple[Node, ...], where: str) -> None:
        index = len(self._message.oneof_decl)
        self._message.oneof_decl.add(name=field.name)
        for member in members:
            if isinstance(member, RecordOf):
                self._add(oneof_name(field, member), member, field.number, where).oneof_index = index
                field = FieldOf(field.attribute, field.name, field.type)
            elif member != NULL:
                message = f"{where}: a union in Protobuf holds classes only"
                raise ConfigurationError(message, hint="wrap the other types in classes of their own")


def _refuse_twice(classes: list[type[Any]]) -> None:
    by_name: dict[str, type[Any]] = {}
    for cls in classes:
        if by_name.setdefault(cls.__name__, cls) is not cls:
            message = f"two classes are called {cls.__name__}"
            raise ConfigurationError(message, hint="a schema knows a type by its name alone: rename one of them")
