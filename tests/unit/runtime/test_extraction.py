from typing import Any

import pytest

from headrace import ConsumedRecord, CustomTime, FieldTime, RecordTime, WallClockTime
from support.record_queues import Bad, batch, queue


def times(extractor: Any, values: list[bytes], own: list[int] | None = None, first: int = 0) -> tuple[list[int], int]:
    """Times of the records that are kept, and how many were dropped."""
    dropped: list[int] = []
    waiting = queue(extractor=extractor, dropped=lambda: dropped.append(1))
    waiting.add(batch(values, times=own, first=first))
    assert waiting.head_time is not None
    assert waiting.batch is not None
    return list(waiting.batch.times), len(dropped)


def test_record_time_is_the_default() -> None:
    assert times(RecordTime(), [b"1", b"2"], [7, 5]) == ([7, 5], 0)


def test_wall_clock_time_is_that_of_the_batch() -> None:
    assert times(WallClockTime(), [b"1", b"2"]) == ([77, 77], 0)


def test_a_field_is_read_for_the_whole_column() -> None:
    assert times(FieldTime("at"), [b'{"at":3}', b'{"at":1}']) == ([3, 1], 0)


@pytest.mark.parametrize("bad", [b"{}", b'{"at":null}', b'{"at":1.5}', b'{"at":"3"}', b'{"at":-1}', b"[]", b"4"])
def test_a_field_that_is_no_time_may_be_dropped(bad: bytes) -> None:
    assert times(FieldTime("at", on_invalid="drop"), [b'{"at":3}', bad]) == ([3], 1)


def test_partition_time_instead_is_the_largest_so_far_in_the_batch_too() -> None:
    values = [b'{"at":3}', b"{}", b'{"at":2}', b"{}"]
    assert times(FieldTime("at", on_invalid="partition-time"), values) == ([3, 3, 2, 3], 0)


def test_without_a_partition_time_so_far_the_record_is_dropped() -> None:
    assert times(FieldTime("at", on_invalid="partition-time"), [b"{}", b'{"at":2}']) == ([2], 1)


def test_the_record_s_own_time_instead() -> None:
    assert times(FieldTime("at", on_invalid="record-time"), [b"{}"], [9]) == ([9], 0)


def test_the_record_s_own_time_or_the_clock_s_where_it_has_none() -> None:
    found = times(FieldTime("at", on_invalid="record-or-clock-time"), [b'{"at":3}', b"{}", b"{}"], [8, 9, -1])
    assert found == ([3, 9, 77], 0)


def test_a_function_sees_the_record_and_the_partition_time() -> None:
    seen: list[tuple[ConsumedRecord, int]] = []

    def extract(record: ConsumedRecord, so_far: int) -> int:
        seen.append((record, so_far))
        return int(record.value)

    assert times(CustomTime(extract), [b"5", b"3", b"8"], [100, 101, 102], first=40) == ([5, 3, 8], 0)
    assert [so_far for _, so_far in seen] == [-1, 5, 5]
    assert seen[1][0] == ConsumedRecord("in", 0, 41, "k", 3, 101, ())


def test_a_function_drops_by_a_negative_number() -> None:
    assert times(CustomTime(lambda record, _: record.value), [b"-1", b"4"]) == ([4], 1)


@pytest.mark.parametrize("answer", [None, "5", 5.0])
def test_a_function_that_gives_no_int_is_an_error(answer: Any) -> None:
    bad = Bad()
    waiting = queue(extractor=CustomTime(lambda record, _: answer), bad=bad)
    waiting.add(batch([b"1"]))
    assert waiting.head_time is None
    assert bad.seen[0][1].startswith(f"no usable timestamp: the timestamp extractor gave {answer!r}")


def test_negative_record_times_are_dropped_by_default() -> None:
    assert times(RecordTime(), [b"1", b"2"], [-1, 5]) == ([5], 1)
