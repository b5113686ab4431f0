"""Event times of a batch, by the source's timestamp extractor; whole columns at once where that is possible."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter
from typing import Any

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
from headrace.runtime.tasks.batch import DecodedBatch

Times = tuple[Sequence[int], Sequence[int] | None]
"""Times of all records (same length as the batch), and the indexes of those to keep; None keeps all."""


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
                    return batch.raw_times, None
                return self._checked(partition, batch, partition_time, lambda i, _: batch.raw_times[i], on_invalid)
            case WallClockTime():
                return [self._clock.now_ms()] * len(batch.offsets), None
            case FieldTime(field, on_invalid):
                fast = _field_column(batch.values, field)
                if fast is not None:
                    return fast, None
                return self._checked(
                    partition, batch, partition_time, lambda i, _: field_of(batch.values[i], field), on_invalid
                )
            case CustomTime(function, on_invalid):

                def custom(index: int, time: int) -> Any:
                    return function(_consumed(partition, batch, index), time)

                return self._checked(partition, batch, partition_time, custom, on_invalid)

    def _checked(
        self,
        partition: TopicPartition,
        batch: DecodedBatch,
        partition_time: int,
        extract: Callable[[int, int], Any],
        on_invalid: OnInvalid,
    ) -> Times:
        times: list[int] = []
        kept: list[int] = []
        for index in range(len(batch.offsets)):
            time = extract(index, partition_time)
            if type(time) is not int or time < 0:
                time = self._instead(partition, batch, index, time, partition_time, on_invalid)
            times.append(time)
            if time < 0:
                self._dropped()
                continue
            kept.append(index)
            partition_time = max(partition_time, time)
        return times, (None if len(kept) == len(times) else kept)

    def _instead(
        self, partition: TopicPartition, batch: DecodedBatch, index: int, found: Any, partition_time: int, on_invalid: OnInvalid
    ) -> int:
        if on_invalid == "partition-time":
            return partition_time
        if on_invalid == "record-time":
            return batch.raw_times[index]
        if on_invalid == "drop":
            return -1
        message = (
            f"no usable timestamp in topic {partition.topic!r}, partition {partition.partition},"
            f" offset {batch.offsets[index]}: {self._source()} gave {found!r}"
        )
        hint = 'name a field that holds ms since the epoch, or choose what happens: FieldTime(field, on_invalid="drop")'
        raise ProcessingError(message, hint=hint)

    def _source(self) -> str:
        return f"field {self._extractor.field!r}" if isinstance(self._extractor, FieldTime) else "the extractor"


def _field_column(values: Sequence[Any], field: str) -> Sequence[int] | None:
    """The field of all values in one go; None if one of them has no usable one."""
    if not values:
        return []
    get: Callable[[Any], Any] = itemgetter(field) if isinstance(values[0], dict) else attrgetter(field)
    try:
        times = list(map(get, values))
        array("q", times)
    except (TypeError, KeyError, AttributeError, OverflowError):
        return None
    return times if min(times) >= 0 else None


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
