import json
from collections.abc import Callable
from typing import Any

import pytest

from headrace import Consumed, StreamsBuilder
from headrace.core.errors import ProcessingError
from headrace.runtime.tasks.batch import DecodedBatch, DecodedOnUse
from headrace.runtime.tasks.current import CurrentRecord
from headrace.runtime.tasks.loops import (
    RowError,
    UnreadError,
    run_rows,
    run_rows_with_bytes,
    run_tested_bytes,
    run_tested_rows,
    run_tested_rows_with_bytes,
)
from headrace.testing import TestDriver


def batch(values: list[int]) -> DecodedBatch:
    count = len(values)
    return DecodedBatch(
        offsets=range(count),
        keys=["k"] * count,
        values=values,
        times=list(range(count)),
        raw_keys=[b"k"] * count,
        raw_values=[b"%d" % value for value in values],
        raw_times=list(range(count)),
        headers=None,
        next_offset=count,
        left_out=[],
    )


def test_a_record_is_tested_and_goes_all_the_way_before_the_next_is_tested() -> None:
    seen: list[tuple[str, int]] = []

    def test(_key: str, value: int) -> bool:
        seen.append(("tested", value))
        return value != 2

    run_tested_rows(test, lambda _key, value, _time, _headers: seen.append(("kept", value)), batch([0, 1, 2, 3]), 1, 4)
    assert seen == [("tested", 1), ("kept", 1), ("tested", 2), ("tested", 3), ("kept", 3)]


@pytest.mark.parametrize("bad", [1, 3])
def test_an_error_says_at_which_record_of_the_batch_it_was(bad: int) -> None:
    def fails(_key: str, value: int) -> bool:
        if value == bad:
            raise ValueError(value)
        return True

    with pytest.raises(RowError) as in_test:
        run_tested_rows(fails, lambda *_: None, batch([0, 1, 2, 3]), 1, 4)
    with pytest.raises(RowError) as below:
        run_tested_rows(lambda *_: True, lambda key, value, *_: fails(key, value), batch([0, 1, 2, 3]), 1, 4)
    with pytest.raises(RowError) as untested:
        run_rows(lambda key, value, *_: fails(key, value), batch([0, 1, 2, 3]), 1, 4)
    assert (in_test.value.index, below.value.index, untested.value.index) == (bad, bad, bad)


@pytest.mark.parametrize("bad", [1, 3])
def test_a_record_that_cannot_be_decoded_is_told_apart_from_one_whose_row_fails(bad: int) -> None:
    records, seen, current = batch([0, 1, 2, 3]), [], CurrentRecord()
    records.raw_values = [b"{" if place == bad else b"%d" % place for place in range(4)]
    records.values = DecodedOnUse(records.raw_values, lambda raw: map(json.loads, raw))

    def row(_key: str, value: int, *_: object) -> None:
        seen.append(value)

    with pytest.raises(UnreadError) as untested:
        run_rows(row, records, 1, 4)
    with pytest.raises(UnreadError) as tested:
        run_tested_rows(lambda *_: True, row, records, 1, 4)
    with pytest.raises(UnreadError) as with_bytes:
        run_rows_with_bytes(row, records, 1, 4, current)
    with pytest.raises(UnreadError) as tested_with_bytes:
        run_tested_rows_with_bytes(lambda *_: True, row, records, 1, 4, current)
    assert [error.value.index for error in (untested, tested, with_bytes, tested_with_bytes)] == [bad] * 4
    assert seen == [*range(1, bad)] * 4


class Written:
    """Takes records as bytes, many or one."""

    def __init__(self, *, refused: bytes = b"") -> None:
        self.values: list[bytes | None] = []
        self.current = CurrentRecord()
        self._refused = refused

    def run(self, test: Callable[[Any, Any], Any], records: DecodedBatch, start: int, stop: int) -> None:
        run_tested_bytes(test, self._many, self._one, records, start, stop, self.current)

    def _many(self, _keys: list[bytes | None], values: list[bytes | None], _times: list[int]) -> None:
        if self._refused in values:
            raise ValueError(self._refused)
        self.values += values

    def _one(self, *_: object) -> None:
        if self.current.raw_value == self._refused:
            raise ValueError(self._refused)
        self.values.append(self.current.raw_value)


def test_what_passes_is_written_as_it_was_read() -> None:
    written = Written()
    written.run(lambda _key, value: value != 2, batch([0, 1, 2, 3]), 1, 4)
    assert written.values == [b"1", b"3"]


@pytest.mark.parametrize("error", [ValueError, StopIteration])
def test_what_passed_before_a_predicate_failed_is_written(error: type[Exception]) -> None:
    def fails(_key: str, value: int) -> bool:
        if value == 3:
            raise error
        return value > 0

    written = Written()
    with pytest.raises(RowError) as failed:
        written.run(fails, batch([0, 1, 2, 3, 4]), 0, 5)
    assert (failed.value.index, written.values) == (3, [b"1", b"2"])


def test_what_passed_before_a_record_that_cannot_be_decoded_is_written() -> None:
    records, written = batch([0, 1, 2, 3]), Written()
    records.raw_values = [b"0", b"1", b"{", b"3"]
    records.values = DecodedOnUse(records.raw_values, lambda raw: map(json.loads, raw))
    with pytest.raises(UnreadError) as failed:
        written.run(lambda *_: True, records, 1, 4)
    assert (failed.value.index, written.values) == (2, [b"1"])


def test_a_record_that_cannot_be_written_is_named_and_those_before_it_are_written() -> None:
    written = Written(refused=b"2")
    with pytest.raises(RowError) as failed:
        written.run(lambda _key, value: value > 0, batch([0, 1, 2, 3]), 0, 4)
    assert (failed.value.index, written.values) == (2, [b"1"])


def test_an_answer_that_is_neither_true_nor_false_is_the_error_of_its_record() -> None:
    class Neither:
        def __bool__(self) -> bool:
            raise TypeError

    written = Written()
    with pytest.raises(RowError) as failed:
        written.run(lambda _key, value: Neither() if value == 2 else True, batch([0, 1, 2, 3]), 0, 4)
    assert (failed.value.index, written.values) == (2, [b"0", b"1"])


def test_the_bytes_at_hand_are_those_of_the_record_in_hand() -> None:
    current, seen = CurrentRecord(), []

    def row(_key: str, value: int, *_: object) -> None:
        seen.append((value, current.raw_value))

    run_rows_with_bytes(row, batch([7, 8]), 0, 2, current)
    run_tested_rows_with_bytes(lambda _key, value: value == 8, row, batch([7, 8]), 0, 2, current)
    assert seen == [(7, b"7"), (8, b"8"), (8, b"8")]


def test_a_filter_behind_a_source_names_the_line_of_its_predicate_when_that_fails() -> None:
    builder = StreamsBuilder()
    numbers = builder.stream("numbers", Consumed(value=int))
    numbers.filter(lambda _key, number: 6 % number == 0).to("divisors")
    numbers_only = TestDriver(builder.build())
    with pytest.raises(ProcessingError, match=r"ZeroDivisionError at .*test_loops\.py"), numbers_only as driver:
        driver.topic("numbers").pipe_values([3, 4, 1])
        assert driver.topic("divisors").values() == [3, 1]
        driver.topic("numbers").pipe("k", 0)
