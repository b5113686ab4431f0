"""The innermost loops: records of one batch through one row function. One variant per need, chosen once per task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import length_hint
from typing import Any

from headrace.core.records import NO_HEADERS
from headrace.operators.base import RowFn
from headrace.runtime.tasks.batch import DecodedBatch
from headrace.runtime.tasks.current import CurrentRecord


class RowError(Exception):
    """A row function raised; `index` is the record's place in the batch."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(str(error))
        self.index = index
        self.error = error


def run_rows(row: RowFn, batch: DecodedBatch, start: int, stop: int) -> None:
    """Records [start, stop) without anything around them."""
    keys: Iterator[Any] = iter(batch.keys[start:stop])
    try:
        if batch.headers is None:
            for key, value, time in zip(keys, batch.values[start:stop], batch.times[start:stop], strict=True):
                row(key, value, time, NO_HEADERS)
        else:
            columns = zip(keys, batch.values[start:stop], batch.times[start:stop], batch.headers[start:stop], strict=True)
            for key, value, time, headers in columns:
                row(key, value, time, headers)
    except Exception as error:
        raise RowError(stop - length_hint(keys) - 1, error) from error


def run_tested_rows(test: Callable[[Any, Any], bool], row: RowFn, batch: DecodedBatch, start: int, stop: int) -> None:
    """The same for those records that pass a test."""
    keys: Iterator[Any] = iter(batch.keys[start:stop])
    all_headers: Sequence[Any] = [NO_HEADERS] * (stop - start) if batch.headers is None else batch.headers[start:stop]
    try:
        for key, value, time, headers in zip(keys, batch.values[start:stop], batch.times[start:stop], all_headers, strict=True):
            if test(key, value):
                row(key, value, time, headers)
    except Exception as error:
        raise RowError(stop - length_hint(keys) - 1, error) from error


def run_rows_with_bytes(row: RowFn, batch: DecodedBatch, start: int, stop: int, current: CurrentRecord) -> None:
    """The same, with the original bytes of each value at hand for sinks that pass them through."""
    keys: Iterator[Any] = iter(batch.keys[start:stop])
    all_headers: Sequence[Any] = [NO_HEADERS] * (stop - start) if batch.headers is None else batch.headers[start:stop]
    raw = batch.raw_values[start:stop]
    columns = zip(keys, batch.values[start:stop], batch.times[start:stop], all_headers, raw, strict=True)
    try:
        for key, value, time, headers, current.raw_value in columns:
            row(key, value, time, headers)
    except Exception as error:
        raise RowError(stop - length_hint(keys) - 1, error) from error
