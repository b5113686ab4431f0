"""What option objects check when they are made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

from headrace.core.errors import TopologyError
from headrace.core.identifiers import checked_name
from headrace.core.time import Duration, to_ms
from headrace.formats.api import Format
from headrace.formats.resolve import format_of
from headrace.processor.timestamps import ConsumedRecord, CustomTime, FieldTime, RecordTime, TimestampExtractor, WallClockTime

V = TypeVar("V")


def given_format(spec: Format[V] | type[V] | None) -> Format[V] | None:
    """A format, from one or from a type; None if not given."""
    return None if spec is None else format_of(spec)


def given_name(name: str | None, what: str) -> str | None:
    """A name that is legal; None if not given."""
    return None if name is None else checked_name(name, what)


def not_negative_ms(duration: Duration | None, what: str) -> int | None:
    """A duration in ms; None if not given."""
    if duration is None:
        return None
    ms = to_ms(duration)
    if ms < 0:
        message = f"{what} must not be negative, got {ms} ms"
        raise TopologyError(message)
    return ms


def given_extractor(timestamp: Any) -> TimestampExtractor | None:
    """Where timestamps come from: an extractor, the name of a field, or a function."""
    if timestamp is None or isinstance(timestamp, RecordTime | WallClockTime | FieldTime | CustomTime):
        return timestamp
    if isinstance(timestamp, str):
        return FieldTime(timestamp)
    if callable(timestamp):
        return CustomTime(cast("Callable[[ConsumedRecord, int], int]", timestamp))
    message = f"{timestamp!r} is no source of timestamps"
    raise TopologyError(message, hint="give a field's name, an extractor such as WallClockTime(), or a function")


def given_offset_reset(where: Any) -> str | None:
    """Where to begin, as text."""
    if isinstance(where, timedelta):
        return f"by-duration:{not_negative_ms(where, 'offset_reset')}"
    return one_of(where, ("earliest", "latest", "none"), "offset_reset")


def one_of(given: Any, known: tuple[str, ...], what: str) -> str | None:
    """A value out of those that are known; None if not given."""
    if given is None or given in known:
        return given  # type: ignore[no-any-return]
    message = f"{what}={given!r} is not known"
    raise TopologyError(message, hint=f"it is one of {', '.join(known)}")
