"""Random types with random values of them, for the round trips of formats that have schemas."""

from dataclasses import MISSING, field, make_dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from headrace.formats.schema.marks import Digits, float32, int32, time_millis, timestamp_millis

Values = st.SearchStrategy[Any]
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds have none
CENTS = st.integers(-(10**9) + 1, 10**9 - 1).map(lambda cents: Decimal(cents).scaleb(-2))
INFINITE = (float("inf"), float("-inf"))
_numbers = count()


def _whole_millis(value: Any) -> Any:
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


class Typed(NamedTuple):
    """A type, and a strategy for its values."""

    of: Any
    values: Values


SCALARS = [
    Typed(bool, st.booleans()),
    Typed(int, st.integers(-(2**63), 2**63 - 1)),
    Typed(int32, st.integers(-(2**31), 2**31 - 1)),
    Typed(float, st.floats(allow_nan=False)),
    Typed(float32, st.floats(width=32, allow_nan=False)),
    Typed(str, TEXT),
    Typed(bytes, st.binary(max_size=12)),
    Typed(date, st.dates()),
    Typed(time, st.times()),
    Typed(datetime, MOMENTS),
    Typed(timestamp_millis, MOMENTS.map(_whole_millis)),
    Typed(time_millis, st.times().map(_whole_millis)),
    Typed(UUID, st.uuids()),
    Typed(Annotated[Decimal, Digits(9 + 2, 2)], CENTS),
]


def _enum(symbols: list[str]) -> Typed:
    made = Enum(f"Enum{next(_numbers)}", {symbol: number for number, symbol in enumerate(symbols)})
    return Typed(made, st.sampled_from(list(made)))


def _enums() -> st.SearchStrategy[Typed]:
    symbols = st.lists(st.from_regex(r"[A-Z][A-Z0-9]{0,4}", fullmatch=True), min_size=1, max_size=4, unique=True)
    return symbols.map(_enum)


def record_of(parts: list[tuple[Typed, bool]]) -> Typed:
    fields = []
    for number, (part, optional) in enumerate(parts):
        of = (part.of | None) if optional else part.of
        fields.append((f"f{number}", of, field(default=None) if optional else field(default=MISSING)))
    cls = make_dataclass(f"Record{next(_numbers)}", fields, kw_only=True)
    values = {f"f{n}": (st.none() | part.values) if optional else part.values for n, (part, optional) in enumerate(parts)}
    return Typed(cls, st.builds(cls, **values))


def union_of(members: list[Typed]) -> Typed:
    of = members[0].of
    for member in members[1:]:
        of = of | member.of
    return Typed(of, st.one_of([member.values for member in members]))


def records() -> st.SearchStrategy[Typed]:
    """Record types with fields of all kinds, nested."""
    leaves = st.sampled_from(SCALARS) | _enums()

    def record(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
        return st.lists(st.tuples(inner, st.booleans()), max_size=4).map(record_of)

    def extend(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
        return (
            record(inner)
            | inner.map(_listed)
            | inner.map(_mapped)
            | st.lists(record(leaves), min_size=2, max_size=3).map(union_of)
        )

    return record(st.recursive(leaves, extend, max_leaves=6))


def proto_messages() -> st.SearchStrategy[Typed]:
    """Record types that Protobuf has messages for: no lists, maps or unions within each other."""
    flat = st.sampled_from(SCALARS)
    inner = st.lists(st.tuples(flat, st.booleans()), max_size=3).map(record_of)
    unions = st.lists(inner, min_size=2, max_size=3).map(union_of)
    several = (flat | inner).map(_listed) | (flat | inner).map(_mapped)
    plain = st.tuples(flat | inner | unions | _enums(), st.booleans()) | st.tuples(several, st.just(False))
    return st.lists(plain, max_size=4).map(record_of)


def json_objects() -> st.SearchStrategy[Typed]:
    """Record types whose values JSON can tell apart: no unions, and no infinities, which it has not."""
    leaves = st.sampled_from([Typed(each.of, each.values.filter(lambda value: value not in INFINITE)) for each in SCALARS])
    inner = st.lists(st.tuples(leaves, st.booleans()), max_size=3).map(record_of)
    several = (leaves | inner).map(_listed) | (leaves | inner).map(_mapped)
    return st.lists(st.tuples(leaves | inner | several | _enums(), st.booleans()), max_size=4).map(record_of)


def _listed(item: Typed) -> Typed:
    return Typed(list[item.of], st.lists(item.values, max_size=3))


def _mapped(value: Typed) -> Typed:
    return Typed(dict[str, value.of], st.dictionaries(TEXT, value.values, max_size=3))


def with_values(types: st.SearchStrategy[Typed]) -> st.SearchStrategy[tuple[Any, Any]]:
    """A type and one of its values."""

    def pair(typed: Typed) -> st.SearchStrategy[tuple[Any, Any]]:
        return typed.values.map(lambda value: (typed.of, value))

    return types.flatmap(pair)
