"""Timestamp extractors: where the event time of a source's records comes from.

An extracted time below zero drops the record (counted under `invalid-timestamp`), unless `on_invalid` says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from headrace.core.records import Headers

OnInvalid = Literal["drop", "fail", "partition-time", "record-time", "record-or-clock-time"]
"""What happens to a record without a usable time: drop and count it, stop, take the partition's time, or the record's own, or
where that has none either the wall clock's."""


@dataclass(frozen=True, slots=True)
class ConsumedRecord:
    """A record as extractors see it, before it enters the topology."""

    topic: str
    partition: int
    offset: int
    key: Any
    value: Any
    timestamp: int
    headers: Headers


@dataclass(frozen=True, slots=True)
class RecordTime:
    """The timestamp that the record has on the log (the default)."""

    on_invalid: OnInvalid = "drop"


@dataclass(frozen=True, slots=True)
class WallClockTime:
    """The time of processing."""


@dataclass(frozen=True, slots=True)
class FieldTime:
    """A field of the value, in ms since the epoch: a key of a mapping or an attribute of an object."""

    field: str
    on_invalid: OnInvalid = "fail"


@dataclass(frozen=True, slots=True)
class CustomTime:
    """A function of the record and the partition's time (the largest so far, -1 at first) to ms since the epoch."""

    function: Callable[[ConsumedRecord, int], int]
    on_invalid: OnInvalid = "drop"


TimestampExtractor = RecordTime | WallClockTime | FieldTime | CustomTime


def field_of(value: Any, field: str) -> Any:
    """A field of a mapping or an object; None if there is none."""
    if isinstance(value, Mapping):
        return value.get(field)
    return getattr(value, field, None)
