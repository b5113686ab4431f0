"""Places in a topic as users write them: `beginning`, `end`, an offset, a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import click

from headrace.core.errors import ConfigurationError
from headrace.core.identifiers import TopicPartition
from headrace.core.time import SystemClock, to_ms
from headrace.log.api import Admin

_EDGES: dict[str, Literal["beginning", "end"]] = {
    "beginning": "beginning",
    "earliest": "beginning",
    "end": "end",
    "latest": "end",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in each partition of a topic.

    Attributes:
        kind: `back` counts from the end; `time` is the first record at or after a time in ms.
    """

    kind: Literal["beginning", "end", "offset", "back", "time"]
    value: int = 0


class PlaceType(click.ParamType[Place]):
    """Reads `beginning`, `end`, `OFFSET`, `-N` (the last N), `@MS`, an ISO date and time (by default UTC), or `5m` (ago)."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """The place. Fails with what can be written."""
        if isinstance(value, Place):
            return value
        try:
            return _parse(str(value).strip())
        except (ValueError, ConfigurationError):
            self.fail(
                f"{value!r} is none of: beginning, end, an offset, -N (the last N of each partition), a time such as "
                "2024-05-01T12:00:00Z or @1714564800000 (ms), or a duration such as 5m (ago)",
                param,
                ctx,
            )


class TimeType(click.ParamType[int]):
    """Reads a time: milliseconds since the epoch, or an ISO date and time (UTC unless it says)."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The time in ms."""
        if isinstance(value, int):
            return value
        try:
            return time_ms(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time: write 2024-05-01T12:00:00Z, or milliseconds since the epoch", param, ctx)


def time_ms(text: str) -> int:
    """A time as users write it, in ms since the epoch. Raises ValueError."""
    return int(text) if text.lstrip("-").isdecimal() else _iso_ms(text)


def _parse(text: str) -> Place:
    if text in _EDGES:
        return Place(_EDGES[text])
    if text.isdecimal():
        return Place("offset", int(text))
    if text.startswith("-") and text[1:].isdecimal():
        return Place("back", int(text[1:]))
    if text.startswith("@"):
        return Place("time", int(text[1:]))
    if text[:1].isdecimal() and text[-1:].isalpha() and "T" not in text:
        return Place("time", SystemClock().now_ms() - to_ms(text))
    return Place("time", _iso_ms(text))


def _iso_ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def offsets_at(admin: Admin, place: Place, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """The offset of a place in each partition, never outside of what is there."""
    first, end = admin.start_offsets(partitions), admin.end_offsets(partitions)
    match place.kind:
        case "beginning":
            return first
        case "end":
            return end
        case "time":
            return admin.offsets_for_times(dict.fromkeys(partitions, place.value))
        case "offset":
            wanted = dict.fromkeys(partitions, place.value)
        case "back":
            wanted = {partition: end[partition] - place.value for partition in partitions}
    return {partition: min(max(offset, first[partition]), end[partition]) for partition, offset in wanted.items()}
