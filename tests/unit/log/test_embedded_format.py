"""The embedded log's directory: what is kept in it, and what is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from log_bench import Bench, columns

from headrace.core.errors import ConfigurationError, FencedError, LogError, LogFormatError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import NewTopic, Position, TopicConfig
from headrace.log.embedded import open_log

A = TopicPartition("a", 0)


def _sql(directory: Path, *statements: str) -> None:
    connection = sqlite3.connect(directory / "log.db", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def _write_some(directory: Path, count: int = 3) -> None:
    log = open_log(directory)
    bench = Bench(log)
    bench.topic("a")
    bench.write(A, *((b"k", b"%d" % i) for i in range(count)))
    log.close()


def test_everything_is_there_again_after_reopening(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "log"
    config = TopicConfig(cleanup="compact", extra=(("x", "y"),))
    log = open_log(directory)
    log.admin().create_topics([NewTopic("a", 1), NewTopic("b", 2, config)])
    Bench(log).write(A, (b"k", b"1"))
    log.admin().set_positions("g", {A: Position(1, "m")})
    log.close()
    log = open_log(str(directory))
    bench = Bench(log)
    assert bench.values(A) == [b"1"]
    assert bench.admin.positions("g") == {A: Position(1, "m")}
    assert bench.admin.topics()["b"].config == config
    log.close()


def test_producers_are_fenced_from_another_opening_of_the_log(tmp_path: Path) -> None:
    first, second = open_log(tmp_path), open_log(tmp_path)
    first.admin().create_topics([NewTopic("a", 1)])
    old = first.producer("t")
    second.producer("t")
    old.begin()
    old.append("a", 0, columns([(b"k", b"v")]))
    with pytest.raises(FencedError):
        old.commit()
    assert second.admin().end_offsets([A]) == {A: 0}
    first.close()
    second.close()


def test_a_newer_format_is_refused_with_both_versions(tmp_path: Path) -> None:
    _write_some(tmp_path)
    _sql(tmp_path, "PRAGMA user_version = 99")
    with pytest.raises(LogFormatError, match="has format 99; this Headrace reads formats up to 1") as caught:
        open_log(tmp_path)
    assert caught.value.hint == "upgrade headrace, or use another directory"


def test_a_format_number_that_nobody_wrote_is_refused(tmp_path: Path) -> None:
    _write_some(tmp_path)
    _sql(tmp_path, "PRAGMA user_version = 0")
    with pytest.raises(LogFormatError, match="damaged"):
        open_log(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"certainly no database" * 1_000)
    with pytest.raises(LogFormatError, match="damaged or not a log"):
        open_log(tmp_path)


def test_a_database_of_another_application_is_refused(tmp_path: Path) -> None:
    _sql(tmp_path, "CREATE TABLE customers (id)")
    with pytest.raises(LogFormatError, match="another application"):
        open_log(tmp_path)


def test_the_directory_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    for name in ("PG_VERSION", "base", "global", "pg_wal"):
        (tmp_path / name).touch()
    with pytest.raises(LogFormatError, match=r"something else: it holds PG_VERSION, base, global, \.\.\."):
        open_log(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    with pytest.raises(LogFormatError, match="is a file"):
        open_log(path)


def test_a_path_that_cannot_be_made_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LogError, match="cannot be used") as caught:
        open_log(tmp_path / "file" / "log")
    assert caught.value.hint is not None


def test_hidden_files_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").touch()
    open_log(tmp_path).close()


def test_a_process_that_died_while_making_the_log_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "owners").mkdir()
    (tmp_path / "setup.lock").touch()
    (tmp_path / "log.db").touch()
    _sql(tmp_path, "PRAGMA journal_mode = WAL")
    _write_some(tmp_path)


def test_broken_pages_are_reported_as_damage(tmp_path: Path) -> None:
    _write_some(tmp_path, 100_000)
    path = tmp_path / "log.db"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(16_384)
        file.write(b"\xff" * (size - 16_384))
    with pytest.raises(LogFormatError, match="damaged"):
        open_log(tmp_path).admin().topics()


def test_a_batch_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    _write_some(tmp_path)
    _sql(tmp_path, "UPDATE frames SET data = x'c1'")
    log = open_log(tmp_path)
    with pytest.raises(LogFormatError, match="batch of a-0 from offset 0"):
        Bench(log).rows(A)
    log.close()


def test_records_that_are_missing_are_not_skipped_in_silence(tmp_path: Path) -> None:
    _write_some(tmp_path)
    _sql(tmp_path, "DELETE FROM frames")
    log = open_log(tmp_path)
    with pytest.raises(LogFormatError, match="no records from 0 on, but should reach 3"):
        Bench(log).rows(A)
    log.close()


def test_an_unknown_durability_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'fsync'"):
        open_log(tmp_path, durability="fsync")  # type: ignore[arg-type]
