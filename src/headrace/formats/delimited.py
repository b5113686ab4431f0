"""Delimited text: one line of values, as ksqlDB's DELIMITED and spreadsheets have it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar, overload
from uuid import UUID

from headrace.core.errors import ConfigurationError, DecodeError, EncodeError
from headrace.formats.api import Format
from headrace.formats.schema.misfit import find_misfit
from headrace.formats.schema.model import NULL, EnumOf, FieldOf, Node, RecordOf, Scalar, Style, UnionOf
from headrace.formats.schema.of_type import model_of

T = TypeVar("T")

_READERS: dict[str, Callable[[str], Any]] = {
    "int": int,
    "long": int,
    "float": float,
    "double": float,
    "string": str,
    "uuid": UUID,
    "decimal": Decimal,
    "date": date.fromisoformat,
    "time-millis": time.fromisoformat,
    "time-micros": time.fromisoformat,
    "timestamp-millis": datetime.fromisoformat,
    "timestamp-micros": datetime.fromisoformat,
}
# Not written, but not left out either: `csv` quotes a text with a line end only for the characters of its own line end.
_LINE_END = "\r\n"
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, init=False, repr=False)
class Delimited(Format[T]):
    """Values of one record, separated by a character; quoted with `"` where they contain it, a quote or a line end (RFC 4180).

    `Delimited(T)` reads into a dataclass, msgspec Struct, TypedDict or NamedTuple of numbers, texts, truth values, dates, UUIDs
    and enums, in the order of its fields. An empty value is None where the field may be None. `Delimited("id", "name")` gives
    dicts of texts.

    Args:
        columns: A type, or the names of the columns.
        delimiter: One character.

    Raises:
        ConfigurationError: The type has fields that do not fit into a line, or the delimiter is none.
    """

    columns: tuple[Any, ...]
    delimiter: str

    @overload
    def __init__(self, *columns: type[T], delimiter: str = ",") -> None: ...
    @overload
    def __init__(self: Delimited[dict[str, str]], *columns: str, delimiter: str = ",") -> None: ...
    def __init__(self, *columns: Any, delimiter: str = ",") -> None:
        if len(delimiter) != 1 or delimiter in '"\r\n':
            message = f"{delimiter!r} is no delimiter"
            raise ConfigurationError(message, hint="give one character, such as ',' or ';' or a tab")
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "delimiter", delimiter)
        if not columns or (len(columns) > 1 and not all(isinstance(column, str) for column in columns)):
            message = "Delimited takes one type, or names of columns"
            raise ConfigurationError(message)
        _fields(columns)

    def __repr__(self) -> str:
        return f"Delimited({', '.join(column if isinstance(column, str) else column.__name__ for column in self.columns)})"

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[T], bytes]:
        """EncodeError on a field that is missing or of another type, and on a text that an empty one would be mistaken for."""
        record, fields = _fields(self.columns)
        is_dict, delimiter = record is None or record.style is Style.DICT, self.delimiter
        cls = dict if is_dict else record.cls if record is not None else dict

        def encode(value: T) -> bytes:
            if not isinstance(value, cls):
                message = f"expected {cls.__name__}, got {type(value).__name__}"
                raise EncodeError(message)
            try:
                parts = [value[field.attribute] if is_dict else getattr(value, field.attribute) for field in fields]
                row = [_text(field, part, typed=record is not None) for field, part in zip(fields, parts, strict=True)]
            except (KeyError, AttributeError) as error:
                message = f"field {error.args[0]} is missing"
                raise EncodeError(message) from None
            line = io.StringIO()
            csv.writer(line, delimiter=delimiter, lineterminator=_LINE_END).writerow(row)
            return line.getvalue().removesuffix(_LINE_END).encode()

        return encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], T]:
        """DecodeError that names the field."""
        record, fields = _fields(self.columns)
        readers = [_reader(field) for field in fields]
        make = _maker(record, fields)
        delimiter, count = self.delimiter, len(fields)

        def decode(data: bytes) -> T:
            try:
                (row,) = csv.reader([data.decode()], delimiter=delimiter, strict=True) if data else [[""]]
            except (UnicodeDecodeError, csv.Error, ValueError) as error:
                message = f"this is no line of delimited text: {error}"
                raise DecodeError(message) from None
            if len(row) != count:
                message = f"{len(row)} values where there are {count} columns"
                raise DecodeError(message)
            found = []
            for field, read, text in zip(fields, readers, row, strict=True):
                try:
                    found.append(read(text))
                except (ValueError, KeyError, ArithmeticError) as error:
                    message = f"field {field.name}: {text!r} cannot be read ({type(error).__name__}: {error})"
                    raise DecodeError(message, field=field.name) from None
            return make(found)  # type: ignore[no-any-return]  # of the type that was given

        return decode


def _fields(columns: tuple[Any, ...]) -> tuple[RecordOf | None, tuple[FieldOf, ...]]:
    if all(isinstance(column, str) for column in columns):
        return None, tuple(FieldOf(name, name, Scalar("string")) for name in columns)
    model = model_of(columns[0])
    if not isinstance(model, RecordOf):
        message = f"{columns[0]!r} has no columns"
        raise ConfigurationError(message, hint="give a class with fields, or names")
    for field in model.fields:
        _scalar_of(field)
    return model, model.fields


def _scalar_of(field: FieldOf) -> tuple[Scalar | EnumOf, bool]:
    """The type of a column, and whether it may be None."""
    node: Node = field.type
    optional = False
    if isinstance(node, UnionOf) and len(node.members) == 2 and node.members[0] == NULL:
        node, optional = node.members[1], True
    if isinstance(node, EnumOf) or (isinstance(node, Scalar) and (node.name in _READERS or node.name == "boolean")):
        return node, optional
    message = f"field {field.name} does not fit into a line of delimited text"
    raise ConfigurationError(message, hint="columns are numbers, texts, truth values, dates, times, UUIDs and enums")


def _text(field: FieldOf, value: Any, *, typed: bool) -> str:
    node, optional = _scalar_of(field)
    misfit = find_misfit(field.type, value) if typed else None
    if misfit is not None:
        message = f"field {field.name}: {misfit[1]}"
        raise EncodeError(message)
    if value is None and optional:
        return ""
    if isinstance(node, EnumOf):
        return str(value.name)
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value.isoformat() if isinstance(value, date | time) else str(value)
    if value is None or (optional and not text):
        message = f"field {field.name}: {value!r} would be read as {'text' if value is None else 'None'}"
        raise EncodeError(message)
    return text


def _reader(field: FieldOf) -> Callable[[str], Any]:
    node, optional = _scalar_of(field)
    if isinstance(node, EnumOf):
        read: Callable[[str], Any] = {member.name: member for member in node.cls}.__getitem__
    elif node.name == "boolean":
        read = _truth
    else:
        read = _READERS[node.name]
    return (lambda text: read(text) if text else None) if optional else read


def _truth(text: str) -> bool:
    return _TRUTH[text.lower()]


def _maker(record: RecordOf | None, fields: Sequence[FieldOf]) -> Callable[[list[Any]], Any]:
    names = [field.attribute for field in fields]
    if record is None or record.style is Style.DICT:
        return lambda row: dict(zip(names, row, strict=True))
    cls = record.cls
    if record.positional:
        return lambda row: cls(*row)
    return lambda row: cls(**dict(zip(names, row, strict=True)))
