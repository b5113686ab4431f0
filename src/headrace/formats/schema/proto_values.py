"""Functions between typed values and the messages that stand for them, generated per type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from headrace.core.errors import DecodeError
from headrace.formats.schema import checked
from headrace.formats.schema.generated import Source
from headrace.formats.schema.model import NULL, EnumOf, FieldOf, ListOf, MapOf, Node, RecordOf, Scalar, Style, UnionOf
from headrace.formats.schema.proto import has_presence, oneof_name

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TO_TEXT: dict[str, Callable[[Any], str]] = {
    "uuid": lambda value: str(checked.as_uuid(value)),
    "decimal": lambda value: str(checked.as_instance(value, Decimal)),
    "date": lambda value: checked.as_date(value).isoformat(),
    "time-millis": lambda value: checked.as_time(value).isoformat(),
    "time-micros": lambda value: checked.as_time(value).isoformat(),
}
_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "uuid": UUID,
    "decimal": Decimal,
    "date": date.fromisoformat,
    "time-millis": time.fromisoformat,
    "time-micros": time.fromisoformat,
}
_CHECKED: dict[str, Callable[[Any], Any]] = {
    "boolean": checked.as_truth,
    "int": checked.as_int32,
    "long": checked.as_int64,
    "float": checked.as_float32,
    "double": checked.as_float,
    "bytes": checked.as_bytes,
    "string": checked.as_text,
}


def message_maker(record: RecordOf, classes: Mapping[str, Any]) -> Callable[[Any], Any]:
    """A function from a value to its message. `classes` are the messages by name of the record."""
    source = Source("message")
    return source.build(_Writing(source, classes).function(record))


def value_reader(record: RecordOf) -> Callable[[Any], Any]:
    """A function from a message to the value."""
    source = Source("message value")
    return source.build(_Reading(source).function(record))


class _Writing:
    def __init__(self, source: Source, classes: Mapping[str, Any]) -> None:
        self._source = source
        self._classes = classes

    def function(self, record: RecordOf) -> str:
        return self._source.function(id(record), "v", lambda: self._lines(record))

    def _lines(self, record: RecordOf) -> list[str]:
        constant, is_dict = self._source.constant, record.style is Style.DICT
        lines = [f"{constant(checked.as_instance)}(v, {constant(dict if is_dict else record.cls)})"]
        given, later = [], []
        for field in record.fields:
            access = f"v[{field.attribute!r}]" if is_dict else f"v.{field.attribute}"
            match field.type:
                case UnionOf(members) if any(isinstance(member, RecordOf) for member in members) and len(members) > 1:
                    later += self._oneof(field, members, access)
                case UnionOf((_, other)):
                    given.append(
                        f"{field.name}=None if ({field.name}_ := {access}) is None else {self._part(other, field.name + '_')}"
                    )
                case _:
                    given.append(f"{field.name}={self._part(field.type, access)}")
        lines.append(f"m = {constant(self._classes[record.name])}({', '.join(given)})")
        return [*lines, *later, "return m"]

    def _oneof(self, field: FieldOf, members: tuple[Node, ...], access: str) -> list[str]:
        constant, records = self._source.constant, [member for member in members if isinstance(member, RecordOf)]
        lines = [f"u = {access}"]
        start = "if"
        if NULL in members:
            lines.append("if u is None: pass")
            start = "elif"
        for member in records:
            place = field.name if len(members) == 2 and NULL in members else oneof_name(field, member)
            cls = constant(dict if member.style is Style.DICT else member.cls)
            lines.append(f"{start} isinstance(u, {cls}): m.{place}.CopyFrom({self.function(member)}(u))")
            start = "elif"
        wanted = " | ".join(member.name for member in records)
        return [*lines, f"else: raise TypeError('{field.name}: expected {wanted}, got %r' % (u,))"]

    def _part(self, node: Node, value: str) -> str:
        constant, variable = self._source.constant, self._source.variable()
        match node:
            case Scalar(name) if name in _TO_TEXT:
                return f"{constant(_TO_TEXT[name])}({value})"
            case Scalar(name) if name in _CHECKED:
                return f"{constant(_CHECKED[name])}({value})"
            case Scalar():
                return f"{constant(_stamp)}({value})"
            case EnumOf(cls):
                return f"{constant({member: number for number, member in enumerate(cls)})}[{value}]"
            case ListOf(item, make):
                return (
                    f"[{self._part(item, variable)} for {variable} in {constant(checked.as_items)}({value}, {constant(make)})]"
                )
            case MapOf(inner):
                key = self._source.variable()
                return f"{{{key}: {self._part(inner, variable)} for {key}, {variable} in {constant(checked.as_map)}({value})}}"
            case RecordOf():
                return f"{self.function(node)}({value})"
            case UnionOf():
                return value


class _Reading:
    def __init__(self, source: Source) -> None:
        self._source = source

    def function(self, record: RecordOf) -> str:
        return self._source.function(id(record), "m", lambda: self._lines(record))

    def _lines(self, record: RecordOf) -> list[str]:
        parts = [(field, self._field(field)) for field in record.fields]
        if record.style is Style.DICT:
            return [f"return {{{', '.join(f'{field.attribute!r}: {part}' for field, part in parts)}}}"]
        cls = self._source.constant(record.cls)
        named = "" if record.positional else "{}="
        return [f"return {cls}({', '.join(named.format(field.attribute) + part for field, part in parts)})"]

    def _field(self, field: FieldOf) -> str:
        access = f"m.{field.name}"
        match field.type:
            case UnionOf((first, other)) if first == NULL:
                return f"({self._part(other, access)} if m.HasField({field.name!r}) else None)"
            case UnionOf(members):
                return f"{self._source.function(field.type, 'm', lambda: self._oneof(field, members))}(m)"
        part = self._part(field.type, access)
        if not has_presence(field):
            return part
        return f"({part} if m.HasField({field.name!r}) else {self._source.constant(field.default)})"

    def _oneof(self, field: FieldOf, members: tuple[Node, ...]) -> list[str]:
        lines = [f"n = m.WhichOneof({field.name!r})"]
        for member in members:
            if isinstance(member, RecordOf):
                place = oneof_name(field, member)
                lines.append(f"if n == {place!r}: return {self.function(member)}(m.{place})")
        last = "return None" if NULL in members else f"raise {self._source.constant(_nothing)}({field.name!r})"
        return [*lines, last]

    def _part(self, node: Node, value: str) -> str:
        constant, variable = self._source.constant, self._source.variable()
        match node:
            case Scalar(name) if name in _FROM_TEXT:
                return f"{constant(_FROM_TEXT[name])}({value})"
            case Scalar(name) if name.startswith("timestamp"):
                return f"{constant(_moment)}({value})"
            case Scalar():
                return value
            case EnumOf(cls):
                return f"{constant(tuple(cls))}[{value}]"
            case ListOf(item, make):
                inner = self._part(item, variable)
                return f"{constant(make)}({value if inner == variable else f'[{inner} for {variable} in {value}]'})"
            case MapOf(inner_node):
                inner, key = self._part(inner_node, variable), self._source.variable()
                if inner == variable:
                    return f"dict({value})"
                # Iterating over a map of messages gives its keys; items() is slower by far.
                return f"{{{key}: {inner} for {key}, {variable} in {value}.items()}}"
            case RecordOf():
                return f"{self.function(node)}({value})"
            case UnionOf():
                return value


def _stamp(value: Any) -> dict[str, int]:
    since = checked.as_moment(value) - _EPOCH
    return {"seconds": since.days * 86_400 + since.seconds, "nanos": since.microseconds * 1000}


def _moment(stamp: Any) -> datetime:
    return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)


def _nothing(field: str) -> DecodeError:
    message = f"field {field}: none of the classes that this program knows"
    return DecodeError(message, field=field)
