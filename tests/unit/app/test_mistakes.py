"""Wrong use of an application: the error says what is the matter."""

import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from headrace import (
    App,
    ConfigurationError,
    EncodeError,
    LifecycleError,
    Materialized,
    ProcessingError,
    SessionWindows,
    StateError,
    StreamsBuilder,
    Topology,
    TopologyError,
    TumblingWindows,
    UnknownStoreError,
)
from headrace.log.memory import MemoryLog
from headrace.testing import TestDriver
from support import tasks as bench
from support.running import make_app


def build(builder: StreamsBuilder) -> None:
    builder.stream("in").to("out")


def halving() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").map_values(lambda value: 100 // value).to("out")
    return builder.build()


def kinds() -> Topology:
    builder = StreamsBuilder()
    grouped = builder.stream("in").group_by_key()
    grouped.count(Materialized("n"))
    grouped.windowed_by(TumblingWindows(size=10, grace=0)).count(Materialized("w", retention="1h"))
    grouped.windowed_by(SessionWindows(10, grace=0)).count(Materialized("s", retention="1h"))
    return builder.build()


def failed(log: MemoryLog, directory: Path) -> App:
    """An application that was started and has failed on a record."""
    bench.write(log, "in", (b"a", b"0", 1))
    app = make_app(log, directory, halving())
    app.start()
    assert app._ended.wait(20)
    for thread in threading.enumerate():
        if thread.name == "headrace-app":
            thread.join()
    return app


# ---- what is run --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [lambda wrong: App("app", wrong), TestDriver])
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (StreamsBuilder(), r"a Topology was expected, got a StreamsBuilder\n  hint: call \.build\(\)"),
        (build, r"got the function build\n  hint: make it first: builder = StreamsBuilder\(\)"),
        (None, "got None"),
    ],
)
def test_what_is_no_topology_is_refused(run: Any, wrong: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        run(wrong)


@pytest.mark.parametrize("run", [lambda topology: App("app", topology), TestDriver])
def test_a_program_that_reads_nothing_is_refused(run: Any) -> None:
    with pytest.raises(TopologyError, match=r'reads no topic, .*\n  hint: begin with builder.stream\("topic"\)'):
        run(StreamsBuilder().build())


# ---- an application that has failed -------------------------------------------------------------------------------


def test_what_stopped_an_application_in_a_thread_is_said_where_no_logging_says_it(
    log: MemoryLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    failed(log, tmp_path)
    said = capsys.readouterr().err
    assert said.startswith("application 'app' has stopped by an error: ZeroDivisionError at ")
    assert "topic 'in', partition 0, offset 0" in said


def test_what_logging_says_is_not_said_again(
    log: MemoryLog, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    failed(log, tmp_path)
    assert "stopped_by_error" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert capsys.readouterr().err == ""


def test_stores_of_an_application_that_has_failed_give_its_error(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"a", b"0", 1))
    builder = StreamsBuilder()
    builder.stream("in").map_values(lambda value: 100 // value).group_by_key().count(Materialized("n"))
    app = make_app(log, tmp_path, builder.build())
    app.start()
    assert app._ended.wait(20)
    with pytest.raises(
        LifecycleError, match=r"'app' has stopped by an error: ZeroDivisionError.*\n  hint: app\.error"
    ) as caught:
        app.store("n")
    assert caught.value.__cause__ is app.error


def test_an_error_that_was_raised_to_who_waited_is_not_raised_again_by_the_with_block(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"a", b"0", 1))
    with make_app(log, tmp_path, halving()) as app, pytest.raises(ProcessingError):
        app.wait("20s")
    app.start()
    with pytest.raises(ProcessingError):
        app.wait("20s")


# ---- stores -------------------------------------------------------------------------------------------------------


def test_a_misspelt_store_gets_the_names_that_there_are(log: MemoryLog, tmp_path: Path) -> None:
    app = make_app(log, tmp_path, kinds())
    with pytest.raises(UnknownStoreError, match=r"there is no store 'm'; there are: n, w, s"):
        app.store("m")
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("counts"))
    with make_app(log, tmp_path, builder.build()) as running:
        running.wait_until_running()
        with pytest.raises(UnknownStoreError, match=r"'cuonts'.*\n  hint: did you mean 'counts'\?"):
            running.store("cuonts")


def test_each_kind_of_store_has_a_get_of_its_own_and_says_what_it_takes(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"a", b"1", 1), (b"a", b"1", 12))
    with make_app(log, tmp_path, kinds()) as app:
        app.wait_until_running()
        while app.lag():
            app.wait("5ms")
        assert app.store("w").get("a", 10).value == 1
        assert app.store("s").get("a", 1, 1) == 1
        with pytest.raises(StateError, match=r"store 'w' takes \(key, start\), got \('a',\)\n  hint: .*store\.fetch_range\("):
            app.store("w").get("a")
        with pytest.raises(StateError, match=r"store 's' takes \(key, start, end\).*\n  hint: .*store\.fetch\(key\)"):
            app.store("s").get("a")
        with pytest.raises(StateError, match=r"store 'n' takes \(key\), got \('a', 10\)"):
            app.store("n").get("a", 10)
        told = r"cannot encode a key of store 'n' as String\(\): 5 of type int .*\n  hint: use keys and values of"
        with pytest.raises(EncodeError, match=told):
            app.store("n").get(5)
        with pytest.raises(AttributeError, match=r"TimestampedWindowStore has no 'get'; it has all, .*fetch, "):
            app.store("w").ask(lambda store: store.get("a"))
        with pytest.raises(AttributeError, match=r"WindowStore has no 'range'; it has all"):
            app.store("w").range("a", "b")
