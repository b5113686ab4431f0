"""Readers: the same on every log."""

from __future__ import annotations

import threading
from itertools import repeat

import pytest
from log_bench import Bench

from headrace.core.errors import LifecycleError, OffsetOutOfRangeError, UnknownTopicError
from headrace.core.identifiers import TopicPartition


def test_reads_from_the_assigned_offset_and_moves_on(bench: Bench) -> None:
    a = bench.topic("a")
    bench.write(a, *((b"k", b"%d" % i) for i in range(5)))
    reader = bench.log.reader()
    reader.assign({a: 2})
    (first,) = reader.poll(2, 0)
    assert (first.topic, first.partition) == ("a", 0)
    assert (list(first.offsets), first.values, first.next_offset) == ([2, 3], [b"2", b"3"], 4)
    assert reader.position(a) == 4
    (second,) = reader.poll(10, 0)
    assert (list(second.offsets), second.next_offset) == ([4], 5)
    assert reader.poll(10, 0) == []
    assert reader.position(a) == 5
    reader.close()


def test_offsets_run_on_over_commits(bench: Bench) -> None:
    a = bench.topic("a")
    for i in range(4):
        bench.write(a, *[(b"k", b"%d" % i)] * (i + 1))
    assert [row[0] for row in bench.rows(a, limit=3)] == list(range(10))


def test_batches_of_all_sizes_are_read_in_their_order(bench: Bench) -> None:
    a = bench.topic("a")
    values = [b"%d" % number * size for number, size in enumerate((1, 65_400, 65_600, 3, 900_000, 65_536, 2))]
    for value in values:
        bench.write(a, (b"k", value))
    assert bench.values(a) == values


def test_shares_a_small_poll_among_partitions(bench: Bench) -> None:
    bench.topic("a", 3)
    parts = [TopicPartition("a", i) for i in range(3)]
    for where, count in zip(parts, (100, 2, 100), strict=True):
        bench.write(where, *[(b"k", b"v")] * count)
    reader = bench.log.reader()
    reader.assign(dict.fromkeys(parts, 0))
    taken = dict.fromkeys(parts, 0)
    for batch in reader.poll(30, 0):
        taken[TopicPartition(batch.topic, batch.partition)] += len(batch.offsets)
    assert sum(taken.values()) == 30
    assert taken[parts[1]] == 2
    assert min(taken[parts[0]], taken[parts[2]]) >= 10
    reader.close()


def test_serves_all_partitions_in_turn_when_polls_are_tiny(bench: Bench) -> None:
    bench.topic("a", 3)
    parts = [TopicPartition("a", i) for i in range(3)]
    for where in parts:
        bench.write(where, *[(b"k", b"v")] * 10)
    reader = bench.log.reader()
    reader.assign(dict.fromkeys(parts, 0))
    seen = [batch.partition for _ in range(3) for batch in reader.poll(1, 0)]
    assert sorted(seen) == [0, 1, 2]
    reader.close()


def test_paused_partitions_wait_for_resume(bench: Bench) -> None:
    a, b = bench.topic("a"), bench.topic("b")
    bench.write(a, (b"k", b"1"))
    bench.write(b, (b"k", b"2"))
    reader = bench.log.reader()
    reader.assign({a: 0, b: 0})
    reader.pause([a])
    assert [batch.topic for batch in reader.poll(10, 0)] == ["b"]
    assert reader.poll(10, 0) == []
    reader.resume([a])
    assert [batch.topic for batch in reader.poll(10, 0)] == ["a"]
    reader.close()


def test_an_assignment_replaces_the_former(bench: Bench) -> None:
    a, b = bench.topic("a"), bench.topic("b")
    bench.write(a, (b"k", b"1"))
    reader = bench.log.reader()
    reader.assign({b: 0})
    reader.assign({a: 0})
    assert [batch.topic for batch in reader.poll(10, 0)] == ["a"]
    for call in (reader.pause, reader.resume):
        with pytest.raises(LifecycleError, match="b-0 is not assigned"):
            call([b])
    with pytest.raises(LifecycleError):
        reader.position(b)
    reader.close()


def test_partitions_that_stay_where_they_are_are_not_touched_by_a_new_assignment(bench: Bench) -> None:
    a, b, c = bench.topic("a"), bench.topic("b"), bench.topic("c")
    for where in (a, b, c):
        bench.write(where, (b"k", b"1"), (b"k", b"2"))
    reader = bench.log.reader()
    reader.assign({a: 0, b: 0})
    reader.pause([a])
    reader.poll(1, 0)
    reader.assign({a: 0, b: reader.position(b), c: 0})
    found = [
        row for _ in range(2) for batch in reader.poll(10, 0) for row in zip(batch.values, repeat(batch.topic), strict=False)
    ]
    assert sorted(found) == [(b"1", "c"), (b"2", "b"), (b"2", "c")]
    reader.resume([a])
    assert [batch.topic for batch in reader.poll(10, 0)] == ["a"]
    reader.close()


def test_a_partition_that_is_assigned_elsewhere_begins_there_unpaused(bench: Bench) -> None:
    a = bench.topic("a")
    bench.write(a, (b"k", b"1"), (b"k", b"2"))
    reader = bench.log.reader()
    reader.assign({a: 0})
    reader.pause([a])
    reader.assign({a: 1})
    (batch,) = reader.poll(10, 0)
    assert batch.values == [b"2"]
    reader.close()


def test_without_open_transactions_all_that_is_written_is_committed(bench: Bench) -> None:
    a = bench.topic("a")
    bench.write(a, (b"k", b"1"), (b"k", b"2"))
    assert bench.admin.high_watermarks([a]) == bench.admin.end_offsets([a]) == {a: 2}


def test_a_blocked_poll_wakes_up_when_records_are_committed(bench: Bench) -> None:
    a = bench.topic("a")
    reader = bench.log.reader()
    reader.assign({a: 0})
    writer = threading.Timer(0.02, bench.write, [a, (b"k", b"late")])
    writer.start()
    (batch,) = reader.poll(10, 60)
    assert batch.values == [b"late"]
    writer.join()
    reader.close()


def test_a_poll_gives_up_after_its_time_out(bench: Bench) -> None:
    a = bench.topic("a")
    reader = bench.log.reader()
    assert reader.poll(10, 0.001) == []
    reader.assign({a: 0})
    assert reader.poll(10, 0.001) == []
    reader.close()


@pytest.mark.parametrize("offset", [0, 4])
def test_a_position_outside_the_partition_is_an_error(bench: Bench, offset: int) -> None:
    a = bench.topic("a")
    bench.write(a, *[(b"k", b"v")] * 3)
    bench.admin.delete_records({a: 1})
    reader = bench.log.reader()
    reader.assign({a: offset})
    with pytest.raises(OffsetOutOfRangeError, match=f"offset {offset} of a-0 .* holds 1 up to 3"):
        reader.poll(10, 0)
    reader.close()


def test_records_deleted_under_a_reader_are_not_skipped_in_silence(bench: Bench) -> None:
    a = bench.topic("a")
    bench.write(a, *[(b"k", b"v")] * 10)
    reader = bench.log.reader()
    reader.assign({a: 0})
    reader.poll(2, 0)
    bench.admin.delete_records({a: 5})
    with pytest.raises(OffsetOutOfRangeError):
        reader.poll(2, 0)
    reader.assign({a: 5})
    assert [list(batch.offsets) for batch in reader.poll(100, 0)] == [[5, 6, 7, 8, 9]]
    reader.close()


def test_a_topic_deleted_under_a_reader_is_an_error_even_if_made_again(bench: Bench) -> None:
    a = bench.topic("a")
    reader = bench.log.reader()
    reader.assign({a: 0})
    bench.admin.delete_topics(["a"])
    bench.topic("a")
    with pytest.raises(UnknownTopicError, match='"a"'):
        reader.poll(10, 0)
    reader.close()


def test_unknown_partitions_cannot_be_assigned(bench: Bench) -> None:
    reader = bench.log.reader()
    with pytest.raises(UnknownTopicError):
        reader.assign({TopicPartition("missing", 0): 0})
    reader.close()


def test_a_closed_reader_refuses_to_poll(bench: Bench) -> None:
    reader = bench.log.reader()
    reader.close()
    with pytest.raises(LifecycleError, match="closed"):
        reader.poll(10, 0)
