"""Records that a format cannot read, each with what has to be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headrace.formats import Avro, Format, Json, JsonSchema, Protobuf
from support.shop_types import DataReceived, Envelope, Line


@dataclass(frozen=True)
class Basket:
    lines: list[Line]


@dataclass(frozen=True)
class Damaged:
    """A good value, what is done to its bytes, and the field that cannot be read then."""

    name: str
    form: Format[Any]
    value: Any
    damage: Callable[[bytes], bytes]
    field: str
    reason: str
    has_schema: bool = True


EVENT = Envelope(DataReceived("pressure", 0.5), 7)
BASKET = Basket([Line("a", 1), Line("b", 2)])

DAMAGED = [
    Damaged("avro", Avro(Envelope), EVENT, lambda data: data[:-4], "event.value", "the data ends: 8 bytes wanted"),
    Damaged(
        "protobuf",
        Protobuf(Envelope),
        EVENT,
        lambda data: data.replace(b"pressure", b"\xffressure"),
        "event_data_received.name",
        "no UTF-8",
    ),
    Damaged(
        "json schema",
        JsonSchema(Basket),
        BASKET,
        lambda data: data.replace(b'"count":2', b'"count":"two"'),
        "lines[1].count",
        "Expected `int`, got `str`",
    ),
    Damaged(
        "json",
        Json(Basket),
        BASKET,
        lambda data: data.replace(b'"count":2', b'"count":"two"'),
        "lines[1].count",
        "Expected `int`, got `str`",
        has_schema=False,
    ),
]
