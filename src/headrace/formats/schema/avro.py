"""From the model of a type to its Avro schema, as plain data."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from headrace.core.errors import ConfigurationError
from headrace.formats.schema.model import MISSING, EnumOf, FieldOf, ListOf, MapOf, Node, RecordOf, Scalar, Style, UnionOf

_LOGICAL = {
    "date": "int",
    "time-millis": "int",
    "time-micros": "long",
    "timestamp-millis": "long",
    "timestamp-micros": "long",
    "uuid": "string",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def avro_schema(model: Node, namespace: str | None = None) -> Any:
    """The schema: a dict, a list for a union, or a name.

    Args:
        model: What `model_of` made.
        namespace: Of its records and enums.

    Raises:
        ConfigurationError: A name that Avro does not allow, two classes of one name, or a union that it cannot hold.
    """
    return _Writing(namespace).schema(model)


class _Writing:
    def __init__(self, namespace: str | None) -> None:
        self._namespace = namespace
        self._named: dict[str, type[Any]] = {}

    def schema(self, node: Node) -> Any:
        match node:
            case Scalar():
                return _scalar(node)
            case ListOf(item):
                return {"type": "array", "items": self.schema(item)}
            case MapOf(value):
                return {"type": "map", "values": self.schema(value)}
            case UnionOf(members):
                return self._union(members)
            case EnumOf(cls):
                return self._enum(node, cls)
            case RecordOf():
                return self._record(node)

    def _union(self, members: tuple[Node, ...]) -> list[Any]:
        kinds = [branch_of(member) for member in members]
        twice = {kind for kind in kinds if kinds.count(kind) > 1}
        if twice:
            message = f"a union cannot hold two kinds of {' or '.join(sorted(twice))}: Avro could not tell them apart"
            raise ConfigurationError(message, hint="wrap them in records of their own")
        return [self.schema(member) for member in members]

    def _enum(self, node: EnumOf, cls: type[Enum]) -> Any:
        known = self._known(cls)
        if known is not None:
            return known
        for symbol in node.symbols:
            _check(symbol, f"a member of {cls.__name__}")
        return self._placed({"type": "enum", "name": cls.__name__, "symbols": node.symbols})

    def _record(self, record: RecordOf) -> Any:
        known = self._known(record.cls)
        if known is not None:
            return known
        schema = self._placed({"type": "record", "name": record.name})
        if record.doc:
            schema["doc"] = record.doc
        schema["fields"] = [self._field(each, record) for each in record.fields]
        return schema

    def _field(self, field: FieldOf, record: RecordOf) -> dict[str, Any]:
        _check(field.name, f"a field of {record.name}")
        written: dict[str, Any] = {"name": field.name, "type": self.schema(field.type)}
        if field.default is not MISSING:
            if not _fits(field.type, field.default):
                message = f"the default of {record.name}.{field.name}, {field.default!r}, is none of its type"
                raise ConfigurationError(message, hint="say so in the type, as in `str | None = None`")
            written["type"] = _default_first(written["type"], field.type, field.default)
            written["default"] = default_of(field.type, field.default)
        if field.aliases:
            written["aliases"] = list(field.aliases)
        return written

    def _known(self, cls: type[Any]) -> str | None:
        """The name of a class that was met before; None if it is new."""
        _check(cls.__name__, "the name of a class")
        other = self._named.get(cls.__name__)
        if other is None:
            self._named[cls.__name__] = cls
            return None
        if other is not cls:
            both = f"{other.__module__}.{other.__qualname__} and {cls.__module__}.{cls.__qualname__}"
            message = f"two classes are called {cls.__name__}: {both}"
            raise ConfigurationError(message, hint="a schema knows a type by its name alone: rename one of them")
        return full_name(cls, self._namespace)

    def _placed(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema if self._namespace is None else {**schema, "namespace": self._namespace}


def full_name(cls: type[Any], namespace: str | None) -> str:
    """The name of a class in a schema."""
    return cls.__name__ if namespace is None else f"{namespace}.{cls.__name__}"


def default_of(node: Node, value: Any) -> Any:
    """A default as a schema writes it. Of a union it belongs to the first member."""
    match node:
        case UnionOf(members):
            return None if value is None else default_of(_member_for(members, value), value)
        case ListOf(item):
            return [default_of(item, each) for each in value]
        case MapOf(inner):
            return {key: default_of(inner, each) for key, each in value.items()}
        case EnumOf():
            return value.name
        case RecordOf():
            return {field.name: default_of(field.type, _part(node, field, value)) for field in node.fields}
        case Scalar():
            return _scalar_default(node, value)


def member_index(members: tuple[Node, ...], value: Any) -> int:
    """Which member of a union a value belongs to; -1 if none."""
    for index, member in enumerate(members):
        if _fits(member, value):
            return index
    return -1


def _member_for(members: tuple[Node, ...], value: Any) -> Node:
    index = member_index(members, value)
    if index < 0:
        message = f"the default {value!r} fits no member of its union"
        raise ConfigurationError(message)
    return members[index]


def _default_first(schema: Any, node: Node, default: Any) -> Any:
    """A union whose first member is that of the default, as Avro wants it."""
    if not isinstance(node, UnionOf):
        return schema
    _member_for(node.members, default)
    index = member_index(node.members, default)
    return [schema[index], *schema[:index], *schema[index + 1 :]]


_PYTHON: dict[str, type | tuple[type, ...]] = {
    "null": type(None),
    "boolean": bool,
    "int": int,
    "long": int,
    "float": (float, int),
    "double": (float, int),
    "bytes": bytes,
    "string": str,
    "date": date,
    "time-millis": time,
    "time-micros": time,
    "timestamp-millis": datetime,
    "timestamp-micros": datetime,
    "uuid": UUID,
    "decimal": Decimal,
}


def _fits(node: Node, value: Any) -> bool:
    match node:
        case Scalar(name):
            wanted = _PYTHON[name]
            return isinstance(value, wanted) and isinstance(value, bool) <= (name == "boolean")
        case EnumOf(cls):
            return isinstance(value, cls)
        case ListOf(_, make):
            return isinstance(value, make)
        case MapOf():
            return isinstance(value, dict)
        case RecordOf(cls, style):
            return isinstance(value, dict) if style is Style.DICT else isinstance(value, cls)
        case UnionOf(members):
            return any(_fits(member, value) for member in members)


def _part(record: RecordOf, field: FieldOf, value: Any) -> Any:
    return value[field.attribute] if record.style is Style.DICT else getattr(value, field.attribute)


def _scalar(node: Scalar) -> Any:
    if node.name == "decimal":
        return {"type": "bytes", "logicalType": "decimal", "precision": node.precision, "scale": node.scale}
    base = _LOGICAL.get(node.name)
    return node.name if base is None else {"type": base, "logicalType": node.name}


def _scalar_default(node: Scalar, value: Any) -> Any:
    name, per_second = node.name, 1000 if node.name.endswith("millis") else 1_000_000
    match value:
        case bytes():
            return value.decode("latin-1")
        case UUID():
            return str(value)
        case datetime():
            since = value - _EPOCH
            return (since.days * 86_400 + since.seconds) * per_second + since.microseconds * per_second // 1_000_000
        case date():
            return (value - _EPOCH.date()).days
        case time():
            seconds = value.hour * 3600 + value.minute * 60 + value.second
            return seconds * per_second + value.microsecond * per_second // 1_000_000
        case Decimal():
            unscaled = int(value.scaleb(node.scale))
            return unscaled.to_bytes(unscaled.bit_length() // 8 + 1, "big", signed=True).decode("latin-1")
    return float(value) if name in ("float", "double") else value


def parts_of(schema: Any) -> list[Any]:
    """The schemas directly inside a schema."""
    if isinstance(schema, list):
        return list(schema)
    if not isinstance(schema, dict):
        return []
    own = [schema[key] for key in ("items", "values") if key in schema]
    if isinstance(schema.get("type"), dict | list):
        own.append(schema["type"])
    return [each["type"] for each in schema.get("fields", ())] + own


def branch_of(node: Node) -> str:
    """What Avro tells the members of a union apart by."""
    match node:
        case Scalar(name):
            return _LOGICAL.get(name, "bytes" if name == "decimal" else name)
        case ListOf():
            return "array"
        case MapOf():
            return "map"
        case EnumOf(cls):
            return cls.__name__
        case RecordOf():
            return node.name
        case UnionOf():
            return "union"


def _check(name: str, what: str) -> None:
    if not _NAME.match(name):
        message = f"{name!r}, {what}, is no name in a schema"
        raise ConfigurationError(message, hint="use letters, digits and '_', not beginning with a digit")
