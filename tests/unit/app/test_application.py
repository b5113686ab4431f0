"""Life cycle of an application: states, start, run, close, pause, clean-up, several lives."""

import threading
from pathlib import Path
from typing import Any

import pytest

from headrace import App, AppState, ConfigurationError, Headers, LifecycleError, ProcessingError, StreamsBuilder, Topology
from headrace.config.resolve import resolve
from headrace.log.memory import MemoryLog
from headrace.operators.base import RowFn
from support import tasks as bench
from support.running import counting, make_app

S = AppState


def halving() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").map_values(lambda value: 100 // value).to("out")
    return builder.build()


def states_of(app: App) -> list[AppState]:
    states: list[AppState] = []
    app.on_state(lambda new, old: states.append(new))
    return states


def test_a_run_to_the_end_goes_through_its_states(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"a", b"1", 1))
    app = make_app(log, tmp_path)
    states = states_of(app)
    assert app.state is S.CREATED
    app.run(until_end=True)
    assert states == [S.REBALANCING, S.RUNNING, S.PENDING_SHUTDOWN, S.NOT_RUNNING]
    assert bench.read(log, "out") == [(b"a", b"1", 1)]


def test_listeners_are_told_both_states(log: MemoryLog, tmp_path: Path) -> None:
    app = make_app(log, tmp_path)
    seen: list[tuple[AppState, AppState]] = []
    app.on_state(lambda new, old: seen.append((new, old)))
    app.run(until_end=True)
    assert seen[0] == (S.REBALANCING, S.CREATED)
    assert seen[-1] == (S.NOT_RUNNING, S.PENDING_SHUTDOWN)


def test_a_listener_that_raises_changes_nothing_and_is_reported(
    log: MemoryLog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(log, tmp_path)

    def raises(_new: AppState, _old: AppState) -> None:
        message = "no"
        raise ValueError(message)

    app.on_state(raises)
    app.run(until_end=True)
    assert app.state is S.NOT_RUNNING
    assert "state_listener_failed" in caplog.text


def test_start_returns_at_once_and_close_ends_in_order(log: MemoryLog, tmp_path: Path) -> None:
    app = make_app(log, tmp_path)
    app.start()
    app.wait_until_running()
    assert app.state is S.RUNNING
    bench.write(log, "in", (b"a", b"1", 1))
    assert app.close()
    assert app.state is S.NOT_RUNNING
    assert not any(thread.name == "headrace-app" for thread in threading.enumerate())


def test_what_was_done_is_committed_when_it_closes(log: MemoryLog, tmp_path: Path) -> None:
    processed = threading.Event()
    builder = StreamsBuilder()
    builder.stream("in").peek(lambda key, value: processed.set()).to("out")
    app = make_app(log, tmp_path, builder.build(), commit_interval="1h")
    with app:
        bench.write(log, "in", (b"a", b"1", 1))
        assert processed.wait(20)
    assert len(bench.read(log, "out")) == 1


def test_it_can_be_started_again_after_it_has_ended(log: MemoryLog, tmp_path: Path) -> None:
    app = make_app(log, tmp_path)
    app.run(until_end=True)
    bench.write(log, "in", (b"a", b"1", 1))
    app.run(until_end=True)
    assert len(bench.read(log, "out")) == 1


def test_it_cannot_be_started_twice(log: MemoryLog, tmp_path: Path) -> None:
    with make_app(log, tmp_path) as app:
        with pytest.raises(LifecycleError, match=r"'app' is .* already"):
            app.start()
        with pytest.raises(LifecycleError, match="already"):
            app.run()


def test_closing_before_the_start_and_closing_twice_do_no_harm(log: MemoryLog, tmp_path: Path) -> None:
    app = make_app(log, tmp_path)
    assert app.close()
    assert app.state is S.NOT_RUNNING
    app.start()
    app.wait_until_running()
    assert app.close()
    assert app.close()


def test_another_thread_can_close_what_runs_in_this_one(log: MemoryLog, tmp_path: Path) -> None:
    app = make_app(log, tmp_path)
    closed: list[bool] = []

    def close(new: AppState, _old: AppState) -> None:
        if new is S.RUNNING:
            closer.start()

    closer = threading.Thread(target=lambda: closed.append(app.close()))
    app.on_state(close)
    app.run()
    closer.join()
    assert closed == [True]
    assert app.state is S.NOT_RUNNING


def test_a_topology_can_close_its_own_application(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"a", b"1", 1), (b"a", b"2", 2))
    builder = StreamsBuilder()
    builder.stream("in").peek(lambda key, value: app.close()).to("out")
    app = make_app(log, tmp_path, builder.build())
    app.run()
    assert app.state is S.NOT_RUNNING
    assert bench.read(log, "out")


def test_an_error_ends_in_state_error_and_is_raised_by_whoever_waits(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"a", b"0", 1))
    app = make_app(log, tmp_path, halving())
    states = states_of(app)
    with pytest.raises(ProcessingError, match="ZeroDivisionError"):
        app.run(until_end=True)
    assert states == [S.REBALANCING, S.RUNNING, S.PENDING_ERROR, S.ERROR]
    assert isinstance(app.error, ProcessingError)
    with pytest.raises(ProcessingError):
        app.wait()


def test_an_error_within_a_with_block_is_raised_at_its_end(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"a", b"0", 1))
    with pytest.raises(ProcessingError), make_app(log, tmp_path, halving()) as app:
        assert app._ended.wait(20)


def test_waiting_for_an_application_that_does_not_come_up_in_time_says_where_it_is(log: MemoryLog, tmp_path: Path) -> None:
    app = make_app(log, tmp_path)
    with pytest.raises(LifecycleError, match=r"still CREATED after 0\.01 s"):
        app.wait_until_running("10ms")


def test_waiting_for_an_application_that_fails_before_it_runs_raises_its_error(log: MemoryLog, tmp_path: Path) -> None:
    builder = StreamsBuilder()
    builder.stream("nowhere").to("out")
    app = make_app(log, tmp_path, builder.build(), create_topics=False)
    app.start()
    with pytest.raises(Exception, match="reads topic 'nowhere'"):
        app.wait_until_running()


def test_waiting_for_an_application_that_was_closed_before_it_ran_is_an_error(log: MemoryLog, tmp_path: Path) -> None:
    app = make_app(log, tmp_path)
    app.on_state(lambda new, old: app.close() if new is S.REBALANCING else None)
    app.start()
    with pytest.raises(LifecycleError, match="has not run"):
        app.wait_until_running()
    app.wait()
    assert app.state is S.NOT_RUNNING


def test_wait_tells_whether_it_has_ended(log: MemoryLog, tmp_path: Path) -> None:
    with make_app(log, tmp_path) as app:
        app.wait_until_running()
        assert not app.wait("10ms")
    assert app.wait("10ms")


class Seen:
    """Records as a topology sees them."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.more = threading.Semaphore(0)

    def topology(self) -> Topology:
        builder = StreamsBuilder()
        builder.stream("in").foreach(self.see)
        return builder.build()

    def see(self, key: str, _value: Any) -> None:
        self.keys.append(key)
        self.more.release()


def test_nothing_is_processed_while_it_is_paused_but_what_was_done_is_committed(log: MemoryLog, tmp_path: Path) -> None:
    seen = Seen()
    with make_app(log, tmp_path, seen.topology()) as app:
        app.wait_until_running()
        bench.write(log, "in", (b"a", b"1", 1))
        assert seen.more.acquire(timeout=20)
        app.pause()
        while not any(position.offset for position in log.admin().positions("app").values()):
            app.wait("5ms")
        app.lag()
        bench.write(log, "in", (b"b", b"1", 2))
        assert not seen.more.acquire(timeout=0.2)
        assert app.lag() == 1
        app.resume()
        assert seen.more.acquire(timeout=20)
    assert seen.keys == ["a", "b"]


def test_it_can_begin_paused(log: MemoryLog, tmp_path: Path) -> None:
    seen = Seen()
    bench.write(log, "in", (b"a", b"1", 1))
    app = make_app(log, tmp_path, seen.topology())
    app.pause()
    with app:
        app.wait_until_running()
        assert not seen.more.acquire(timeout=0.2)
        app.resume()
        assert seen.more.acquire(timeout=20)


def test_clean_up_deletes_the_state_of_an_application_that_does_not_run(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"a", b"1", 1))
    app = make_app(log, tmp_path, engine="rocksdb")
    app.run(until_end=True)
    assert (tmp_path / "state" / "app" / "0_0").is_dir()
    app.clean_up()
    assert not (tmp_path / "state" / "app").exists()
    app.clean_up()
    with app:
        app.wait_until_running()
        with pytest.raises(LifecycleError, match="its state cannot be deleted"):
            app.clean_up()
    assert app.metrics.total("headrace_restore_records_total") == 1


def test_a_settled_configuration_and_options_exclude_each_other(log: MemoryLog, tmp_path: Path) -> None:
    config = resolve({"app_id": "app", "data_dir": tmp_path}, environment={}, directory=tmp_path)
    assert App(None, counting(), log=log, config=config).config is config
    with pytest.raises(ConfigurationError, match="either config= or options"):
        App(None, counting(), log=log, config=config, engine="memory")
    with pytest.raises(ConfigurationError, match="option app_id is not set"):
        App(None, counting(), log=log, data_dir=tmp_path)


def test_metrics_tell_what_was_read_processed_written_and_committed(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", *((b"a", b"1", n) for n in range(5)))
    bench.write(log, "in", (b"b", b"1", 1), partition=1)
    app = make_app(log, tmp_path)
    app.run(until_end=True)
    total = app.metrics.total
    assert total("headrace_process_records_total") == 6
    assert total("headrace_process_records_total", task="0_0") == 5
    assert total("headrace_source_records_total", topic="in", task="0_1") == 1
    assert total("headrace_sink_records_total", topic="out") == len(bench.read(log, "out"))
    assert total("headrace_commits_total") >= 1
    samples = {sample.name for sample in app.metrics.snapshot()}
    assert {"headrace_commit_seconds", "headrace_poll_records", "headrace_source_lag_records"} <= samples
    assert {"headrace_stream_time_ms", "headrace_store_size_bytes", "headrace_memory_bytes"} <= samples
    assert {"headrace_process_seconds", "headrace_e2e_seconds", "headrace_rebalance_seconds"} <= samples


def test_each_processor_s_function_can_be_wrapped(log: MemoryLog, tmp_path: Path) -> None:
    seen: list[tuple[str, Any, Any]] = []

    def traced(name: str, row: RowFn) -> RowFn:
        def trace(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            seen.append((name, key, value))
            row(key, value, timestamp, headers)

        return trace

    bench.write(log, "in", (b"a", b"1", 1))
    builder = StreamsBuilder()
    stream = builder.stream("in").map_values(lambda value: value + 1, name="plus-one")
    stream.filter(lambda key, value: value > 0, name="positive").to("out")
    make_app(log, tmp_path, builder.build(), wrap_nodes=traced).run(until_end=True)
    assert seen == [("plus-one", "a", 1), ("positive", "a", 2)]
    assert bench.read(log, "out") == [(b"a", b"2", 1)]


@pytest.mark.parametrize("option", [{"naming": "kafka-streams"}, {"strict_names": True}, {"topology.optimization": "none"}])
def test_options_of_the_builder_are_refused_where_they_come_too_late(
    log: MemoryLog, tmp_path: Path, option: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError, match=r"its topology is built already\n  hint: give it to the builder"):
        make_app(log, tmp_path, **option)
