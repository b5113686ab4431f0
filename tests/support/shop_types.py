"""The types that tests of formats share: a union of records in an envelope, and an order with nested fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from headrace.formats.schema.marks import Digits, int32


@dataclass(frozen=True)
class DeviceWokeUp:
    pass


@dataclass(frozen=True)
class DataReceived:
    name: str
    value: float


@dataclass(frozen=True)
class AllDataReceived:
    pass


@dataclass(frozen=True)
class Envelope:
    event: DeviceWokeUp | DataReceived | AllDataReceived
    timestamp: int


@dataclass
class Line:
    name: str
    count: int32


@dataclass
class Order:
    id: str
    total: Annotated[Decimal, Digits(10, 2)]
    at: datetime
    lines: list[Line]
    note: str | None = None
