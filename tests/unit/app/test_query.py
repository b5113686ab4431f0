"""`app.query`: what a store answers over the tasks of one instance."""

import threading
from pathlib import Path

import pytest

from headrace import (
    ConfigurationError,
    Int64,
    LifecycleError,
    Processor,
    StateError,
    StoreKind,
    StoreSpec,
    StreamsBuilder,
    String,
    UnknownStoreError,
    Windowed,
)
from headrace.core.errors import RebalancingError
from headrace.log.memory import MemoryLog
from support import tasks as bench
from support.running import make_app
from support.serving import settle
from support.serving import stores as all_kinds


@pytest.fixture
def filled(log: MemoryLog) -> MemoryLog:
    bench.make_topics(log, g=1)
    bench.write(log, "g", (b"k", b'"name"', 1))
    bench.write(log, "in", (b"a", b"1", 1), (b"ab", b"1", 2), (b"a", b"1", 12))
    bench.write(log, "in", (b"c", b"1", 1), partition=1)
    return log


def test_each_kind_of_store_is_asked_in_its_own_way(filled: MemoryLog, tmp_path: Path) -> None:
    with make_app(filled, tmp_path, all_kinds()) as app:
        app.wait_until_running()
        settle(app)
        counts = app.query("n")
        assert counts.get("a").value == 2
        assert counts.get("nobody") is None
        assert [key for key, _ in counts.range("ab", "c")] == ["ab", "c"]
        assert [key for key, _ in counts.prefix("a")] == ["a", "ab"]
        assert [key for key, _ in counts.all(limit=2)] == ["a", "ab"]
        assert (counts.count(), counts.lag) == (3, 0)
        windows = app.query("w")
        assert [key for key, _ in windows.windows("a")] == [Windowed("a", 0, 10), Windowed("a", 10, 20)]
        assert [key for key, _ in windows.windows(since=5)] == [Windowed("a", 10, 20)]
        assert [key for key, _ in app.query("s").windows("a", until=5)] == [Windowed("a", 1, 1)]
        assert (windows.count(), app.query("s").count()) == (4, 4)
        assert app.query("names").get("k").value == "name"


def test_committed_reads_do_not_see_what_is_not_committed(filled: MemoryLog, tmp_path: Path) -> None:
    with make_app(filled, tmp_path, all_kinds(), commit_interval="1h") as app:
        app.wait_until_running()
        settle(app)
        assert app.query("n").get("a").value == 2
        assert app.query("n", read="committed").get("a") is None


def test_what_cannot_be_asked_is_told(filled: MemoryLog, tmp_path: Path) -> None:
    app = make_app(filled, tmp_path, all_kinds())
    with pytest.raises(UnknownStoreError, match="no store 'x'") as unknown:
        app.query("x")
    assert "n, w, s" in unknown.value.hint
    with pytest.raises(LifecycleError, match="CREATED"):
        app.query("n").get("a")
    with app:
        app.wait_until_running()
        with pytest.raises(StateError, match="cannot be asked for windows"):
            app.query("n").windows("a")
        with pytest.raises(StateError, match="cannot be asked for prefix"):
            app.query("w").prefix("a")
        with pytest.raises(StateError, match="latest value only"):
            app.query("n").get("a", as_of=3)
        with pytest.raises(ConfigurationError, match="key of store 'n' cannot be written"):
            app.query("n").get(17)
        with pytest.raises(ConfigurationError, match="read is 'newest'"):
            app.query("n", read="newest").get("a")


def test_a_query_waits_while_stores_are_made_ready_and_then_gives_up(filled: MemoryLog, tmp_path: Path) -> None:
    app, reached, go = make_app(filled, tmp_path, all_kinds()), threading.Event(), threading.Event()

    def hold(new: object, _old: object) -> None:
        if getattr(new, "name", "") == "REBALANCING":
            reached.set()
            go.wait(10)

    app.on_state(hold)
    starter = threading.Thread(target=app.start)
    starter.start()
    reached.wait(10)
    with pytest.raises(RebalancingError, match="being made ready"):
        app.query("n", timeout=0).get("a")
    go.set()
    starter.join()
    assert app.query("names").get("k").value == "name"
    app.close()


class Keeper(Processor[str, int, str, int]):
    """Keeps values under keys of its own, which do not decide about partitions."""

    def init(self, context):
        super().init(context)
        self.kept = context.store("kept")

    def process(self, record):
        self.kept.put("own-" + record.key, record.value)


def test_a_key_that_user_code_has_put_is_looked_for_in_all_tasks(filled: MemoryLog, tmp_path: Path) -> None:
    builder = StreamsBuilder()
    builder.add_state_store(StoreSpec(name="kept", kind=StoreKind.KEY_VALUE, key_format=String(), value_format=Int64()))
    builder.stream("in").process(Keeper, "kept")
    with make_app(filled, tmp_path, builder.build()) as app:
        app.wait_until_running()
        settle(app)
        assert [app.query("kept").get(f"own-{key}") for key in ("a", "c")] == [1, 1]
