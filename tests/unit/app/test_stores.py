"""Reading stores of a running application from outside."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headrace import App, Json, LifecycleError, Materialized, StateError, StreamsBuilder, Topology, TumblingWindows
from headrace.log.memory import MemoryLog
from support import tasks as bench
from support.running import counting, make_app


def settle(app: App) -> None:
    while app.lag():
        app.wait("5ms")


def held_back() -> Topology:
    """A commit does not come by itself."""
    builder = StreamsBuilder()
    grouped = builder.stream("in").group_by_key()
    grouped.count(Materialized("n"))
    grouped.windowed_by(TumblingWindows(size=10, grace=0)).count(Materialized("w", retention="1h"))
    grouped.reduce(lambda one, other: one + other, Materialized("sum", value=Json(int), caching=False))
    builder.global_table("g", materialized=Materialized("names"))
    return builder.build()


def test_reads_go_over_all_tasks(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"a", b"1", 1), (b"b", b"1", 1), (b"a", b"1", 2))
    bench.write(log, "in", (b"c", b"1", 1), partition=1)
    with make_app(log, tmp_path) as app:
        app.wait_until_running()
        settle(app)
        view = app.store("n")
        assert {key: found.value for key, found in view.all()} == {"a": 2, "b": 1, "c": 1}
        assert [key for key, _ in view.range("b", "c")] == ["b", "c"]
        assert view.get("c").value == 1
        assert view.get("nobody") is None
        assert view.ask(lambda store: store.approximate_count()) == [2, 1]


@pytest.mark.parametrize("engine", ["memory", "rocksdb"])
def test_latest_reads_see_what_is_not_committed_and_committed_reads_do_not(log: MemoryLog, tmp_path: Path, engine: str) -> None:
    bench.make_topics(log, g=1)
    bench.write(log, "g", (b"k", b'"name"', 1))
    with make_app(log, tmp_path, held_back(), commit_interval="1h", engine=engine) as app:
        app.wait_until_running()
        bench.write(log, "in", (b"a", b"1", 1), (b"a", b"2", 12))
        settle(app)
        assert app.store("n").get("a").value == 2
        assert app.store("n", read="committed").get("a") is None
        assert app.store("sum").get("a").value == 3
        assert app.store("sum", "committed").all() == []
        assert [window.start for window, _ in app.store("w").all()] == [0, 10]
        assert app.store("w", "committed").all() == []
        assert app.store("names", "committed").get("k").value == "name"
    bench.write(log, "in", (b"a", b"1", 25))
    with make_app(log, tmp_path, held_back(), commit_interval="1h", engine=engine) as app:
        app.wait_until_running()
        settle(app)
        assert app.store("n").get("a").value == 3
        assert app.store("n", "committed").get("a").value == 2
        assert [window.start for window, _ in app.store("w", "committed").all()] == [0, 10]
        assert [window.start for window, _ in app.store("w").all()] == [0, 10, 20]
        assert app.store("sum", "committed").range("a", "a")[0][1].value == 3


def test_views_cannot_write(log: MemoryLog, tmp_path: Path) -> None:
    with make_app(log, tmp_path) as app:
        app.wait_until_running()
        for read in ("latest", "committed"):
            with pytest.raises(StateError):
                app.store("n", read).ask(lambda store: store.put("a", 1))  # type: ignore[arg-type]


def test_an_error_in_a_question_goes_to_who_asked_and_the_application_goes_on(log: MemoryLog, tmp_path: Path) -> None:
    with make_app(log, tmp_path) as app:
        app.wait_until_running()
        with pytest.raises(ZeroDivisionError):
            app.store("n").ask(lambda store: 1 // 0)
        assert app.store("n").all() == []


def test_many_threads_may_read_at_once(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", *((f"k{n}".encode(), b"1", n) for n in range(20)))
    with make_app(log, tmp_path) as app, ThreadPoolExecutor(4) as pool:
        app.wait_until_running()
        settle(app)
        found = list(pool.map(lambda n: app.store("n").get(f"k{n}").value, range(20)))
    assert found == [1] * 20


def test_an_application_that_does_not_run_cannot_be_read_before_or_after(log: MemoryLog, tmp_path: Path) -> None:
    app = make_app(log, tmp_path)
    with pytest.raises(LifecycleError, match="'app' is CREATED, not running"):
        app.store("n")
    with app:
        app.wait_until_running()
        view = app.store("n")
    with pytest.raises(LifecycleError, match="NOT_RUNNING"):
        view.all()
    with pytest.raises(LifecycleError):
        app.lag()


def test_a_processor_may_read_through_the_view_of_its_own_application(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", (b"a", b"1", 1))
    found: list[int] = []
    builder = StreamsBuilder()
    stream = builder.stream("in")
    stream.group_by_key().count(Materialized("n"))
    stream.foreach(lambda key, value: found.append(app.store("n").get(key).value))
    app = make_app(log, tmp_path, builder.build())
    app.run(until_end=True)
    assert found == [1]


def test_lag_is_what_is_still_to_process(log: MemoryLog, tmp_path: Path) -> None:
    app = make_app(log, tmp_path, counting())
    app.pause()
    bench.write(log, "in", (b"a", b"1", 1), (b"a", b"1", 1))
    bench.write(log, "in", (b"b", b"1", 1), partition=1)
    with app:
        app.wait_until_running()
        assert app.lag() == 3
        app.resume()
        settle(app)
