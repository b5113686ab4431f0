"""How the embedded log cleans: space, rounds, what comes in between, and the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from log_bench import NOW_MS, Bench

from headrace.core.errors import LogBusyError, LogFullError
from headrace.core.identifiers import TopicPartition
from headrace.core.time import ManualClock
from headrace.log.api import TopicConfig
from headrace.log.embedded import EmbeddedLog, compactor, discard, open_log
from headrace.log.embedded.cleaner import Cleaner
from headrace.log.embedded.file_lock import file_lock
from headrace.log.embedded.maintenance import maintaining

A = TopicPartition("a", 0)
COMPACT = TopicConfig(cleanup="compact")


@pytest.fixture
def embedded(tmp_path: Path, clock: ManualClock) -> Iterator[EmbeddedLog]:
    log = open_log(tmp_path, durability="normal", clock=clock, busy_timeout_s=0.05)
    yield log
    log.close()


def _frames(log: EmbeddedLog) -> int:
    with log._database.read() as connection:
        count: int = connection.execute("SELECT count(*) FROM frames").fetchone()[0]
    return count


def test_space_of_deleted_records_is_given_back(embedded: EmbeddedLog, tmp_path: Path) -> None:
    bench = Bench(embedded)
    bench.topic("a")
    bench.topic("b")
    for _ in range(10):
        bench.write(A, *[(b"k", b"v" * 1_000)] * 1_000)
        bench.write(TopicPartition("b", 0), (b"k", b"v"))
    bench.admin.delete_records({A: 10_000})
    bench.admin.clean()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 1_000_000
    assert bench.end(A) == 10_000
    assert len(bench.rows(TopicPartition("b", 0))) == 10


def test_compaction_joins_small_frames(embedded: EmbeddedLog) -> None:
    bench = Bench(embedded)
    bench.topic("a", 1, COMPACT)
    for number in range(50):
        bench.write(A, (b"%d" % number, b"v"))
    bench.admin.clean()
    assert _frames(embedded) == 1
    assert [row[0] for row in bench.rows(A)] == list(range(50))


def test_compaction_leaves_large_frames_alone_that_lose_nothing(embedded: EmbeddedLog) -> None:
    bench = Bench(embedded)
    bench.topic("a", 1, COMPACT)
    bench.write(A, *((b"%d" % number, b"v") for number in range(5_000)))
    bench.admin.clean()
    before = embedded._database.commits
    bench.admin.clean()
    assert embedded._database.commits == before


def test_offsets_stay_right_where_frames_with_a_gap_between_are_read_together(embedded: EmbeddedLog) -> None:
    bench = Bench(embedded)
    bench.topic("a", 1, COMPACT)
    large = b"v" * 10_000
    bench.write(A, *((b"a%d" % number, large) for number in range(60)))
    bench.write(A, *((b"same", large) for _ in range(60)))
    bench.write(A, *((b"b%d" % number, large) for number in range(60)))
    bench.admin.clean()
    assert _frames(embedded) == 3
    assert [row[0] for row in bench.rows(A)] == [*range(60), 119, *range(120, 180)]


def test_compaction_in_several_rounds_keeps_the_same(embedded: EmbeddedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compactor, "_MOST_KEYS", 3)
    bench = Bench(embedded)
    bench.topic("a", 1, COMPACT)
    for number in range(40):
        bench.write(A, (b"%d" % (number * 7 % 11), b"%d" % number))
    bench.admin.clean()
    kept = bench.rows(A)
    assert [row[0] for row in kept] == list(range(29, 40))


def test_records_deleted_during_a_compaction_stay_deleted(embedded: EmbeddedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(embedded)
    bench.topic("a", 1, COMPACT)
    for number in range(10):
        bench.write(A, (b"%d" % number, b"v"))
    write = compactor.Compactor._write

    def delete_first(self: compactor.Compactor, run: compactor._Run) -> None:
        bench.admin.delete_records({A: 4})
        write(self, run)

    monkeypatch.setattr(compactor.Compactor, "_write", delete_first)
    bench.admin.clean()
    assert [row[0] for row in bench.rows(A)] == [4, 5, 6, 7, 8, 9]


def test_many_frames_go_in_steps(embedded: EmbeddedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discard, "ROWS_A_STEP", 2)
    bench = Bench(embedded)
    for name in ("a", "b"):
        where = bench.topic(name)
        for _ in range(9):
            bench.write(where, (b"k", b"v"))
    bench.admin.delete_records({A: 8})
    assert (_frames(embedded), bench.start(A)) == (10, 8)
    bench.admin.delete_topics(["b"])
    assert _frames(embedded) == 1
    assert [row[0] for row in bench.rows(A)] == [8]


def test_what_an_interrupted_removal_left_is_swept_up(embedded: EmbeddedLog) -> None:
    bench = Bench(embedded)
    for name in ("a", "b"):
        where = bench.topic(name)
        for _ in range(4):
            bench.write(where, (b"k", b"v"))
    with embedded._database.write() as connection:
        connection.execute("UPDATE partitions SET start_offset = 3 WHERE topic_id = 1")
        connection.execute("DELETE FROM topics WHERE name = 'b'")
    bench.admin.clean()
    assert _frames(embedded) == 1
    assert [row[0] for row in bench.rows(A)] == [3]


def test_only_one_process_cleans_at_a_time(embedded: EmbeddedLog, tmp_path: Path) -> None:
    with file_lock(tmp_path / "cleaning.lock") as held:
        assert held
        embedded._cleaner.clean_if_due()
        with pytest.raises(LogBusyError):
            embedded.admin().clean()


def test_automatic_cleaning_compacts_what_is_worth_it(embedded: EmbeddedLog) -> None:
    bench = Bench(embedded)
    bench.topic("a", 1, COMPACT)
    for number in range(499):
        bench.write(A, (b"k", b"%d" % number))
    embedded._cleaner.clean_if_due()
    assert _frames(embedded) == 499
    bench.write(A, (b"k", b"last"))
    embedded._cleaner.clean_if_due()
    assert bench.values(A) == [b"last"]


def test_automatic_cleaning_applies_retention(embedded: EmbeddedLog) -> None:
    bench = Bench(embedded)
    bench.topic("a", 1, TopicConfig(retention_ms=10))
    bench.write(A, (b"k", b"v"), at=NOW_MS - 11)
    embedded._cleaner.clean_if_due()
    assert bench.start(A) == 1


class _Watched(Cleaner):
    """Fails the first time, and tells when it ran again."""

    calls = 0
    again = threading.Event()

    def clean_if_due(self) -> None:
        self.calls += 1
        if self.calls == 1:
            message = "no space"
            raise LogFullError(message)
        super().clean_if_due()
        self.again.set()


def test_an_owner_cleans_in_the_background_and_survives_errors(
    embedded: EmbeddedLog, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(embedded)
    bench.topic("a", 1, TopicConfig(retention_ms=10))
    bench.write(A, (b"k", b"v"), at=NOW_MS - 11)
    cleaner = _Watched(embedded._database, clock, 1.0)
    with caplog.at_level(logging.ERROR), maintaining(cleaner, interval_s=0.001):
        assert cleaner.again.wait(60)
    assert bench.start(A) == 1
    assert "cleaning the log failed" in caplog.text


def test_owning_an_application_starts_and_ends_the_background(embedded: EmbeddedLog) -> None:
    def names() -> list[str]:
        return [thread.name for thread in threading.enumerate()]

    with embedded.own("app"):
        assert "headrace-log-maintenance" in names()
    assert "headrace-log-maintenance" not in names()
