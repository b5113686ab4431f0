import os
import re
from pathlib import Path

import pytest

from headrace import ManualClock, StreamsBuilder, TaskId, TopicPartition
from headrace.log.api import Position
from headrace.log.memory import MemoryLog
from headrace.runtime import housekeeping
from headrace.runtime.housekeeping import Purge, TopicWatch, remove_old_state
from headrace.runtime.topics import TopicLayout
from support import tasks as bench

R = TopicPartition("app-r-repartition", 0)
IN = TopicPartition("in", 0)


@pytest.fixture
def filled(log: MemoryLog) -> MemoryLog:
    bench.make_topics(log, **{R.topic: 1, "in": 1})
    for topic in (R.topic, "in"):
        bench.write(log, topic, *((b"k", b"v", n) for n in range(10)))
    return log


def starts(log: MemoryLog) -> tuple[int, int]:
    found = log.admin().start_offsets([R, IN])
    return found[R], found[IN]


def test_repartition_topics_are_purged_up_to_the_committed_position_and_no_others(filled: MemoryLog) -> None:
    purge = Purge(filled.admin(), frozenset({R.topic}), 0)
    purge.maybe({R: Position(4), IN: Position(4)})
    assert starts(filled) == (4, 0)
    purge.maybe({R: Position(4), IN: Position(4)})
    purge.maybe({R: Position(10), IN: Position(4)})
    assert starts(filled) == (10, 0)


def test_nothing_is_purged_before_the_interval_is_over(filled: MemoryLog) -> None:
    Purge(filled.admin(), frozenset({R.topic}), 3_600_000).maybe({R: Position(4)})
    assert starts(filled) == (0, 0)


def test_a_topic_that_comes_to_match_a_pattern_is_noticed(log: MemoryLog, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = StreamsBuilder()
    builder.stream(re.compile("in-.*")).to("out")
    bench.make_topics(log, **{"in-a": 1, "out": 1})
    admin = log.admin()
    layout = TopicLayout(builder.build(), "app", {name: topic.partitions for name, topic in admin.topics().items()})
    seldom = TopicWatch(admin, layout)
    monkeypatch.setattr(housekeeping, "_LOOK_INTERVAL_S", 0.0)
    watch = TopicWatch(admin, layout)
    assert not watch.changed()
    bench.make_topics(log, **{"in-b": 1})
    assert watch.changed()
    monkeypatch.setattr(housekeeping, "_LOOK_INTERVAL_S", 3_600.0)
    assert not seldom.changed()


def test_state_of_tasks_that_are_gone_is_removed_after_the_delay_and_nothing_else(tmp_path: Path) -> None:
    for name in ("0_0", "0_1", "7_0", "global", "notes"):
        (tmp_path / name / "store").mkdir(parents=True)
        (tmp_path / name / "store" / "file").write_text("x")
    (tmp_path / "lives.json").write_text("{}")
    touched_ms = 1_000_000_000_000
    for entry in (tmp_path, *tmp_path.rglob("*")):
        os.utime(entry, (touched_ms / 1000, touched_ms / 1000))
    os.utime(tmp_path / "0_1" / "store" / "file", (touched_ms / 1000 + 50, touched_ms / 1000 + 50))
    tasks = [TaskId(0, 0)]
    assert remove_old_state(tmp_path, tasks, 60_000, ManualClock(touched_ms + 59_999)) == []
    assert remove_old_state(tmp_path, tasks, 60_000, ManualClock(touched_ms + 60_000)) == ["7_0"]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["0_0", "0_1", "global", "lives.json", "locks", "notes"]


def test_without_any_state_there_is_nothing_to_remove(tmp_path: Path) -> None:
    assert remove_old_state(tmp_path / "none", [], 0, ManualClock()) == []
