"""Which part of a value does not fit its type: a slow walk that remembers its way. Only for error messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace.core.errors import EncodeError
from headrace.formats.schema import checked
from headrace.formats.schema.avro import member_index
from headrace.formats.schema.model import EnumOf, FieldOf, ListOf, MapOf, Node, RecordOf, Scalar, Style, UnionOf

_CHECKS: dict[str, Callable[[Any], Any]] = {
    "null": checked.as_none,
    "boolean": checked.as_truth,
    "int": checked.as_int32,
    "long": checked.as_int64,
    "float": checked.as_float32,
    "double": checked.as_float,
    "bytes": checked.as_bytes,
    "string": checked.as_utf8,
    "date": checked.as_date,
    "timestamp-millis": checked.as_moment,
    "timestamp-micros": checked.as_moment,
    "time-millis": checked.as_time,
    "time-micros": checked.as_time,
    "uuid": checked.as_uuid,
}


def find_misfit(model: Node, value: Any, path: str = "") -> tuple[str, str] | None:
    """Path and reason of the first part that does not fit; None if all do."""
    try:
        return _misfit(model, value, path)
    except Exception as error:
        return path.lstrip("."), str(error)


def refusal(model: Node | None, value: Any, error: Exception) -> EncodeError:
    """The error for a value that could not be written, with the field if there is a model to look it up by."""
    told = " ".join(f"{type(error).__name__}: {error}".split())  # fastavro's go over several lines
    place, reason = (find_misfit(model, value) if model is not None else None) or ("", told)
    return EncodeError(f"field {place}: {reason}" if place else f"{type(value).__name__} cannot be written: {reason}")


def _misfit(model: Node, value: Any, path: str) -> tuple[str, str] | None:
    match model:
        case Scalar("decimal", precision, scale):
            checked.as_decimal(value, precision, scale)
        case Scalar(name):
            _CHECKS[name](value)
        case EnumOf(cls):
            checked.as_instance(value, cls)
        case ListOf(item, make):
            items = enumerate(checked.as_items(value, make))
            return _first(find_misfit(item, each, f"{path}[{index}]") for index, each in items)
        case MapOf(inner):
            entries = [(checked.as_text(key), each) for key, each in checked.as_map(value)]
            return _first(find_misfit(inner, each, f"{path}[{key!r}]") for key, each in entries)
        case RecordOf():
            checked.as_instance(value, dict if model.style is Style.DICT else model.cls)
            return _first(find_misfit(field.type, _part(model, field, value), f"{path}.{field.name}") for field in model.fields)
        case UnionOf(members):
            index = member_index(members, value)
            if index < 0:
                return path.lstrip("."), f"{value!r} of type {type(value).__name__} is none of the union's members"
            return find_misfit(members[index], value, path)
    return None


def _part(record: RecordOf, field: FieldOf, value: Any) -> Any:
    return value[field.attribute] if record.style is Style.DICT else getattr(value, field.attribute)


def _first(found: Any) -> tuple[str, str] | None:
    return next((each for each in found if each is not None), None)
