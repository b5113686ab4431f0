"""Retention and compaction: the same on every log."""

from __future__ import annotations

import pytest
from log_bench import NOW_MS, Bench

from headrace.core.identifiers import TopicPartition
from headrace.core.time import ManualClock
from headrace.log.api import RecordColumns, TopicConfig

COMPACT = TopicConfig(cleanup="compact")


def _kept(bench: Bench, where: TopicPartition) -> list[tuple[int, bytes | None, bytes | None]]:
    return [row[:3] for row in bench.rows(where)]


def test_retention_gives_up_records_by_their_timestamps(bench: Bench, clock: ManualClock) -> None:
    a = bench.topic("a", 1, TopicConfig(retention_ms=100))
    bench.write(a, (b"k", b"old"), at=NOW_MS - 101)
    bench.write(a, (b"k", b"just"), at=NOW_MS - 100)
    bench.write(a, (b"k", b"behind a younger one"), at=NOW_MS - 500)
    bench.admin.clean()
    assert [row[0] for row in bench.rows(a)] == [1, 2]
    assert bench.start(a) == 1
    clock.advance(1)
    bench.admin.clean()
    assert (bench.start(a), bench.end(a)) == (3, 3)


def test_records_are_kept_for_ever_without_retention(bench: Bench, clock: ManualClock) -> None:
    a = bench.topic("a")
    bench.write(a, (b"k", b"v"), at=0)
    clock.advance("1000d")
    bench.admin.clean()
    assert bench.values(a) == [b"v"]


def test_retention_by_bytes_keeps_at_least_the_bound(bench: Bench) -> None:
    a = bench.topic("a", 1, TopicConfig(retention_bytes=2_500))
    for i in range(10):
        bench.write(a, (b"k", b"%d" % i * 1_000))
    bench.admin.clean()
    assert [row[0] for row in bench.rows(a)] == [7, 8, 9]
    bench.admin.clean()
    assert bench.start(a) == 7


def test_compaction_keeps_the_last_record_of_each_key_at_its_offset(bench: Bench) -> None:
    a = bench.topic("a", 1, COMPACT)
    bench.write(a, (b"x", b"1"), (b"y", b"2"), (b"x", b"3"))
    bench.write(a, (b"z", b"4"), (b"y", b"5"), (b"x", b"6"))
    bench.admin.clean()
    assert _kept(bench, a) == [(3, b"z", b"4"), (4, b"y", b"5"), (5, b"x", b"6")]
    assert (bench.start(a), bench.end(a)) == (0, 6)
    bench.write(a, (b"z", b"7"))
    assert [row[0] for row in bench.rows(a)] == [3, 4, 5, 6]
    bench.admin.clean()
    assert _kept(bench, a) == [(4, b"y", b"5"), (5, b"x", b"6"), (6, b"z", b"7")]


def test_a_reader_before_a_gap_goes_on_behind_it(bench: Bench) -> None:
    a = bench.topic("a", 1, COMPACT)
    bench.write(a, *((b"x", b"%d" % i) for i in range(10)), (b"y", b"1"), (b"x", b"10"))
    bench.admin.clean()
    reader = bench.log.reader()
    reader.assign({a: 3})
    batches = reader.poll(10, 0)
    assert [offset for batch in batches for offset in batch.offsets] == [10, 11]
    assert batches[-1].next_offset == reader.position(a) == 12
    reader.close()


def test_a_reader_inside_a_batch_survives_its_compaction(bench: Bench) -> None:
    a = bench.topic("a", 1, COMPACT)
    bench.write(a, *((b"%d" % (i % 3), b"%d" % i) for i in range(9)))
    reader = bench.log.reader()
    reader.assign({a: 0})
    reader.poll(2, 0)
    bench.admin.clean()
    rest = [offset for batch in reader.poll(100, 0) for offset in batch.offsets]
    assert rest[-3:] == [6, 7, 8]
    assert reader.position(a) == 9
    reader.close()


def test_tombstones_stay_for_delete_retention_after_the_first_compaction(bench: Bench, clock: ManualClock) -> None:
    a = bench.topic("a", 1, TopicConfig(cleanup="compact", extra=(("delete.retention.ms", "1000"),)))
    bench.write(a, (b"x", b"1"), (b"x", None), (b"y", b"2"))
    clock.advance(5_000)
    bench.admin.clean()
    assert _kept(bench, a) == [(1, b"x", None), (2, b"y", b"2")]
    clock.advance(999)
    bench.admin.clean()
    assert len(_kept(bench, a)) == 2
    clock.advance(1)
    bench.admin.clean()
    assert _kept(bench, a) == [(2, b"y", b"2")]


def test_tombstones_stay_for_a_day_by_default(bench: Bench, clock: ManualClock) -> None:
    a = bench.topic("a", 1, COMPACT)
    bench.write(a, (b"x", None), (b"y", b"2"))
    bench.admin.clean()
    clock.advance("23h")
    bench.admin.clean()
    assert len(_kept(bench, a)) == 2
    clock.advance("1h")
    bench.admin.clean()
    assert _kept(bench, a) == [(1, b"y", b"2")]


def test_the_last_record_stays_even_if_it_is_an_old_tombstone(bench: Bench, clock: ManualClock) -> None:
    a = bench.topic("a", 1, COMPACT)
    bench.write(a, (b"x", b"1"), (b"x", None))
    for _ in range(3):
        bench.admin.clean()
        clock.advance("2d")
    assert _kept(bench, a) == [(1, b"x", None)]


def test_young_records_and_all_after_them_are_left_alone(bench: Bench, clock: ManualClock) -> None:
    a = bench.topic("a", 1, TopicConfig(cleanup="compact", min_compaction_lag_ms=100))
    bench.write(a, (b"x", b"1"), (b"x", b"2"), at=NOW_MS - 200)
    bench.write(a, (b"x", b"3"), at=NOW_MS)
    bench.write(a, (b"x", b"4"), at=NOW_MS - 200)
    bench.admin.clean()
    assert [row[0] for row in bench.rows(a)] == [1, 2, 3]
    clock.advance(100)
    bench.admin.clean()
    assert [row[0] for row in bench.rows(a)] == [3]


@pytest.mark.parametrize("cleanup", ["compact,delete", "delete,compact"])
def test_compaction_and_retention_work_together(bench: Bench, cleanup: str) -> None:
    a = bench.topic("a", 1, TopicConfig(cleanup=cleanup, retention_ms=100))
    bench.write(a, (b"x", b"1"), at=NOW_MS - 200)
    bench.write(a, (b"y", b"2"), (b"y", b"3"), (b"z", b"4"))
    bench.admin.clean()
    assert [row[0] for row in bench.rows(a)] == [2, 3]
    assert bench.start(a) == 1


def test_gaps_of_compaction_do_not_move_the_start(bench: Bench) -> None:
    a = bench.topic("a", 1, TopicConfig(cleanup="compact,delete", retention_ms=100))
    bench.write(a, (b"x", b"1"), (b"y", b"2"), (b"x", b"3"), (b"y", b"4"))
    for _ in range(2):
        bench.admin.clean()
    assert [row[0] for row in bench.rows(a)] == [2, 3]
    assert bench.start(a) == 0


def test_compaction_without_delete_ignores_retention(bench: Bench) -> None:
    a = bench.topic("a", 1, TopicConfig(cleanup="compact", retention_ms=1))
    bench.write(a, (b"x", b"1"), at=0)
    bench.admin.clean()
    assert bench.values(a) == [b"1"]


def test_headers_stay_with_their_records(bench: Bench) -> None:
    a = bench.topic("a", 1, COMPACT)
    producer = bench.log.producer()
    records = RecordColumns()
    for number in range(4):
        records.append(b"%d" % (number % 2), b"v", NOW_MS, (("n", b"%d" % number),) if number != 2 else ())
    producer.append("a", 0, records)
    producer.flush()
    bench.admin.clean()
    reader = bench.log.reader()
    reader.assign({a: 0})
    assert [batch.headers for batch in reader.poll(10, 0)] == [[(), (("n", b"3"),)]]
    reader.close()
