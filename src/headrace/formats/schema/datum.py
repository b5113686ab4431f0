"""Functions from a typed value to the plain datum that fastavro writes, generated per type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

from headrace.formats.schema import checked
from headrace.formats.schema.avro import branch_of, member_index, parts_of
from headrace.formats.schema.generated import Source
from headrace.formats.schema.model import NULL, EnumOf, ListOf, MapOf, Node, RecordOf, Scalar, Style, UnionOf

_CHECKS: dict[str, tuple[type[Any], Callable[[Any], Any]]] = {
    "null": (NoneType, checked.as_none),
    "boolean": (bool, checked.as_truth),
    "long": (int, checked.as_int),
    "double": (float, checked.as_float),
    "bytes": (bytes, checked.as_bytes),
    "string": (str, checked.as_text),
    "date": (date, checked.as_date),
}
"""Exact type, for which nothing is called, and the function for all others."""

_NARROW: dict[str, Callable[[Any], Any]] = {"int": checked.as_int32, "float": checked.as_float32}
"""What fastavro would write although it does not fit."""

_CLASSES: dict[str, type[Any]] = {
    "int": int,
    "float": float,
    "uuid": UUID,
    "decimal": Decimal,
    "time-millis": time,
    "time-micros": time,
    "timestamp-millis": datetime,
    "timestamp-micros": datetime,
    **{name: of for name, (of, _) in _CHECKS.items()},
}


def datum_maker(model: Node, names: Mapping[str, str], schema: Any) -> Callable[[Any], Any]:
    """A function that checks a value and takes it apart; where the schema has a union, it gives (name of the member, datum).

    fastavro finds a member without its name by trying them in turn. That takes time, writes 5 of `date | int` as a date and
    "RED" of `Color | str` as a color, and fails on lists and maps with such pairs in them.

    Args:
        model: What `model_of` made.
        names: Full names in the schema by class name.
        schema: As fastavro has parsed it. It may differ from that of the model.

    The function raises TypeError, ValueError, OverflowError, KeyError or AttributeError on what the type does not allow.
    """
    return _Making(names, schema).maker(model)


class _Making:
    def __init__(self, names: Mapping[str, str], schema: Any) -> None:
        self._source = Source("datum")
        self._names = names
        self._schema = schema
        self._defined = _definitions(schema)

    def maker(self, model: Node) -> Callable[[Any], Any]:
        schema = self._schema
        whole = self._expression(model, "v", schema)
        if isinstance(model, RecordOf) and not isinstance(schema, list):
            return self._source.build(self._source.function((id(model), id(schema)), "v", lambda: self._record(model, schema)))
        return self._source.build(self._source.function(("whole", id(model)), "v", lambda: [f"return {whole}"]))

    def _expression(self, node: Node, value: str, written: Any) -> str:
        """An expression for the datum of the value that the expression `value` gives, under the schema `written`."""
        constant, variable = self._source.constant, self._source.variable()
        schema = self._defined.get(written, written) if isinstance(written, str) else written
        if isinstance(schema, list) and not isinstance(node, UnionOf):
            return self._member(node, value, schema)
        match node:
            case Scalar(name):
                return self._scalar(_narrowed(name, schema), value, variable)
            case EnumOf(cls):
                return f"{constant({member: member.name for member in cls})}[{value}]"
            case ListOf(item, make):
                items = f"{constant(checked.as_items)}({value}, {constant(make)})"
                return f"[{self._expression(item, variable, _part(schema, 'items'))} for {variable} in {items}]"
            case MapOf(inner):
                key = self._source.variable()
                entries = f"{constant(checked.as_map)}({value})"
                text = self._scalar("string", key, self._source.variable())
                datum = self._expression(inner, variable, _part(schema, "values"))
                return f"{{{text}: {datum} for {key}, {variable} in {entries}}}"
            case RecordOf():
                make_datum = self._source.function((id(node), id(schema)), "v", lambda: self._record(node, schema))
                return f"{make_datum}({value})"
            case UnionOf((first, other)) if first == NULL:
                return f"(None if ({variable} := {value}) is None else {self._expression(other, variable, schema)})"
            case UnionOf():
                return f"{self._source.function((node, id(schema)), 'v', lambda: self._union(node, schema))}({value})"

    def _member(self, node: Node, value: str, union: list[Any]) -> str:
        """Without a name where there is no doubt, or no such member, as for an int where the schema has a double."""
        name = self._names[node.cls.__name__] if isinstance(node, RecordOf | EnumOf) else branch_of(node)
        found = next((each for each in union if _branch(each) == name), None)
        datum = self._expression(node, value, found)
        is_plain = isinstance(node, Scalar) and (node == NULL or len([each for each in union if each != "null"]) == 1)
        return datum if found is None or is_plain else f"({name!r}, {datum})"

    def _scalar(self, name: str, value: str, variable: str) -> str:
        constant = self._source.constant
        if name in _CHECKS:
            of, check = _CHECKS[name]
            return f"({variable} if ({variable} := {value}).__class__ is {constant(of)} else {constant(check)}({variable}))"
        if name in _NARROW:
            return f"{constant(_NARROW[name])}({value})"
        if name.startswith("timestamp"):
            return f"{constant(checked.as_moment)}({value})"
        return f"{constant(checked.as_instance)}({value}, {constant(_CLASSES[name])})"

    def _record(self, record: RecordOf, schema: Any) -> list[str]:
        is_dict = record.style is Style.DICT
        cls = self._source.constant(dict if is_dict else record.cls)
        access = "v[{!r}]" if is_dict else "v.{}"
        types = {each["name"]: each["type"] for each in _part(schema, "fields") or ()}
        parts = (
            f"{field.name!r}: {self._expression(field.type, access.format(field.attribute), types.get(field.name))}"
            for field in record.fields
        )
        return [
            f"if v.__class__ is not {cls}: {self._source.constant(checked.as_instance)}(v, {cls})",
            f"return {{{', '.join(parts)}}}",
        ]

    def _union(self, union: UnionOf, schema: Any) -> list[str]:
        lines = ["c = v.__class__"]
        datums = [self._expression(member, "v", schema) for member in union.members]
        for datum, member in zip(datums, union.members, strict=True):
            lines.append(f"if c is {self._source.constant(_class_of(member))}: return {datum}")
        # Subclasses, whose class is none of these, are looked for one by one.
        lines.append(f"i = {self._source.constant(member_index)}({self._source.constant(union.members)}, v)")
        lines += [f"if i == {index}: return {datum}" for index, datum in enumerate(datums)]
        wanted = " | ".join(_class_of(member).__name__ for member in union.members)
        lines.append(f"raise TypeError('expected {wanted}, got %r of type %s' % (v, c.__name__))")
        return lines


def _narrowed(name: str, schema: Any) -> str:
    """The smaller number where the schema, which may be the registry's, has less room than the type."""
    if (name, schema) == ("long", "int"):
        return "int"
    return "float" if schema == "float" and name in ("long", "int", "double") else name


def _definitions(schema: Any) -> dict[str, Any]:
    """Records and enums by their full names."""
    found = {schema["name"]: schema} if isinstance(schema, dict) and "name" in schema else {}
    for part in parts_of(schema):
        found.update(_definitions(part))
    return found


def _part(schema: Any, key: str) -> Any:
    return schema.get(key) if isinstance(schema, dict) else None


def _branch(schema: Any) -> Any:
    """What a pair calls a member of a union in a parsed schema."""
    return schema if isinstance(schema, str) else schema.get("name", schema["type"])


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
