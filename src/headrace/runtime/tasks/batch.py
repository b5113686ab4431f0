"""A batch of one partition after decoding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from headrace.core.records import Headers


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record of a batch (its place among the raw ones, and its offset) that cannot be read or has no usable time."""

    index: int
    offset: int
    error: Exception


@dataclass(frozen=True, slots=True)
class DecodedOnUse:
    """A column whose items are decoded one by one when the loop over the records comes to them, and then let go."""

    raw: Sequence[bytes | None]
    decode: Callable[[Sequence[bytes | None]], Iterable[Any]]

    def __getitem__(self, index: int) -> Any:
        (item,) = self.decode([self.raw[index]])
        return item


T = TypeVar("T")
Column = Sequence[Any] | DecodedOnUse


def part(column: Column, start: int, stop: int) -> Iterable[Any]:
    """The items [start, stop) of a column; decoding one on use raises what its format raises."""
    if isinstance(column, DecodedOnUse):
        return column.decode(_slice(column.raw, start, stop))
    return _slice(column, start, stop)


def _slice(items: Sequence[T], start: int, stop: int) -> Sequence[T]:
    return items if not start and stop == len(items) else items[start:stop]  # most often it is all of them


@dataclass(slots=True)
class DecodedBatch:
    """One batch as columns of equal length, without the records that were left out.

    Attributes:
        keys / values: Decoded ahead, or on use.
        times: Event times in ms.
        raw_times: The records' own timestamps.
        headers: None when no record has any.
        next_offset: The position after the whole batch.
        left_out: What is missing here and still to be dealt with, by offset. Its turn comes after the record before it and
            before the one behind it; a dead letter and the position after it are part of the same commit.
    """

    offsets: Sequence[int]
    keys: Column
    values: Column
    times: Sequence[int]
    raw_keys: Sequence[bytes | None]
    raw_values: Sequence[bytes | None]
    raw_times: Sequence[int]
    headers: Sequence[Headers] | None
    next_offset: int
    left_out: list[LeftOut] = field(default_factory=list)


def only(batch: DecodedBatch, kept: Sequence[int], *, decoded_columns: bool) -> DecodedBatch:
    """The batch without the records that are not in `kept`."""

    def pick(column: Column) -> list[Any]:
        return [column[index] for index in kept]

    return DecodedBatch(
        pick(batch.offsets),
        pick(batch.keys) if decoded_columns else batch.keys,
        pick(batch.values) if decoded_columns else batch.values,
        pick(batch.times),
        pick(batch.raw_keys),
        pick(batch.raw_values),
        pick(batch.raw_times),
        None if batch.headers is None else pick(batch.headers),
        batch.next_offset,
        batch.left_out,
    )
