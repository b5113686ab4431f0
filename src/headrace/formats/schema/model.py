"""The model of a Python type that schemas are made from: scalars, lists, maps, enums, records, unions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MISSING: Any = object()
"""The default of a field that has none."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value without parts.

    Attributes:
        name: `null`, `boolean`, `int`, `long`, `float`, `double`, `bytes`, `string`, `date`, `time-millis`, `time-micros`,
            `timestamp-millis`, `timestamp-micros`, `uuid` or `decimal`.
        precision / scale: Of a decimal.
    """

    name: str
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, or what Python keeps as `make`: list, tuple, set or frozenset."""

    item: Node
    make: type[Any] = list


@dataclass(frozen=True, slots=True)
class MapOf:
    """Texts to values."""

    value: Node


@dataclass(frozen=True, slots=True)
class EnumOf:
    """A Python enum. Its members' names are the symbols."""

    cls: type[Enum]

    @property
    def symbols(self) -> list[str]:
        """Names of the members in order."""
        return [member.name for member in self.cls]


@dataclass(frozen=True, slots=True)
class UnionOf:
    """One of several; `Scalar("null")` first among them if None is allowed."""

    members: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A field of a record.

    Attributes:
        attribute: Its name in Python.
        name: Its name in the schema.
        default: What it is when it is left out; MISSING if it may not be.
        aliases: Former names.
        number: In a Protobuf message; 0 to be counted.
    """

    attribute: str
    name: str
    type: Node
    default: Any = MISSING
    aliases: tuple[str, ...] = ()
    number: int = 0


class Style(Enum):
    """How values of a record are made and read."""

    OBJECT = "attributes, made by keyword or position"
    DICT = "a dict (TypedDict)"


@dataclass(slots=True, eq=False)
class RecordOf:
    """A class with fields. Equal only to itself, as it may contain itself; fields are filled in when all are known."""

    cls: type[Any]
    style: Style = Style.OBJECT
    fields: tuple[FieldOf, ...] = field(default=(), repr=False)
    positional: bool = True
    doc: str = ""

    @property
    def name(self) -> str:
        """The class's name."""
        return self.cls.__name__


Node = Scalar | ListOf | MapOf | EnumOf | UnionOf | RecordOf

NULL = Scalar("null")


def walk(node: Node, seen: set[int] | None = None) -> Iterator[Node]:
    """The node and all below it, records once each."""
    seen = set() if seen is None else seen
    if isinstance(node, RecordOf):
        if id(node) in seen:
            return
        seen.add(id(node))
    yield node
    below: tuple[Node, ...] = ()
    match node:
        case ListOf(item):
            below = (item,)
        case MapOf(value):
            below = (value,)
        case UnionOf(members):
            below = members
        case RecordOf():
            below = tuple(each.type for each in node.fields)
    for child in below:
        yield from walk(child, seen)


def records_of(node: Node) -> list[RecordOf]:
    """All records in it, outer ones first."""
    return [each for each in walk(node) if isinstance(each, RecordOf)]


def enums_of(node: Node) -> list[EnumOf]:
    """All enums in it, once each."""
    return list(dict.fromkeys(each for each in walk(node) if isinstance(each, EnumOf)))
