"""Functions from what fastavro has read to typed values, generated per type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headrace.core.errors import DecodeError
from headrace.formats.schema.generated import Source
from headrace.formats.schema.model import MISSING, NULL, EnumOf, FieldOf, ListOf, MapOf, Node, RecordOf, Scalar, Style, UnionOf


class _Absent:
    """Stands in what was read for a field that the writer's schema does not have."""


ABSENT: Any = _Absent()


def value_maker(model: Node, *, resolving: bool = False) -> Callable[[Any], Any]:
    """A function that puts a value together from a datum. Named members of unions come as (name, datum).

    Args:
        model: What `model_of` made.
        resolving: Whether fields may be ABSENT, as the writer had another schema; they get their defaults.
    """
    return _Making(resolving=resolving).maker(model)


class _Making:
    def __init__(self, *, resolving: bool) -> None:
        self._source = Source("value")
        self._resolving = resolving

    def maker(self, model: Node) -> Callable[[Any], Any]:
        whole = self._expression(model, "d")
        if isinstance(model, RecordOf):
            return self._source.build(self._source.function(id(model), "d", lambda: self._record(model)))
        return self._source.build(self._source.function(("whole", id(model)), "d", lambda: [f"return {whole}"]))

    def _expression(self, node: Node, datum: str) -> str:
        """An expression for the value of the datum that the expression `datum` gives."""
        constant, variable = self._source.constant, self._source.variable()
        match node:
            case Scalar():
                return datum
            case EnumOf(cls):
                return f"{constant({member.name: member for member in cls})}[{datum}]"
            case ListOf(item, make):
                inner = self._expression(item, variable)
                items = datum if inner == variable else f"[{inner} for {variable} in {datum}]"
                return items if make is list else f"{constant(make)}({items})"
            case MapOf(inner_node):
                inner, key = self._expression(inner_node, variable), self._source.variable()
                return datum if inner == variable else f"{{{key}: {inner} for {key}, {variable} in {datum}.items()}}"
            case RecordOf():
                return f"{self._source.function(id(node), 'd', lambda: self._record(node))}({datum})"
            case UnionOf((first, other)) if first == NULL:
                return self._optional(other, datum, variable)
            case UnionOf():
                return f"{self._source.function(node, 'd', lambda: self._union(node))}({datum})"

    def _optional(self, other: Node, datum: str, variable: str) -> str:
        if isinstance(other, RecordOf | EnumOf):
            bare = f"({variable}[1] if {variable}.__class__ is tuple else {variable})"
            return f"(None if ({variable} := {datum}) is None else {self._expression(other, bare)})"
        inner = self._expression(other, variable)
        return datum if inner == variable else f"(None if ({variable} := {datum}) is None else {inner})"

    def _record(self, record: RecordOf) -> list[str]:
        parts = [(field, self._field(field)) for field in record.fields]
        if record.style is Style.DICT:
            return [f"return {{{', '.join(f'{field.attribute!r}: {part}' for field, part in parts)}}}"]
        cls = self._source.constant(record.cls)
        if record.positional:
            return [f"return {cls}({', '.join(part for _, part in parts)})"]
        return [f"return {cls}({', '.join(f'{field.attribute}={part}' for field, part in parts)})"]

    def _field(self, field: FieldOf) -> str:
        datum = f"d[{field.name!r}]"
        if not self._resolving or field.default is MISSING:
            return self._expression(field.type, datum)
        variable, default = self._source.variable(), self._source.constant(field.default)
        if isinstance(field.default, list | dict | set):
            default = f"{default}.copy()"
        absent = self._source.constant(ABSENT)
        return f"({default} if ({variable} := {datum}) is {absent} else {self._expression(field.type, variable)})"

    def _union(self, union: UnionOf) -> list[str]:
        named = ["if d.__class__ is tuple:", "    n, d = d", "    n = n[n.rfind('.') + 1:]"]
        lines: list[str] = []
        plain = "d"
        records = {}
        for member in union.members:
            if isinstance(member, RecordOf | EnumOf):
                named.append(f"    if n == {member.cls.__name__!r}: return {self._expression(member, 'd')}")
                if isinstance(member, RecordOf):
                    records[member.name] = (frozenset(field.name for field in member.fields), self._expression(member, "d"))
            elif isinstance(member, ListOf):
                lines.append(f"if d.__class__ is list: return {self._expression(member, 'd')}")
            elif isinstance(member, MapOf):
                plain = self._expression(member, "d")
                lines.append(f"if d.__class__ is dict: return {plain}")
        if records and plain == "d" and not any(isinstance(member, MapOf) for member in union.members):
            lines.append("if d.__class__ is dict:")
            find = self._source.constant(_find_record)
            fields = self._source.constant({name: fields for name, (fields, _) in records.items()})
            lines.append(f"    n = {find}(d, {fields})")
            lines += [f"    if n == {name!r}: return {part}" for name, (_, part) in records.items()]
        return [*named, *lines, "return d"]


def _find_record(datum: dict[str, Any], fields: Mapping[str, frozenset[str]]) -> str:
    """Which record of a union a datum without a name is. It was written where the schema had no union yet."""
    found = [name for name, wanted in fields.items() if wanted == datum.keys()]
    if len(found) == 1:
        return found[0]
    has = ", ".join(datum) or "none"
    message = f"a value with the fields {has} can be any of {', '.join(fields)}: its writer's schema had no union"
    raise DecodeError(message)
