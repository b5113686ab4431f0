"""Damage below: full disks, broken store files, logs of another format. Nothing that was committed is lost."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import log_access as log
import pytest

from headrace import App, AppState, Json, Materialized, Produced, RocksDbEngine, StreamsBuilder, Topology, replace_with_backoff
from headrace.core.errors import LogFormatError, LogFullError, StoreCorruptError
from headrace.log.embedded import open_log


def counting(**materialized: Any) -> Topology:
    builder = StreamsBuilder()
    table = builder.stream("in").group_by_key().count(Materialized("n", **{"caching": False, **materialized}))
    table.to_stream().to("out", Produced(value=Json(int)))
    return builder.build()


def run(data: Path, topology: Topology, **options: Any) -> App:
    app = App("app", topology, data_dir=data, **options)
    app.run(until_end=True)
    return app


def counted(data: Path) -> dict[str | None, int]:
    return dict(log.read(data, "out"))


def prepare(data: Path, records: int = 20, **materialized: Any) -> Topology:
    log.create(data, **{"in": 1, "out": 1})
    log.write(data, "in", [(f"k{n % 4}", n, n) for n in range(records)])
    topology = counting(**materialized)
    run(data, topology)
    return topology


def overwrite(directory: Path, pattern: str) -> None:
    """Damages all files of a kind."""
    files = list(directory.rglob(pattern))
    assert files, pattern
    for file in files:
        file.write_bytes(b"\x00garbage" * 20)


# ---- stores -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["CURRENT", "MANIFEST-*", "FORMAT"])
def test_a_damaged_store_is_rebuilt_from_its_changelog_and_the_log_says_so(
    tmp_path: Path, pattern: str, caplog: pytest.LogCaptureFixture
) -> None:
    topology = prepare(tmp_path)
    store = tmp_path / "state" / "app" / "0_0" / "n"
    if pattern == "FORMAT":
        (store / "FORMAT").unlink()
    else:
        overwrite(store, pattern)
    log.write(tmp_path, "in", [("k0", 0, 100)])
    app = run(tmp_path, topology)
    assert counted(tmp_path) == {"k0": 6, "k1": 5, "k2": 5, "k3": 5}
    assert "damaged_store_rebuilt" in caplog.text
    assert str(store) in caplog.text
    assert app.metrics.total("headrace_restore_records_total", store="n") == 20


def test_a_damaged_store_without_a_changelog_stops_the_application_with_the_mend(tmp_path: Path) -> None:
    topology = prepare(tmp_path, logging=False)
    overwrite(tmp_path / "state", "MANIFEST-*")
    with pytest.raises(StoreCorruptError, match="store 'n' has no changelog to rebuild it from") as caught:
        run(tmp_path, topology)
    assert f"delete {tmp_path / 'state' / 'app' / '0_0' / 'n'}" in str(caught.value)


class _Damage:
    """An engine whose reads begin to fail as those of a database with a broken block do."""

    name, persistent = "damaged", True

    def __init__(self) -> None:
        self.broken = False

    def open(self, directory: Path) -> Any:
        storage = RocksDbEngine().open(directory)
        if self.broken:
            original: Callable[[bytes], bytes | None] = storage.get

            def get(key: bytes) -> bytes | None:
                if self.broken and key.startswith(b"k0"):
                    self.broken = False
                    message = "block checksum mismatch"
                    raise StoreCorruptError(message, directory=directory)
                return original(key)

            storage.get = get  # type: ignore[method-assign]
        return storage


def test_damage_that_shows_while_processing_is_mended_in_a_new_life(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = _Damage()
    topology = prepare(tmp_path, engine=engine)
    engine.broken = True
    log.write(tmp_path, "in", [("k1", 0, 100), ("k0", 0, 101)])
    states: list[AppState] = []
    app = App("app", topology, data_dir=tmp_path)
    app.on_state(lambda new, _: states.append(new))
    app.run(until_end=True)
    assert counted(tmp_path) == {"k0": 6, "k1": 6, "k2": 5, "k3": 5}
    assert AppState.PENDING_ERROR in states
    assert states.count(AppState.RUNNING) == 2
    assert "damaged_store_rebuilt" in caplog.text


def test_a_store_that_is_ahead_of_its_changelog_is_rebuilt(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    topology = prepare(tmp_path)
    shutil.copytree(tmp_path / "state", tmp_path / "later")
    shutil.rmtree(tmp_path / "log")
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("k0", 0, 1)])
    run(tmp_path, topology)
    assert counted(tmp_path) == {"k0": 1}
    assert "store_rebuilt" in caplog.text


# ---- full disks ---------------------------------------------------------------------------------------------------


def limit_pages(opened: Any, more: int | None) -> None:
    """Lets the log grow by so many pages of 16 kB only; None takes the limit away."""
    for connection in (opened._database._writer, opened._database._relaxed_writer):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {2**30 if more is None else pages + more}")


def test_a_full_disk_stops_the_application_and_what_was_committed_is_there(tmp_path: Path) -> None:
    topology = prepare(tmp_path)
    log.write(tmp_path, "in", [(f"fresh-{n}-{'x' * 100}", n, n) for n in range(5_000)])
    opened = open_log(tmp_path / "log")
    limit_pages(opened, 4)
    with pytest.raises(LogFullError, match="no space left for the log") as caught:
        run(tmp_path, topology, log=opened, commit_interval="1h")
    assert "what was committed is safe" in str(caught.value)
    assert len(log.read(tmp_path, "out")) == 20
    limit_pages(opened, None)
    run(tmp_path, topology, log=opened)
    opened.close()
    assert len(counted(tmp_path)) == 5_004
    assert len(log.read(tmp_path, "out")) == 5_020


def test_an_application_that_is_replaced_goes_on_once_there_is_space(tmp_path: Path) -> None:
    topology = prepare(tmp_path)
    log.write(tmp_path, "in", [(f"fresh-{n}-{'x' * 100}", n, n) for n in range(5_000)])
    opened = open_log(tmp_path / "log")
    limit_pages(opened, 4)
    failures: list[Exception] = []
    back_off = replace_with_backoff("10ms", "20ms")

    def make_space(error: Exception) -> Any:
        failures.append(error)
        if len(failures) == 2:
            limit_pages(opened, None)
        return back_off(error)

    run(tmp_path, topology, log=opened, commit_interval="1h", on_uncaught=make_space)
    opened.close()
    assert [type(error) for error in failures] == [LogFullError, LogFullError]
    assert len(log.read(tmp_path, "out")) == 5_020


# ---- logs of another format ---------------------------------------------------------------------------------------


def test_a_log_of_a_newer_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    topology = prepare(tmp_path)
    connection = sqlite3.connect(tmp_path / "log" / "log.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LogFormatError, match="has format 99") as caught:
        run(tmp_path, topology)
    assert "upgrade headrace" in str(caught.value)
    connection = sqlite3.connect(tmp_path / "log" / "log.db")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert len(log.read(tmp_path, "out")) == 20


def test_the_database_of_another_application_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    connection = sqlite3.connect(tmp_path / "log" / "log.db")
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(LogFormatError, match="SQLite database of another application"):
        run(tmp_path, counting())
    connection = sqlite3.connect(tmp_path / "log" / "log.db")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    connection.close()
