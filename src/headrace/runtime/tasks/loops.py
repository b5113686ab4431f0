"""The innermost loops: records of one batch through one row function. One variant per need, chosen once per task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from operator import length_hint
from typing import Any

from headrace.core.records import NO_HEADERS, Headers
from headrace.operators.base import RowFn
from headrace.runtime.tasks.batch import DecodedBatch, part
from headrace.runtime.tasks.current import CurrentRecord

Test = Callable[[Any, Any], bool]
"""The predicate of a filter: takes key and value."""


WriteBytes = Callable[[list[bytes | None], list[bytes | None], list[int]], None]
"""Takes the keys and values that were read, and the times, of many records without headers."""


class RowError(Exception):
    """A row function raised; `index` is the record's place in the batch."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(str(error))
        self.index = index
        self.error = error


class UnreadError(Exception):
    """A record could not be decoded when its turn came; `index` is its place in the batch."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def run_rows(row: RowFn, batch: DecodedBatch, start: int, stop: int) -> None:
    """Records [start, stop) without anything around them."""
    times, headers = _ends(batch, start, stop)
    columns = zip(times, part(batch.keys, start, stop), part(batch.values, start, stop), headers, strict=True)
    try:
        for time, key, value, own in columns:
            row(key, value, time, own)
    except Exception as error:
        raise _placed(error, times, headers, stop) from error


def run_tested_rows(test: Test, row: RowFn, batch: DecodedBatch, start: int, stop: int) -> None:
    """The same for those records that pass a test."""
    times, headers = _ends(batch, start, stop)
    columns = zip(times, part(batch.keys, start, stop), part(batch.values, start, stop), headers, strict=True)
    try:
        for time, key, value, own in columns:
            if test(key, value):
                row(key, value, time, own)
    except Exception as error:
        raise _placed(error, times, headers, stop) from error


def run_rows_with_bytes(row: RowFn, batch: DecodedBatch, start: int, stop: int, current: CurrentRecord) -> None:
    """All records, with the original bytes of each value at hand for sinks that pass them through."""
    times, headers = _ends(batch, start, stop)
    keys, values = part(batch.keys, start, stop), part(batch.values, start, stop)
    try:
        for time, key, value, current.raw_value, own in zip(
            times, keys, values, batch.raw_values[start:stop], headers, strict=True
        ):
            row(key, value, time, own)
    except Exception as error:
        raise _placed(error, times, headers, stop) from error


def run_tested_rows_with_bytes(
    test: Test, row: RowFn, batch: DecodedBatch, start: int, stop: int, current: CurrentRecord
) -> None:
    """The same for those records that pass a test."""
    times, headers = _ends(batch, start, stop)
    keys, values = part(batch.keys, start, stop), part(batch.values, start, stop)
    try:
        for time, key, value, raw_value, own in zip(times, keys, values, batch.raw_values[start:stop], headers, strict=True):
            if test(key, value):
                current.raw_value = raw_value
                row(key, value, time, own)
    except Exception as error:
        raise _placed(error, times, headers, stop) from error


def run_tested_bytes(
    test: Test, write: WriteBytes, row: RowFn, batch: DecodedBatch, start: int, stop: int, current: CurrentRecord
) -> None:
    """The same for a batch without headers where nothing but a sink comes below: `write` takes what passes, at one go.

    If it raises it has written nothing; `row`, which takes them one by one, then tells which record it is about.
    """
    passed: list[bool] = []
    keys, values = part(batch.keys, start, stop), part(batch.values, start, stop)
    try:
        passed.extend(map(test, keys, values))
        if len(passed) < stop - start:
            message = "StopIteration was raised for it"  # and has ended `map` as if there were no more
            raise RuntimeError(message)
    except Exception as error:
        index = start + len(passed)
        failure = RowError(index, error) if _can_be_read(batch, index) else UnreadError(index)
        _write_passed(write, row, batch, start, passed, current)
        raise failure from error
    _write_passed(write, row, batch, start, passed, current)


def _write_passed(
    write: WriteBytes, row: RowFn, batch: DecodedBatch, start: int, passed: list[bool], current: CurrentRecord
) -> None:
    stop = start + len(passed)
    keys, values, times = (part(column, start, stop) for column in (batch.raw_keys, batch.raw_values, batch.times))
    try:
        write(list(compress(keys, passed)), list(compress(values, passed)), list(compress(times, passed)))
    except Exception:
        for index, keep in enumerate(passed, start):
            try:
                if keep:
                    current.raw_value = batch.raw_values[index]
                    row(batch.keys[index], batch.values[index], batch.times[index], NO_HEADERS)
            except Exception as error:
                raise RowError(index, error) from error


def _can_be_read(batch: DecodedBatch, index: int) -> bool:
    try:
        batch.keys[index], batch.values[index]
    except Exception:
        return False
    return True


ROW_LOOPS = (run_rows, run_tested_rows, run_rows_with_bytes, run_tested_rows_with_bytes, run_tested_bytes)
"""All of them. Their local `times`, or the length of `passed`, tells where they are: the watchdog looks at it."""


def _ends(batch: DecodedBatch, start: int, stop: int) -> tuple[Iterator[int], Iterator[Headers]]:
    """The first and the last column of a loop: by them it is known where an error happened."""
    headers: Sequence[Headers] = [NO_HEADERS] * (stop - start) if batch.headers is None else batch.headers[start:stop]
    return iter(batch.times[start:stop]), iter(headers)


def _placed(error: Exception, times: Iterator[int], headers: Iterator[Headers], stop: int) -> RowError | UnreadError:
    # A record whose time was taken and whose headers were not has failed in between: where keys and values are decoded.
    left = length_hint(times)
    index = stop - left - 1
    return RowError(index, error) if length_hint(headers) == left else UnreadError(index)
