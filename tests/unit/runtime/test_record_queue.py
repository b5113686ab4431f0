import pytest

from headrace import DecodeError, FieldTime
from headrace.log.api import RecordBatch
from headrace.runtime.tasks.batch import DecodedOnUse, part
from support.record_queues import Bad, batch, queue


def test_hands_out_decoded_records_and_knows_the_position_after_each() -> None:
    waiting = queue()
    waiting.add(batch([b"1", b"2", b"3"]))
    assert (waiting.head_time, waiting.next_offset, waiting.waiting_records) == (0, None, 3)
    waiting.advance(2)
    assert (waiting.head_time, waiting.next_offset, waiting.waiting_records) == (2, 2, 1)
    waiting.advance(3)
    assert (waiting.head_time, waiting.next_offset, waiting.waiting_records) == (None, 3, 0)


def test_the_position_after_a_batch_lies_past_gaps_and_control_records() -> None:
    waiting = queue()
    waiting.add(batch([b"1"], next_offset=5))
    assert waiting.head_time == 0
    waiting.advance(1)
    assert waiting.next_offset == 5


def test_a_large_batch_is_decoded_piece_by_piece_with_the_right_position_after_each() -> None:
    bad = Bad()
    waiting = queue(bad=bad)
    values = [b"%d" % number for number in range(1_200)]
    values[1_100] = b"{"
    waiting.add(batch(values, next_offset=1_205))
    seen: list[int] = []
    positions = []
    while waiting.head_time is not None:
        assert waiting.batch is not None
        count = waiting.run_end(len(waiting.batch.values))
        seen += waiting.batch.values[waiting.index : count]
        waiting.advance(count)
        positions.append(waiting.next_offset)
    assert seen == [number for number in range(1_200) if number != 1_100]
    assert len(positions) > 2
    assert positions[0] == seen[positions[0] - 1] + 1
    assert (positions[-1], waiting.waiting_records) == (1_205, 0)
    assert [offset for offset, _ in bad.seen] == [1_100]


def test_partition_time_is_the_largest_time_of_what_is_done() -> None:
    waiting = queue()
    waiting.add(batch([b"1", b"2", b"3"], times=[5, 9, 7]))
    assert waiting.head_time == 5
    assert waiting.partition_time == -1
    waiting.advance(1)
    assert waiting.partition_time == 5
    waiting.advance(3)
    assert waiting.partition_time == 9


def test_null_values_and_keys_stay_null() -> None:
    waiting = queue()
    waiting.add(batch([None, b"2"]))
    assert waiting.head_time == 0
    assert waiting.batch is not None
    assert list(waiting.batch.values) == [None, 2]


def test_a_batch_that_begins_with_null_is_decoded_on_use_all_the_same() -> None:
    waiting = queue(on_use=True)
    waiting.add(batch([None, b"2", None]))
    assert waiting.head_time == 0
    assert waiting.batch is not None
    assert isinstance(waiting.batch.values, DecodedOnUse)
    assert list(part(waiting.batch.values, 0, 3)) == [None, 2, None]


def test_null_within_a_batch_sends_the_loop_back_to_decoding_ahead() -> None:
    bad = Bad()
    waiting = queue(bad=bad, on_use=True)
    waiting.add(batch([b"1", None, b"3"]))
    assert waiting.head_time == 0
    assert waiting.batch is not None
    assert isinstance(waiting.batch.values, DecodedOnUse)
    with pytest.raises(ValueError, match="Input must be bytes"):
        waiting.batch.values[1]
    waiting.read_ahead(1)
    assert waiting.head_time == 1
    assert waiting.batch.values == [None, 3]
    assert not bad.seen


def test_a_record_that_cannot_be_read_is_told_about_when_its_turn_comes_and_not_before() -> None:
    bad = Bad()
    waiting = queue(bad=bad)
    waiting.add(batch([b"1", b"{", b"3", b"4"]))
    assert waiting.head_time == 0
    assert waiting.waiting_records == 3
    assert (waiting.run_end(3), bad.seen) == (1, [])
    waiting.advance(1)
    [(offset, said)] = bad.seen
    assert offset == 1
    assert "the value of a record cannot be read as Json(): b'{' (JSONDecodeError: " in said
    assert "hint: Json() is the default, give the right format in Consumed(value=...)" in said
    assert (waiting.next_offset, waiting.run_end(3)) == (2, 3)
    waiting.advance(2)
    assert waiting.next_offset == 3


def test_bad_records_before_the_first_good_one_are_told_about_at_once() -> None:
    bad = Bad()
    waiting = queue(bad=bad)
    waiting.add(batch([b"{", b"}", b"3", b"]", b"5"]))
    assert waiting.head_time == 2
    assert ([offset for offset, _ in bad.seen], waiting.next_offset, waiting.run_end(9)) == ([0, 1], 2, 1)
    waiting.advance(1)
    assert ([offset for offset, _ in bad.seen], waiting.next_offset) == ([0, 1, 3], 4)


def test_the_position_stays_at_a_bad_record_that_is_not_left_out() -> None:
    def refuse(_raw: RecordBatch, _index: int, error: Exception) -> None:
        raise error

    waiting = queue(bad=refuse)
    waiting.add(batch([b"1", b"{"]))
    assert waiting.head_time == 0
    with pytest.raises(DecodeError):
        waiting.advance(1)
    assert waiting.next_offset == 1


def test_bad_records_at_the_end_of_a_batch_are_told_about_with_its_last_record() -> None:
    bad = Bad()
    waiting = queue(bad=bad)
    waiting.add(batch([b"1", b"{", b"}"]))
    assert waiting.head_time == 0
    waiting.advance(1)
    assert [offset for offset, _ in bad.seen] == [1, 2]
    assert waiting.next_offset == 3


def test_a_batch_of_bad_records_only_moves_the_position_at_once() -> None:
    bad = Bad()
    waiting = queue(bad=bad)
    waiting.add(batch([b"{", b"}"]))
    waiting.add(batch([b"1"], first=2))
    assert waiting.head_time == 2
    assert [offset for offset, _ in bad.seen] == [0, 1]
    assert waiting.next_offset == 2


def test_records_without_a_usable_time_wait_for_their_turn_among_the_unreadable_ones() -> None:
    bad = Bad()
    waiting = queue(bad=bad, extractor=FieldTime("at"))
    waiting.add(batch([b'{"at":1}', b"{}", b"{", b'{"at":4}', b'{"at":"x"}']))
    assert waiting.head_time == 1
    waiting.advance(1)
    assert [offset for offset, _ in bad.seen] == [1, 2]
    waiting.advance(2)
    assert [offset for offset, _ in bad.seen] == [1, 2, 4]
    assert "field 'at' gave None" in bad.seen[0][1]
    assert "field 'at' gave 'x'" in bad.seen[2][1]


def test_records_decoded_on_use_are_touched_by_nobody_before_and_dealt_with_ahead_from_the_first_that_cannot_be_read() -> None:
    bad = Bad()
    waiting = queue(bad=bad, on_use=True)
    waiting.add(batch([b"1", b"{", b"3"]))
    waiting.add(batch([b"4"], first=3))
    assert (waiting.head_time, waiting.waiting_records, bad.seen) == (0, 4, [])
    assert waiting.batch is not None
    assert next(iter(part(waiting.batch.values, 0, 3))) == 1
    waiting.read_ahead(1)
    assert (waiting.next_offset, waiting.waiting_records, bad.seen) == (1, 3, [])
    assert (waiting.head_time, waiting.next_offset, waiting.waiting_records) == (2, 2, 2)
    assert [offset for offset, _ in bad.seen] == [1]
    assert list(waiting.batch.values) == [3]
    waiting.advance(1)
    assert waiting.head_time == 3
    assert isinstance(waiting.batch.values, DecodedOnUse)


def test_records_whose_times_have_to_be_looked_at_are_decoded_ahead() -> None:
    waiting = queue(on_use=True)
    waiting.add(batch([b"1", b"2"], times=[5, -1]))
    assert waiting.head_time == 5
    assert waiting.batch is not None
    assert list(waiting.batch.values) == [1]


def test_clearing_forgets_what_waits() -> None:
    waiting = queue()
    waiting.add(batch([b"1"]))
    waiting.add(batch([b"2"], first=1))
    assert waiting.head_time == 0
    waiting.clear()
    assert (waiting.head_time, waiting.waiting_records, waiting.next_offset) == (None, 0, None)
