"""What `Annotated` can say about a field beyond its Python type, and aliases for the common cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated

import msgspec


@dataclass(frozen=True, slots=True)
class Width:
    """Bits of a number: 32 makes an `int` an Avro int or Protobuf int32, and a `float` a float. Without it they have 64."""

    bits: int


@dataclass(frozen=True, slots=True)
class Digits:
    """Size of a `Decimal`: digits in all, and how many of them stand behind the point."""

    precision: int
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Precision:
    """What a time is counted in: `millis` or `micros`."""

    unit: str


@dataclass(frozen=True, slots=True, init=False)
class Alias:
    """Former names of a field: what was written under them is still read (Avro)."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)


@dataclass(frozen=True, slots=True)
class Number:
    """Number of a field in its Protobuf message. Without it fields are numbered in their order, from 1."""

    number: int


int32 = Annotated[int, Width(32), msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""A number of 32 bits: Avro's int, Protobuf's int32; in JSON one within these bounds."""

float32 = Annotated[float, Width(32)]
"""A floating-point number of 32 bits: Avro's and Protobuf's float."""

timestamp_millis = Annotated[datetime, Precision("millis")]
"""A moment in milliseconds (Avro). Without it moments are in microseconds, as Python's are."""

time_millis = Annotated[time, Precision("millis")]
"""A time of day in milliseconds (Avro)."""
