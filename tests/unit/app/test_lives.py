"""What an application does when it fails: stop, or a new life from what was committed."""

from pathlib import Path
from typing import Any

import pytest

from headrace import AppState, ProcessingError, Reaction, StreamsBuilder, Topology, replace_with_backoff
from headrace.app.uncaught import ReplaceAfter, stop_client
from headrace.core.errors import LogBusyError
from headrace.log.api import RecordBatch
from headrace.log.memory import MemoryLog
from headrace.log.memory.reader import MemoryReader
from support import tasks as bench
from support.running import make_app


class Flaky:
    """Fails on records of the value `bad` so many times."""

    def __init__(self, failures: int) -> None:
        self.left = failures

    def topology(self) -> Topology:
        builder = StreamsBuilder()
        builder.stream("in").map_values(self.check).to("out")
        return builder.build()

    def check(self, value: Any) -> Any:
        if value == "bad" and self.left:
            self.left -= 1
            message = "not yet"
            raise RuntimeError(message)
        return value


def fill(log: MemoryLog) -> None:
    bench.write(log, "in", (b"a", b'"good"', 1), (b"a", b'"bad"', 2), (b"a", b'"more"', 3))


def test_a_new_life_goes_on_from_what_was_committed_and_repeats_nothing(log: MemoryLog, tmp_path: Path) -> None:
    fill(log)
    app = make_app(log, tmp_path, Flaky(2).topology(), on_uncaught=lambda error: Reaction.REPLACE)
    states: list[AppState] = []
    app.on_state(lambda new, old: states.append(new))
    app.run(until_end=True)
    assert [value for _, value, _ in bench.read(log, "out")] == [b'"good"', b'"bad"', b'"more"']
    assert states.count(AppState.REBALANCING) == 3
    assert states.count(AppState.PENDING_ERROR) == 2
    assert app.error is None


def test_the_handler_sees_the_error_and_may_stop(log: MemoryLog, tmp_path: Path) -> None:
    fill(log)
    seen: list[Exception] = []

    def decide(error: Exception) -> Reaction:
        seen.append(error)
        return Reaction.REPLACE if len(seen) < 3 else Reaction.STOP

    with pytest.raises(ProcessingError, match="not yet"):
        make_app(log, tmp_path, Flaky(99).topology(), on_uncaught=decide).run(until_end=True)
    assert len(seen) == 3
    assert all(isinstance(error, ProcessingError) for error in seen)


def test_a_handler_that_raises_stops_and_is_reported(log: MemoryLog, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fill(log)
    with pytest.raises(ProcessingError, match="not yet"):
        make_app(log, tmp_path, Flaky(9).topology(), on_uncaught=lambda error: 1 // 0).run(until_end=True)  # type: ignore[arg-type, return-value]
    assert "on_uncaught_failed" in caplog.text


def test_the_wait_before_a_new_life_is_cut_short_by_close(log: MemoryLog, tmp_path: Path) -> None:
    fill(log)
    app = make_app(log, tmp_path, Flaky(99).topology(), on_uncaught=lambda error: ReplaceAfter(3_600_000))
    failed: list[AppState] = []
    app.on_state(lambda new, old: failed.append(new))
    app.start()
    while AppState.PENDING_ERROR not in failed:
        app.wait("5ms")
    assert app.close("20s")
    assert app.state is AppState.ERROR


def test_a_view_of_a_store_stays_good_over_lives(log: MemoryLog, tmp_path: Path) -> None:
    from headrace import Materialized  # noqa: PLC0415

    flaky = Flaky(0)
    builder = StreamsBuilder()
    builder.stream("in").map_values(flaky.check).group_by_key().count(Materialized("n"))
    replaced: list[Exception] = []

    def replace(error: Exception) -> Reaction:
        replaced.append(error)
        return Reaction.REPLACE

    with make_app(log, tmp_path, builder.build(), on_uncaught=replace) as app:
        app.wait_until_running()
        view = app.store("n")
        assert view.all() == []
        flaky.left = 1
        fill(log)
        while not replaced or app.state is not AppState.RUNNING:
            app.wait("5ms")
        while app.lag():
            app.wait("5ms")
        assert view.get("a").value == 3


def test_back_off_doubles_up_to_its_longest_and_gives_up() -> None:
    decide = replace_with_backoff("1s", "5s", attempts=5)
    answers = [decide(ValueError()) for _ in range(6)]
    assert answers == [*(ReplaceAfter(ms) for ms in (1_000, 2_000, 4_000, 5_000, 5_000)), Reaction.STOP]


def test_stopping_is_the_default() -> None:
    assert stop_client(ValueError()) is Reaction.STOP


def test_a_log_that_is_away_for_a_while_is_waited_for(
    log: MemoryLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill(log)
    reads = 0
    poll = MemoryReader.poll

    def often_away(self: MemoryReader, max_records: int, timeout_s: float) -> list[RecordBatch]:
        nonlocal reads
        reads += 1
        if reads % 3:
            raise LogBusyError("away")
        return poll(self, max_records, timeout_s)

    monkeypatch.setattr(MemoryReader, "poll", often_away)
    make_app(log, tmp_path, Flaky(0).topology()).run(until_end=True)
    monkeypatch.undo()
    assert [value for _, value, _ in bench.read(log, "out")] == [b'"good"', b'"bad"', b'"more"']
    assert "put_off what=poll" in caplog.text


def test_a_log_that_stays_away_stops_the_application(log: MemoryLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_self: MemoryReader, _max_records: int, _timeout_s: float) -> list[RecordBatch]:
        raise LogBusyError("away")

    fill(log)
    monkeypatch.setattr(MemoryReader, "poll", away)
    with pytest.raises(LogBusyError, match="away"):
        make_app(log, tmp_path, Flaky(0).topology(), task_timeout="50ms").run(until_end=True)
