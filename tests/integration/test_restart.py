"""What survives a restart of an application on the embedded log, and what is restored."""

import shutil
from pathlib import Path
from typing import Any

import log_access as log
import pytest

from headrace import (
    App,
    BufferConfig,
    Consumed,
    Joined,
    Json,
    Materialized,
    Processor,
    Produced,
    PunctuationType,
    Record,
    StoreKind,
    StoreSpec,
    StreamsBuilder,
    String,
    Suppressed,
    TopicPartition,
    Topology,
    TumblingWindows,
)


class Restored:
    """Counts what is restored."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int, int]] = []
        self.records = 0
        self.ended: list[tuple[str, int]] = []

    def on_restore_start(self, _partition: TopicPartition, store: str, start: int, end: int) -> None:
        self.started.append((store, start, end))

    def on_batch_restored(self, _partition: TopicPartition, _store: str, _position: int, restored: int) -> None:
        self.records += restored

    def on_restore_end(self, _partition: TopicPartition, store: str, total: int) -> None:
        self.ended.append((store, total))


def run(data: Path, topology: Topology, **options: Any) -> Restored:
    restored = Restored()
    app = App("app", topology, data_dir=data, **options)
    app.on_restore(restored)
    app.run(until_end=True)
    return restored


def windowed_counts(*, suppressed: bool = False) -> Topology:
    builder = StreamsBuilder()
    counts = (
        builder.stream("in")
        .group_by_key()
        .windowed_by(TumblingWindows(size="10s", grace=0))
        .count(Materialized("w", caching=False, retention="1d"))
    )
    if suppressed:
        counts = counts.suppress(Suppressed.until_window_closes(BufferConfig.unbounded()))
    counts.to_stream().map(lambda w, count: (f"{w.key}@{w.start}", count)).to("out", Produced(value=Json(int)))
    return builder.build()


def test_a_record_for_a_window_closed_before_the_restart_is_late(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", 1, 1_000), ("a", 1, 50_000)])
    run(tmp_path, windowed_counts())
    log.write(tmp_path, "in", [("a", 1, 3_000)])
    builder = windowed_counts()
    app = App("app", builder, data_dir=tmp_path)
    app.run(until_end=True)
    assert log.read(tmp_path, "out") == [("a@0", 1), ("a@50000", 1)]
    assert app.metrics.total("headrace_dropped_records_total", reason="late") == 1


def test_a_suppressed_window_gives_one_result_over_a_restart(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", 1, 1_000), ("a", 1, 2_000)])
    run(tmp_path, windowed_counts(suppressed=True))
    assert log.read(tmp_path, "out") == []
    log.write(tmp_path, "in", [("a", 1, 3_000), ("a", 1, 50_000), ("a", 1, 70_000)])
    run(tmp_path, windowed_counts(suppressed=True))
    assert log.read(tmp_path, "out") == [("a@0", 3), ("a@50000", 1)]


def counts(**materialized: Any) -> Topology:
    builder = StreamsBuilder()
    table = builder.stream("in").group_by_key().count(Materialized("c", **materialized))
    table.to_stream().to("out", Produced(value=Json(int)))
    return builder.build()


def test_an_orderly_restart_restores_nothing(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 2, "out": 1})
    log.write(tmp_path, "in", [(f"k{n % 50}", n, n) for n in range(500)])
    run(tmp_path, counts())
    assert run(tmp_path, counts()).records == 0


def test_wiped_state_is_restored_whole_and_goes_on(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 2, "out": 1})
    log.write(tmp_path, "in", [(f"k{n % 50}", n, n) for n in range(500)])
    run(tmp_path, counts(caching=False))
    shutil.rmtree(tmp_path / "state")
    restored = run(tmp_path, counts(caching=False))
    assert restored.records == 500
    assert sorted(restored.ended) == sorted(("c", end - start) for _, start, end in restored.started)
    log.write(tmp_path, "in", [("k0", 0, 1_000)])
    run(tmp_path, counts(caching=False))
    assert log.read(tmp_path, "out")[-1] == ("k0", 11)


def test_state_in_memory_is_restored_at_each_start(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [(f"k{n % 5}", n, n) for n in range(50)])
    run(tmp_path, counts(), engine="memory")
    assert run(tmp_path, counts(), engine="memory").records == 5


def test_preloaded_inputs_are_joined_in_the_order_of_time(tmp_path: Path) -> None:
    log.create(tmp_path, s=4, t=4, out=1)
    keys = "abcdefgh"
    log.write(tmp_path, "s", [(key, value, time) for value, time in (("s1", 10), ("s2", 30)) for key in keys])
    log.write(tmp_path, "t", [(key, value, time) for value, time in (("t1", 5), ("t2", 20)) for key in keys])
    builder = StreamsBuilder()
    table = builder.table("t")
    builder.stream("s").left_join(table, lambda left, right: f"{left}{right}", Joined()).to("out")
    run(tmp_path, builder.build())
    found = log.read(tmp_path, "out")
    assert sorted(found) == sorted((key, value) for key in keys for value in ("s1t1", "s2t2"))


def test_cached_updates_are_forwarded_once_and_changelog_bytes_are_java_s(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 3, "out": 2})
    for partition, time in enumerate((3_000, 2_000, 1_000)):
        log.write(tmp_path, "in", [(None, "z", time)], partition=partition)
    builder = StreamsBuilder()
    table = builder.stream("in").select_key(lambda _, value: value).group_by_key().count(Materialized("c"))
    table.to_stream().to("out", Produced(value=Json(int)))
    run(tmp_path, builder.build())
    assert log.read(tmp_path, "out") == [("z", 3)]
    assert log.read_raw(tmp_path, "app-c-changelog") == [(b"z", bytes.fromhex("0000000000000003"), 3_000)]


class Ticks(Processor[str, Any, str, int]):
    """Forwards the times of its schedule."""

    def init(self, context: Any) -> None:
        super().init(context)
        context.schedule("10s", PunctuationType.STREAM_TIME, self.tick)

    def tick(self, now: int) -> None:
        self.context.forward(Record("tick", now, now))

    def process(self, record: Record[str, Any]) -> None:
        """Only time matters."""


def test_stream_time_schedules_go_on_where_they_were(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})

    def topology() -> Topology:
        builder = StreamsBuilder()
        builder.stream("in").process(Ticks).to("out", Produced(value=Json(int)))
        return builder.build()

    log.write(tmp_path, "in", [("a", 1, 12_000), ("a", 1, 21_000)])
    run(tmp_path, topology())
    log.write(tmp_path, "in", [("a", 1, 22_000), ("a", 1, 31_000)])
    run(tmp_path, topology())
    assert [value for _, value in log.read(tmp_path, "out")] == [12_000, 21_000, 31_000]


@pytest.mark.parametrize("guarantee", ["exactly_once_v2", "at_least_once"])
def test_every_guarantee_counts_each_record_once_without_a_crash(tmp_path: Path, guarantee: str) -> None:
    log.create(tmp_path, **{"in": 2, "out": 1})
    log.write(tmp_path, "in", [(f"k{n % 7}", n, n) for n in range(700)])
    run(tmp_path, counts(), guarantee=guarantee)
    assert dict(log.read(tmp_path, "out")) == {f"k{n}": 100 for n in range(7)}


def test_state_is_ahead_of_no_log_that_was_replaced(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", 1, n) for n in range(10)])
    run(tmp_path, counts())
    shutil.rmtree(tmp_path / "log")
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", 1, 1)])
    run(tmp_path, counts())
    assert log.read(tmp_path, "out") == [("a", 1)]


def test_records_with_a_field_as_time_are_ordered_by_it(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", {"at": 25_000}, 0), ("a", {"at": 5_000}, 0)])
    builder = StreamsBuilder()
    windows = TumblingWindows(size="10s", grace=0)
    table = builder.stream("in", Consumed(timestamp="at")).group_by_key().windowed_by(windows).count(Materialized("w"))
    table.to_stream().map(lambda w, count: (str(w.start), count)).to("out", Produced(value=Json(int)))
    run(tmp_path, builder.build())
    assert log.read(tmp_path, "out") == [("20000", 1)]


class Remember(Processor[str, Any, str, Any]):
    """Keeps each value in a plain store."""

    def process(self, record: Record[str, Any]) -> None:
        self.context.store("plain").put(record.key, record.value)


def test_changes_of_a_store_without_times_are_logged_at_the_time_of_their_record(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1})
    log.write(tmp_path, "in", [("a", "x", 7_000), ("b", "y", 3_000)])
    builder = StreamsBuilder()
    builder.add_state_store(StoreSpec(name="plain", kind=StoreKind.KEY_VALUE, key_format=String(), value_format=Json()))
    builder.stream("in").process(Remember, "plain")
    run(tmp_path, builder.build())
    assert [(key, time) for key, _, time in log.read_raw(tmp_path, "app-plain-changelog")] == [(b"a", 7_000), (b"b", 3_000)]
