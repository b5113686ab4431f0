"""Functions from a typed value to the plain datum that fastavro writes, generated per type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

from headrace.formats.schema import checked
from headrace.formats.schema.avro import member_index
from headrace.formats.schema.generated import Source
from headrace.formats.schema.model import NULL, EnumOf, ListOf, MapOf, Node, RecordOf, Scalar, Style, UnionOf

_CHECKS: dict[str, tuple[type[Any], Callable[[Any], Any]]] = {
    "null": (NoneType, checked.as_none),
    "boolean": (bool, checked.as_truth),
    "long": (int, checked.as_int),
    "float": (float, checked.as_float),
    "double": (float, checked.as_float),
    "bytes": (bytes, checked.as_bytes),
    "string": (str, checked.as_text),
    "date": (date, checked.as_date),
}
"""Exact type, for which nothing is called, and the function for all others."""

_CLASSES: dict[str, type[Any]] = {
    "int": int,
    "uuid": UUID,
    "decimal": Decimal,
    "time-millis": time,
    "time-micros": time,
    "timestamp-millis": datetime,
    "timestamp-micros": datetime,
    **{name: of for name, (of, _) in _CHECKS.items()},
}


def datum_maker(model: Node, names: Mapping[str, str]) -> Callable[[Any], Any]:
    """A function that checks a value and takes it apart; members of unions that have names become (name, datum).

    Args:
        model: What `model_of` made.
        names: Full names in the schema by class name.

    The function raises TypeError, ValueError, OverflowError, KeyError or AttributeError on what the type does not allow.
    """
    return _Making(names).maker(model)


class _Making:
    def __init__(self, names: Mapping[str, str]) -> None:
        self._source = Source("datum")
        self._names = names

    def maker(self, model: Node) -> Callable[[Any], Any]:
        whole = self._expression(model, "v")
        if isinstance(model, RecordOf):
            return self._source.build(self._source.function(id(model), "v", lambda: self._record(model)))
        return self._source.build(self._source.function(("whole", id(model)), "v", lambda: [f"return {whole}"]))

    def _expression(self, node: Node, value: str) -> str:
        """An expression for the datum of the value that the expression `value` gives."""
        constant, variable = self._source.constant, self._source.variable()
        match node:
            case Scalar(name):
                return self._scalar(name, value, variable)
            case EnumOf(cls):
                return f"{constant({member: member.name for member in cls})}[{value}]"
            case ListOf(item, make):
                items = f"{constant(checked.as_items)}({value}, {constant(make)})"
                return f"[{self._expression(item, variable)} for {variable} in {items}]"
            case MapOf(inner):
                key = self._source.variable()
                entries = f"{constant(checked.as_map)}({value})"
                text = self._scalar("string", key, self._source.variable())
                return f"{{{text}: {self._expression(inner, variable)} for {key}, {variable} in {entries}}}"
            case RecordOf():
                return f"{self._source.function(id(node), 'v', lambda: self._record(node))}({value})"
            case UnionOf((first, other)) if first == NULL:
                return f"(None if ({variable} := {value}) is None else {self._member(other, variable)})"
            case UnionOf():
                return f"{self._source.function(node, 'v', lambda: self._union(node))}({value})"

    def _scalar(self, name: str, value: str, variable: str) -> str:
        constant = self._source.constant
        if name in _CHECKS:
            of, check = _CHECKS[name]
            return f"({variable} if ({variable} := {value}).__class__ is {constant(of)} else {constant(check)}({variable}))"
        if name == "int":
            return f"{constant(checked.as_int32)}({value})"
        if name.startswith("timestamp"):
            return f"{constant(checked.as_moment)}({value})"
        return f"{constant(checked.as_instance)}({value}, {constant(_CLASSES[name])})"

    def _record(self, record: RecordOf) -> list[str]:
        is_dict = record.style is Style.DICT
        cls = self._source.constant(dict if is_dict else record.cls)
        access = "v[{!r}]" if is_dict else "v.{}"
        parts = (f"{field.name!r}: {self._expression(field.type, access.format(field.attribute))}" for field in record.fields)
        return [
            f"if v.__class__ is not {cls}: {self._source.constant(checked.as_instance)}(v, {cls})",
            f"return {{{', '.join(parts)}}}",
        ]

    def _union(self, union: UnionOf) -> list[str]:
        lines = ["c = v.__class__"]
        classes = [self._source.constant(_class_of(member)) for member in union.members]
        for cls, member in zip(classes, union.members, strict=True):
            lines.append(f"if c is {cls}: return {self._member(member, 'v')}")
        # Subclasses, whose class is none of these, are looked for one by one.
        lines.append(f"i = {self._source.constant(member_index)}({self._source.constant(union.members)}, v)")
        for index, member in enumerate(union.members):
            lines.append(f"if i == {index}: return {self._member(member, 'v')}")
        wanted = " | ".join(_class_of(member).__name__ for member in union.members)
        lines.append(f"raise TypeError('expected {wanted}, got %r of type %s' % (v, c.__name__))")
        return lines

    def _member(self, node: Node, value: str, *, named: bool = True) -> str:
        datum = self._expression(node, value)
        if named and isinstance(node, RecordOf | EnumOf):
            return f"({self._names[node.cls.__name__]!r}, {datum})"
        return datum


def _class_of(node: Node) -> type[Any]:
    match node:
        case Scalar(name):
            return _CLASSES[name]
        case ListOf(_, make):
            return make
        case MapOf():
            return dict
        case EnumOf(cls):
            return cls
        case RecordOf():
            return dict if node.style is Style.DICT else node.cls
        case UnionOf():
            return object
