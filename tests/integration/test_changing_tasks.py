"""Tasks that come and go while workers run: results are those of an undisturbed run, and state is taken over, not rebuilt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace import (
    BufferConfig,
    Consumed,
    Grouped,
    JoinWindows,
    Json,
    Materialized,
    Produced,
    SessionWindows,
    StreamJoined,
    StreamsBuilder,
    String,
    Suppressed,
    TopicPartition,
    Topology,
)
from headrace.core.errors import StateError
from headrace.core.time import SystemClock
from headrace.log.api import Log
from headrace.log.embedded import open_log
from headrace.log.memory import MemoryLog
from headrace.runtime import task_manager
from headrace.runtime.commit.committer import CommitPoint
from headrace.runtime.directory import Role
from support import tasks as bench
from support.scripted import Scripted, tasks

KEYS = [f"k{n}" for n in range(12)]


@pytest.fixture(params=["memory", "embedded"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    opened: Log = MemoryLog(SystemClock()) if request.param == "memory" else open_log(tmp_path / "log", durability="normal")
    bench.make_topics(opened, **{"in": 2, "out": 2})
    yield opened
    opened.close()


def counting() -> Topology:
    """Each task counts for itself, and each key is counted again behind a repartition topic."""
    builder = StreamsBuilder()
    records = builder.stream("in")
    records.group_by_key().count(Materialized("here"))
    again = records.group_by(lambda key, _: key, Grouped(name="g")).count(Materialized("n"))
    again.to_stream().to("out", Produced(value=Json(int)))
    return builder.build()


def simple() -> Topology:
    """Counts, and writes to its changelog only."""
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("here"))
    return builder.build()


def write(log: Log, first: int, count: int) -> None:
    for partition in (0, 1):
        rows = [(KEYS[n % len(KEYS)].encode(), b"1", n) for n in range(first, first + count)]
        bench.write(log, "in", *rows, partition=partition)


def counts(log: Log) -> dict[str, int]:
    """The last result of each key."""
    found: dict[str, int] = {}
    for partition in (0, 1):
        found |= {key.decode(): int(value) for key, value, _ in bench.read(log, "out", partition) if key and value}
    return found


def expected(records: int) -> dict[str, int]:
    return dict(Counter({key: 2 * sum(1 for n in range(records) if KEYS[n % len(KEYS)] == key) for key in KEYS}))


@pytest.mark.parametrize("guarantee", ["exactly_once_v2", "at_least_once"])
def test_tasks_that_move_between_workers_count_everything_once(log: Log, tmp_path: Path, guarantee: str) -> None:
    one = Scripted(log, counting(), tmp_path / "one", "1", guarantee=guarantee)
    two = Scripted(log, counting(), tmp_path / "two", "2", guarantee=guarantee)
    with one, two:
        one.assign("0_0", "0_1", "1_0", "1_1")
        two.assign()
        for turn, moved in enumerate((["0_0"], ["0_0", "1_1"], [], ["1_0", "0_1"])):
            write(log, turn * 600, 600)
            stays = {"0_0", "0_1", "1_0", "1_1"} - set(moved)
            two.assign(*(set(moved) & {str(state.task) for state in two.worker.task_states()}))
            one.assign(*stays)
            two.assign(*moved)
            one.until_running(*stays)
            two.until_running(*moved)
        for _ in range(2):
            one.until_consumed()
            two.until_consumed()
    assert counts(log) == expected(2400)


def test_a_task_that_stays_is_the_same_one_at_the_same_place(log: Log, tmp_path: Path) -> None:
    write(log, 0, 100)
    with Scripted(log, counting(), tmp_path) as one:
        one.assign("0_0", "0_1")
        one.until_running("0_0", "0_1")
        before = one.ask(lambda worker: {task.id: task for task in worker.tasks})
        one.assign("0_0", "1_0")
        assert one.script.released_tasks == [frozenset(), tasks("0_1")]
        one.until_running("0_0", "1_0")
        after = one.ask(lambda worker: {task.id: task for task in worker.tasks})
        (kept,) = tasks("0_0")
        assert after[kept] is before[kept]
        assert list(after) == sorted(tasks("0_0", "1_0"))


def test_what_is_revoked_in_mid_interval_is_committed_before_it_is_released(log: Log, tmp_path: Path) -> None:
    write(log, 0, 100)
    where = TopicPartition("in", 0)
    with Scripted(log, counting(), tmp_path, commit_interval_ms=3_600_000) as one:
        one.assign("0_0", "0_1")
        one.until_running("0_0")
        one.until(lambda: one.worker.records == 200)
        one.assign("0_1")
        assert log.admin().positions("app")[where].offset == 100
        assert one.script.released_tasks[-1] == tasks("0_0")
        assert {state.task for state in one.worker.task_states()} == tasks("0_1")


def test_after_an_orderly_stop_nothing_is_restored_and_what_is_held_is_told_first(log: Log, tmp_path: Path) -> None:
    write(log, 0, 100)
    with Scripted(log, counting(), tmp_path) as one:
        one.assign("0_0", "0_1")
        one.until_running("0_0", "0_1")
        one.until_consumed()
    assert one.script.left is True
    with Scripted(log, counting(), tmp_path) as again:
        again.until(lambda: bool(again.script.held))
        assert again.script.held[0] == dict.fromkeys(tasks("0_0", "0_1"), 12)
        again.assign("0_0", "0_1")
        again.until_running("0_0", "0_1")
        assert sorted(again.restores.begun) == [("here/0", 12, 12), ("here/1", 12, 12)]


def test_a_copy_is_taken_over_with_the_tail_only(log: Log, tmp_path: Path) -> None:
    write(log, 0, 600)
    one = Scripted(log, counting(), tmp_path / "one", "1")
    two = Scripted(log, counting(), tmp_path / "two", "2")
    with two:
        two.assign(standby=["0_0"])
        with one:
            one.assign("0_0")
            one.until_running("0_0")
            one.until_consumed()
            two.until_warm("0_0")
        (state,) = [state for state in two.worker.task_states() if state.task in tasks("0_0")]
        assert state.role is Role.STANDBY
        write(log, 600, 600)
        two.assign("0_0")
        two.until_running("0_0")
        two.until_consumed()
        (found,) = two.ask(lambda worker: [dict(task.stores["here"].range(None, None)) for task in worker.tasks])
        assert {key: count for key, (count, _) in found.items()} == dict.fromkeys(KEYS, 100)
    assert two.restores.records == {}
    assert two.restores.suspended == [("here/0", True)]


def test_a_task_that_becomes_a_copy_keeps_its_state_and_follows_the_new_owner(log: Log, tmp_path: Path) -> None:
    write(log, 0, 600)
    one = Scripted(log, counting(), tmp_path / "one", "1")
    two = Scripted(log, counting(), tmp_path / "two", "2")
    with one, two:
        one.assign("0_0")
        one.until_running("0_0")
        one.until_consumed()
        one.assign(standby=["0_0"])
        before = log.admin().end_offsets([TopicPartition("app-here-changelog", 0)])
        two.assign("0_0")
        two.until_running("0_0")
        write(log, 600, 600)
        two.until_consumed()
        one.until_warm("0_0")
        after = log.admin().end_offsets([TopicPartition("app-here-changelog", 0)])
        assert one.restores.loaded == {"here/0": sum(after.values()) - sum(before.values())}
        (copy,) = one.ask(lambda worker: [dict(task.stores["here"].range(None, None)) for task in worker.standbys])
        assert {key: count for key, (count, _) in copy.items()} == dict.fromkeys(KEYS, 100)


def test_a_task_that_is_revoked_while_it_is_restored_goes_on_there_the_next_time(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_manager, "_SLICE_ALONE_S", 0.0)
    changelog, total = TopicPartition("app-here-changelog", 0), 60_000
    with Scripted(log, counting(), tmp_path) as one:
        count = (1).to_bytes(8, "big")
        for start in range(0, total, 10_000):
            bench.write(log, changelog.topic, *((f"{n:06}".encode(), count, 1) for n in range(start, start + 10_000)))

        def revoke(_where: TopicPartition, _position: int) -> None:
            one.script.assign()
            one.restores.on_batch = lambda _where, _position: None

        one.restores.on_batch = revoke
        one.script.assign(tasks("0_0"))
        one.until(lambda: one.script.released_tasks == [frozenset(), tasks("0_0")])
        begun = one.restores.records["here/0"]
        assert 0 < begun < total
        assert one.restores.ended == []
        assert log.admin().positions("app") == {}
        one.assign("0_0")
        one.until_running("0_0")
        assert one.restores.begun == [("here/0", 0, total), ("here/0", begun, total)]
        assert one.restores.records == {"here/0": total}


def test_a_changelog_that_is_cut_off_while_it_is_restored_is_begun_anew(log: Log, tmp_path: Path) -> None:
    changelog, total = TopicPartition("app-here-changelog", 0), 30_000
    with Scripted(log, counting(), tmp_path) as one:
        value = (1).to_bytes(8, "big")
        for start in range(0, total, 5_000):
            bench.write(log, changelog.topic, *((f"{n:06}".encode(), value, 1) for n in range(start, start + 5_000)))

        def cut_off(_where: TopicPartition, position: int) -> None:
            log.admin().delete_records({changelog: total - 10})
            one.restores.on_batch = lambda _where, _position: None

        one.restores.on_batch = cut_off
        one.assign("0_0")
        one.until_running("0_0")
        assert one.restores.begun == [("here/0", 0, total), ("here/0", total - 10, total)]
        (keys,) = one.ask(lambda worker: [[key for key, _ in task.stores["here"].range(None, None)] for task in worker.tasks])
        assert keys == [f"{n:06}" for n in range(total - 10, total)]


def test_a_fenced_worker_forgets_its_interval_and_goes_on_with_what_it_is_given_anew(log: Log, tmp_path: Path) -> None:
    write(log, 0, 600)
    fence: list[Callable[[], None]] = []

    def probe(point: CommitPoint) -> None:
        if point is CommitPoint.OUTPUTS_APPENDED and fence:
            fence.pop()()

    one = Scripted(log, counting(), tmp_path, "1", probe, guarantee="exactly_once_v2")
    with one:
        everything = ("0_0", "0_1", "1_0", "1_1")
        one.assign(*everything)
        one.until_running(*everything)
        one.until_consumed()
        fence.append(lambda: log.producer("app-1").close())
        write(log, 600, 600)
        one.until(lambda: len(one.script.lost_because) == 1)
        assert one.ask(lambda worker: list(worker.tasks)) == []
        before = dict(one.restores.records)
        one.assign(*everything)
        one.until_running(*everything)
        for _ in range(2):
            one.until_consumed()
        assert one.restores.records == before
    assert counts(log) == expected(1200)


def test_copies_never_show_what_is_not_committed(log: Log, tmp_path: Path) -> None:
    write(log, 0, 120)
    one = Scripted(log, simple(), tmp_path / "one", "1", commit_interval_ms=3_600_000)
    two = Scripted(log, simple(), tmp_path / "two", "2")
    with one, two:
        two.assign(standby=["0_0"])
        one.assign("0_0")
        one.until(lambda: one.worker.records == 120)
        two.until_warm("0_0")
        assert two.ask(lambda worker: [list(copy.stores["here"].range(None, None)) for copy in worker.standbys]) == [[]]
        one.assign()
        two.until_warm("0_0")
        (copy,) = two.ask(lambda worker: [list(copy.stores["here"].range(None, None)) for copy in worker.standbys])
        assert len(copy) == len(KEYS)


def test_a_copy_of_a_source_topic_follows_the_committed_position(log: Log, tmp_path: Path) -> None:
    builder = StreamsBuilder(optimize=["reuse.ktable.source.topics"])
    builder.table("in", materialized=Materialized("t")).to_stream().to("out")
    topology = builder.build()
    write(log, 0, 12)
    one = Scripted(log, topology, tmp_path / "one", "1", commit_interval_ms=3_600_000)
    two = Scripted(log, topology, tmp_path / "two", "2")

    def keys_of_copy() -> int:
        (found,) = two.ask(lambda worker: [len(list(copy.stores["t"].range(None, None))) for copy in worker.standbys])
        return int(found)

    with one, two:
        two.assign(standby=["0_0"])
        two.until(lambda: bool(two.ask(lambda worker: list(worker.standbys))))
        one.assign("0_0")
        one.until(lambda: one.worker.records == 12)
        assert keys_of_copy() == 0
        one.assign()
        two.until(lambda: keys_of_copy() == len(KEYS))


def test_a_directory_that_another_process_uses_is_waited_for(
    log: Log, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(log, 0, 120)
    one, two = (Scripted(log, counting(), tmp_path / "same", name) for name in ("1", "2"))
    with one, two:
        one.assign("0_0")
        one.until_running("0_0")
        two.assign("0_0")
        two.until(lambda: "waits_for_directory" in caplog.text)
        one.assign()
        two.until_running("0_0")
        assert two.restores.records == {}


def test_a_directory_that_stays_in_use_is_an_error(log: Log, tmp_path: Path) -> None:
    one = Scripted(log, counting(), tmp_path / "same", "1")
    two = Scripted(log, counting(), tmp_path / "same", "2", task_timeout_ms=0)
    with one:
        one.assign("0_0")
        one.until_running("0_0")
        with pytest.raises(StateError, match=r"the state of task 0_0 in .* is in use by process"), two:
            two.assign("0_0")
            two.until_running("0_0")


# ---- take-over in mid-buffer ------------------------------------------------------------------------------------------


def suppressed() -> Topology:
    builder = StreamsBuilder()
    sessions = builder.stream("in").group_by_key().windowed_by(SessionWindows(gap="50ms", grace=0)).count(Materialized("s"))
    closed = sessions.suppress(Suppressed.until_window_closes(BufferConfig.unbounded(), name="sup"))
    closed.to_stream().map(lambda w, count: (w.key, count)).to("out", Produced(value=Json(int)))
    return builder.build()


def outer_joined() -> Topology:
    builder = StreamsBuilder()
    text = Consumed(key=String(), value=Json())
    stores = StreamJoined(key=String(), left=Json(), right=Json(), name="join", store_name=("this", "other"))
    left, right = builder.stream("in", text), builder.stream("right", text)
    left.outer_join(right, lambda x, y: [x, y], JoinWindows.within("5ms", grace="10ms"), stores).to("out")
    return builder.build()


def versioned() -> Topology:
    builder = StreamsBuilder()
    text = Consumed(key=String(), value=Json())
    table = builder.table("right", text, Materialized("v", history="10s"))
    builder.stream("in", text).join(table, lambda x, y: [x, y]).to("out")
    return builder.build()


@pytest.mark.parametrize("program", [suppressed, outer_joined, versioned])
def test_a_copy_is_taken_over_in_mid_buffer(log: Log, tmp_path: Path, program: Callable[[], Topology]) -> None:
    bench.make_topics(log, right=2)
    one = Scripted(log, program(), tmp_path / "one", "1", emit_interval_ms=0)
    two = Scripted(log, program(), tmp_path / "two", "2", emit_interval_ms=0)

    def feed(first: int, last: int) -> None:
        # Both topics in turn; keys that meet, and keys that do not. No two records have the same time: which of them would be
        # first depends on which poll brings them, and a stream's record does not find the table's if it comes before it.
        for n in range(first, last):
            bench.write(log, "right", (KEYS[n % 5].encode(), b"%d" % n, n * 4))
            bench.write(log, "in", (KEYS[n % 3].encode(), b"%d" % n, n * 4 + 1))

    with two:
        two.assign(standby=["0_0"])
        with one:
            one.assign("0_0")
            one.until_running("0_0")
            feed(0, 40)
            one.until_consumed()
            two.until_warm("0_0")
        two.assign("0_0")
        two.until_running("0_0")
        feed(40, 80)
        bench.write(log, "right", (b"end", b"0", 100_000))
        bench.write(log, "in", (b"end", b"0", 100_001))
        two.until_consumed()
        assert two.restores.records == {}
    assert results(log) == undisturbed(program, tmp_path / "three", feed_of=(log, "in", "right"))


def results(log: Log) -> Counter[tuple[bytes | None, Any]]:
    rows = (row for partition in (0, 1) for row in bench.read(log, "out", partition))
    return Counter((key, json.dumps(json.loads(value)) if value else None) for key, value, _ in rows)


def undisturbed(program: Callable[[], Topology], directory: Path, feed_of: tuple[Log, str, str]) -> Counter[Any]:
    """The results of one worker over the same inputs."""
    source, *topics = feed_of
    log = MemoryLog(SystemClock())
    bench.make_topics(log, **{"in": 2, "right": 2, "out": 2})
    rows = [(topic, row) for topic in topics for row in bench.read(source, topic)]
    with Scripted(log, program(), directory, emit_interval_ms=0) as alone:
        alone.assign("0_0")
        alone.until_running("0_0")
        for topic, row in sorted(rows, key=lambda item: item[1][2]):
            bench.write(log, topic, row)
        alone.until_consumed()
    found = results(log)
    log.close()
    return found
