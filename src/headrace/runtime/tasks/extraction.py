"""Event times of a batch, by the source's timestamp extractor; whole columns at once where that is possible."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from headrace.core.errors import ProcessingError
from headrace.core.identifiers import TopicPartition
from headrace.core.time import Clock
from headrace.processor.timestamps import (
    ConsumedRecord,
    CustomTime,
    FieldTime,
    OnInvalid,
    RecordTime,
    TimestampExtractor,
    WallClockTime,
    field_of,
)
from headrace.runtime.tasks.batch import DecodedBatch, part

Untimed = list[tuple[int, Exception]]
"""Indexes of records without a usable time that must not go by silently, and why."""


class Times(NamedTuple):
    """Times of all records (same length as the batch), those that failed, and the indexes of those to keep; None keeps all."""

    times: Sequence[int]
    untimed: Untimed
    kept: Sequence[int] | None


class Extraction:
    """Finds the times of a source's records.

    Args:
        extractor: What the source says.
        clock: For the wall-clock extractor.
        dropped: Counts one record that is left out for want of a time.
    """

    def __init__(self, extractor: TimestampExtractor, clock: Clock, dropped: Callable[[], None]) -> None:
        self._extractor = extractor
        self._clock = clock
        self._dropped = dropped

    def times(self, partition: TopicPartition, batch: DecodedBatch, partition_time: int) -> Times:
        """The times of a batch whose partition's time so far is `partition_time`."""
        match self._extractor:
            case RecordTime(on_invalid):
                if not batch.raw_times or min(batch.raw_times) >= 0:
                    return Times(batch.raw_times, [], None)
                return self._checked(batch, partition_time, lambda i, _: batch.raw_times[i], on_invalid)
            case WallClockTime():
                return Times([self._clock.now_ms()] * len(batch.offsets), [], None)
            case FieldTime(field, on_invalid):
                fast = _field_column(list(part(batch.values, 0, len(batch.offsets))), field)
                if fast is not None:
                    return Times(fast, [], None)
                return self._checked(batch, partition_time, lambda i, _: field_of(batch.values[i], field), on_invalid)
            case CustomTime(function, on_invalid):

                def custom(index: int, time: int) -> Any:
                    return function(_consumed(partition, batch, index), time)

                return self._checked(batch, partition_time, custom, on_invalid)

    def _checked(
        self, batch: DecodedBatch, partition_time: int, extract: Callable[[int, int], Any], on_invalid: OnInvalid
    ) -> Times:
        times: list[int] = []
        kept: list[int] = []
        untimed: Untimed = []
        for index in range(len(batch.offsets)):
            time = self._time(batch, index, partition_time, extract, on_invalid)
            if isinstance(time, Exception):
                untimed.append((index, time))
                time = -1
            elif time < 0:
                self._dropped()
            times.append(time)
            if time >= 0:
                kept.append(index)
                partition_time = max(partition_time, time)
        return Times(times, untimed, None if len(kept) == len(times) else kept)

    def _time(
        self,
        batch: DecodedBatch,
        index: int,
        partition_time: int,
        extract: Callable[[int, int], Any],
        on_invalid: OnInvalid,
    ) -> int | Exception:
        """The time of one record; below zero drops it, an error goes the way of the policy."""
        try:
            time = extract(index, partition_time)
        except Exception as error:
            return error
        if type(time) is int and time >= 0:
            return time
        if on_invalid == "partition-time":
            return partition_time
        if on_invalid == "record-time":
            return batch.raw_times[index]
        if on_invalid == "record-or-clock-time":
            return batch.raw_times[index] if batch.raw_times[index] >= 0 else self._clock.now_ms()
        wrong_kind = isinstance(self._extractor, CustomTime) and not isinstance(time, int)
        return -1 if on_invalid == "drop" and not wrong_kind else self._unusable(time)

    def _unusable(self, time: Any) -> ProcessingError:
        match self._extractor:
            case FieldTime(field):
                source = f"field {field!r}"
                hint = 'name a field that holds ms since the epoch, or choose: FieldTime(field, on_invalid="drop")'
            case RecordTime():
                source = "the record"
                hint = "write records with timestamps of 0 or more, in ms since the epoch"
            case _:
                source = "the timestamp extractor"
                hint = "give ms since the epoch as an int, or a negative number to drop the record"
        return ProcessingError(f"no usable timestamp: {source} gave {time!r}", hint=hint)


def _field_column(values: Sequence[Any], field: str) -> Sequence[int] | None:
    """The field of all values in one go; None if one of them has no usable one."""
    if not values:
        return []
    get: Callable[[Any], Any] = itemgetter(field) if isinstance(values[0], dict) else attrgetter(field)
    try:
        times = list(map(get, values))
        array("Q", times)
    except (TypeError, KeyError, AttributeError, OverflowError):
        return None
    return times


def _consumed(partition: TopicPartition, batch: DecodedBatch, index: int) -> ConsumedRecord:
    return ConsumedRecord(
        partition.topic,
        partition.partition,
        batch.offsets[index],
        batch.keys[index],
        batch.values[index],
        batch.raw_times[index],
        () if batch.headers is None else batch.headers[index],
    )
