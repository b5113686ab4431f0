"""From a Python type to its model."""

from __future__ import annotations

import dataclasses
import inspect
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NoReturn,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)
from uuid import UUID

import msgspec

from headrace.core.errors import ConfigurationError
from headrace.formats.schema.marks import Alias, Digits, Number, Precision, Width
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
    Style,
    UnionOf,
)

_SCALARS: dict[Any, str] = {
    NoneType: "null",
    None: "null",
    bool: "boolean",
    int: "long",
    float: "double",
    bytes: "bytes",
    str: "string",
    date: "date",
    UUID: "uuid",
}
_NARROW = {int: "int", float: "float"}
_TIMES = {datetime: "timestamp", time: "time"}
_COLLECTIONS = (list, tuple, set, frozenset)


def model_of(of: Any) -> Node:
    """The model of a type.

    Raises:
        ConfigurationError: The type, or one within it, has no schema; the message says where it is.
    """
    return _Reading().node(of, (), getattr(of, "__name__", str(of)))


class _Reading:
    """Reads one type with all that it contains; knows the records that it has met."""

    def __init__(self) -> None:
        self._records: dict[type[Any], RecordOf] = {}

    def node(self, of: Any, marks: tuple[Any, ...], where: str) -> Node:
        origin = get_origin(of)
        if origin is Annotated:
            inner, *given = get_args(of)
            return self.node(inner, (*marks, *given), where)
        if origin in (Required, NotRequired):
            return self.node(get_args(of)[0], marks, where)
        if origin in (Union, UnionType):
            return self._union(get_args(of), marks, where)
        if origin is Literal:
            return self._literal(get_args(of), where)
        scalar = _scalar(of, marks, where)
        if scalar is not None:
            return scalar
        if isinstance(of, type) and issubclass(of, Enum):
            return EnumOf(of)
        if origin in _COLLECTIONS or of in _COLLECTIONS:
            return self._collection(of, where)
        if origin is dict or of is dict:
            return self._map(of, where)
        if isinstance(of, type) and _is_record(of):
            return self._record(of, where)
        return _refuse(of, where)

    def _union(self, members: tuple[Any, ...], marks: tuple[Any, ...], where: str) -> Node:
        found: list[Node] = []
        for member in members:
            node = self.node(member, marks, where)
            found.extend(node.members if isinstance(node, UnionOf) else (node,))
        kept = list(dict.fromkeys(found))
        if NULL in kept:
            kept = [NULL, *(node for node in kept if node != NULL)]
        return UnionOf(tuple(kept)) if len(kept) > 1 else kept[0]

    def _literal(self, values: tuple[Any, ...], where: str) -> Node:
        kinds = {type(value) for value in values}
        if kinds in ({str}, {int}):
            return Scalar(_SCALARS[kinds.pop()])
        return _refuse(Literal[values], where)

    def _collection(self, of: Any, where: str) -> Node:
        make, arguments = get_origin(of) or of, get_args(of)
        if make is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
            arguments = arguments[:1]
        if len(arguments) != 1:
            _refuse(of, where, "say what is in it, all of one type: list[str], tuple[int, ...]")
        return ListOf(self.node(arguments[0], (), f"{where}[]"), make)

    def _map(self, of: Any, where: str) -> Node:
        arguments = get_args(of)
        if len(arguments) != 2 or arguments[0] is not str:
            _refuse(of, where, "a map has texts for keys: dict[str, int]")
        return MapOf(self.node(arguments[1], (), f"{where}[]"))

    def _record(self, cls: type[Any], where: str) -> RecordOf:
        known = self._records.get(cls)
        if known is not None:
            return known
        doc = inspect.cleandoc(cls.__doc__ or "") if not (cls.__doc__ or "").startswith(f"{cls.__name__}(") else ""
        record = self._records[cls] = RecordOf(cls, Style.DICT if is_typeddict(cls) else Style.OBJECT, doc=doc)
        record.fields = tuple(self._field(*each, where=f"{where}.{each[1]}") for each in _fields(cls, where))
        record.positional = _takes_positions(cls)
        return record

    def _field(self, attribute: str, name: str, of: Any, default: Any, *, where: str) -> FieldOf:
        marks = _marks(of)
        aliases = tuple(alias for mark in marks if isinstance(mark, Alias) for alias in mark.names)
        number = next((mark.number for mark in marks if isinstance(mark, Number)), 0)
        return FieldOf(attribute, name, self.node(of, (), where), default, aliases, number)


def _marks(of: Any) -> tuple[Any, ...]:
    return get_args(of)[1:] if get_origin(of) is Annotated else ()


def _scalar(of: Any, marks: tuple[Any, ...], where: str) -> Scalar | None:
    if of is Decimal:
        size = next((mark for mark in marks if isinstance(mark, Digits)), None)
        if size is None:
            _refuse(of, where, "say how large it can be: Annotated[Decimal, Digits(precision=10, scale=2)]")
        return Scalar("decimal", size.precision, size.scale)
    if of in _TIMES:
        unit = next((mark.unit for mark in marks if isinstance(mark, Precision)), "micros")
        return Scalar(f"{_TIMES[of]}-{unit}")
    if of in _NARROW and Width(32) in marks:
        return Scalar(_NARROW[of])
    try:
        name = _SCALARS.get(of)
    except TypeError:
        return None
    return None if name is None else Scalar(name)


def _is_record(cls: type[Any]) -> bool:
    if dataclasses.is_dataclass(cls) or issubclass(cls, msgspec.Struct) or is_typeddict(cls):
        return True
    return issubclass(cls, tuple) and hasattr(cls, "_field_defaults")


def _fields(cls: type[Any], where: str) -> list[tuple[str, str, Any, Any]]:
    """(attribute, name, type, default) of each field."""
    try:
        if issubclass(cls, msgspec.Struct):
            return [
                (each.name, each.encode_name, each.type, _default(each.default, each.default_factory, msgspec.NODEFAULT))
                for each in msgspec.structs.fields(cls)
            ]
        hints = get_type_hints(cls, include_extras=True)
    except NameError as error:
        _refuse(cls, where, f"{error}; types of fields have to be defined at the top of a module")
    if dataclasses.is_dataclass(cls):
        return [
            (each.name, each.name, hints[each.name], _default(each.default, each.default_factory, dataclasses.MISSING))
            for each in dataclasses.fields(cls)
            if each.init
        ]
    defaults = getattr(cls, "_field_defaults", {})
    return [(name, name, of, defaults.get(name, MISSING)) for name, of in hints.items()]


def _default(default: Any, factory: Any, none: Any) -> Any:
    if default is not none:
        return default
    if factory in _COLLECTIONS or factory is dict:
        return factory()
    return MISSING  # what another factory makes may differ each time, so a schema cannot promise it


def _takes_positions(cls: type[Any]) -> bool:
    if is_typeddict(cls):
        return False
    kinds = {each.kind for each in inspect.signature(cls).parameters.values()}
    return kinds <= {inspect.Parameter.POSITIONAL_OR_KEYWORD}


def _refuse(of: Any, where: str, hint: str | None = None) -> NoReturn:
    message = f"{where}: {of!r} has no schema"
    default = (
        "use str, bytes, int, float, bool, Decimal, date, time, datetime, UUID, enums, list, dict[str, ...], "
        "dataclasses, msgspec Structs, TypedDicts, NamedTuples, and unions of them"
    )
    raise ConfigurationError(message, hint=hint or default)
