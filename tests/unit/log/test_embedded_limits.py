"""The embedded log at its limits: full, busy, closed, large, forked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from log_bench import Bench, columns

from headrace.core.errors import LifecycleError, LogBusyError, LogFullError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import RecordColumns
from headrace.log.embedded import EmbeddedLog, open_log

A = TopicPartition("a", 0)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedLog]:
    log = open_log(tmp_path, durability="normal", busy_timeout_s=0.05)
    Bench(log).topic("a")
    yield log
    log.close()


def test_no_space_is_an_error_that_writes_nothing_and_can_be_mended(embedded: EmbeddedLog) -> None:
    writer = embedded._database._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    producer = embedded.producer("t")
    producer.begin()
    producer.append("a", 0, columns((b"k", b"%d" % i * 100) for i in range(10_000)))
    writer.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(LogFullError, match="no space left") as caught:
        producer.commit()
    assert caught.value.hint is not None
    assert Bench(embedded).end(A) == 0
    writer.execute("PRAGMA max_page_count = 1000000")
    assert producer.commit() == {A: 10_000}


def test_a_writer_that_does_not_let_go_is_a_retriable_error(embedded: EmbeddedLog, tmp_path: Path) -> None:
    producer = embedded.producer()
    producer.append("a", 0, columns([(b"k", b"v")]))
    other = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogBusyError) as caught:
        producer.flush()
    assert caught.value.retriable
    assert Bench(embedded).values(A) == []
    other.execute("ROLLBACK")
    other.close()
    assert producer.flush() == {A: 1}


def test_a_closed_log_says_so(embedded: EmbeddedLog) -> None:
    reader, producer, admin = embedded.reader(), embedded.producer(), embedded.admin()
    reader.assign({A: 0})
    producer.append("a", 0, columns([(b"k", b"v")]))
    embedded.close()
    for call in (lambda: reader.poll(1, 0), producer.flush, admin.topics, lambda: admin.end_offsets([A])):
        with pytest.raises(LifecycleError, match="closed"):
            call()
    embedded.close()


def test_a_log_from_before_a_fork_is_refused(embedded: EmbeddedLog) -> None:
    reader = embedded.reader()
    embedded._database._pid = -1
    for call in (lambda: reader.poll(1, 0), embedded.admin().topics, lambda: embedded.producer("t")):
        with pytest.raises(LifecycleError, match="before a fork"):
            call()


def test_large_transactions_are_cut_into_frames_of_bounded_size(embedded: EmbeddedLog, tmp_path: Path) -> None:
    bench = Bench(embedded)
    small = bench.write(A, *[(b"k", b"v")] * 20_000)
    assert bench.write(A, *[(b"k", b"v" * 30_000)] * 100, (b"k", b"v" * 3_000_000)) == small + 101
    connection = sqlite3.connect(tmp_path / "log.db")
    rows = connection.execute("SELECT base_offset, next_offset, records, bytes FROM frames ORDER BY next_offset").fetchall()
    connection.close()
    assert all(records <= 8_192 and (size <= 1 << 20 or records == 1) for _, _, records, size in rows)
    assert [row[0] for row in rows] == [0, *(row[1] for row in rows[:-1])]
    assert [offset for offset, *_ in bench.rows(A, limit=3_000)] == list(range(small + 101))


def test_a_whole_frame_is_handed_out_at_once_and_cut_where_the_limit_falls(embedded: EmbeddedLog) -> None:
    Bench(embedded).write(A, *[(b"k", b"v")] * 5_000)
    reader = embedded.reader()
    reader.assign({A: 0})
    assert [len(batch.offsets) for batch in reader.poll(5_000, 0)] == [5_000]
    reader.assign({A: 0})
    lengths = [[len(batch.offsets) for batch in reader.poll(2_000, 0)] for _ in range(4)]
    assert lengths == [[2_000], [2_000], [1_000], []]
    reader.close()


def test_many_small_commits_are_read_in_few_batches(embedded: EmbeddedLog) -> None:
    producer = embedded.producer()
    for number in range(300):
        records = RecordColumns()
        records.append(b"k", b"%d" % number, number, (("n", b"1"),) if number % 2 else ())
        producer.append("a", 0, records)
        producer.flush()
    reader = embedded.reader()
    reader.assign({A: 0})
    (batch,) = reader.poll(1_000, 0)
    assert batch.values == [b"%d" % number for number in range(300)]
    assert batch.offsets == range(300)
    assert batch.headers == [(("n", b"1"),) if number % 2 else () for number in range(300)]
    reader.close()


def test_an_empty_transaction_touches_no_disk(embedded: EmbeddedLog, tmp_path: Path) -> None:
    producer = embedded.producer("t")
    other = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    producer.begin()
    assert producer.commit() == {}
    other.close()
