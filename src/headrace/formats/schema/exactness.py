"""Whether values of a type are equal exactly when their bytes are."""

from __future__ import annotations

import dataclasses

import msgspec

from headrace.formats.schema.model import EnumOf, Node, RecordOf, Scalar, Style, UnionOf, records_of, walk

_EXACT = {"null", "boolean", "int", "long", "bytes", "string", "date", "uuid"}
"""No floats (0.0 == -0.0), decimals (1.0 == 1.00) or times (fold)."""


def is_exact(model: Node) -> bool:
    """Whether values can be hashed and nothing in them can be changed, and equal ones have equal bytes.

    A union is not exact: an Avro union of boolean and long tells True from 1, which are equal in Python.
    """
    if not all(_can_stand(record) for record in records_of(model)):
        return False
    return all(_is_exact(node) for node in walk(model))


def _is_exact(node: Node) -> bool:
    match node:
        case Scalar(name):
            return name in _EXACT
        case UnionOf(members):
            scalars = [member for member in members if isinstance(member, Scalar) and member.name != "null"]
            return len(scalars) <= 1
        case EnumOf() | RecordOf():
            return True
    return False


def _can_stand(record: RecordOf) -> bool:
    cls = record.cls
    if record.style is Style.DICT:
        return False
    if issubclass(cls, msgspec.Struct):
        return bool(cls.__struct_config__.frozen and cls.__struct_config__.eq)
    if dataclasses.is_dataclass(cls):
        parameters = cls.__dataclass_params__  # type: ignore[attr-defined]  # typeshed leaves it out
        return bool(parameters.frozen and parameters.eq) and all(each.compare for each in dataclasses.fields(cls))
    # Two NamedTuples of different classes are equal; a single class in one place is not mixed up with others.
    return True
