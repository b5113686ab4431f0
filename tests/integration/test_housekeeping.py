"""Beside processing: repartition topics are purged, new topics noticed, state of tasks that are gone is dropped."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

import log_access as log
import pytest

from headrace import App, Json, Materialized, Produced, StreamsBuilder, TopicPartition, Topology, TumblingWindows
from headrace.log.embedded import open_log
from headrace.runtime.commit.committer import CommitPoint


def counting_by_value() -> Topology:
    builder = StreamsBuilder()
    grouped = builder.stream("in").select_key(lambda _, value: str(value)).group_by_key()
    grouped.count(Materialized("n", caching=False)).to_stream().to("out", Produced(value=Json(int)))
    return builder.build()


def offsets(data: Path, topic: str) -> tuple[int, int, int]:
    """Start, committed position and end of partition 0."""
    where = TopicPartition(topic, 0)
    opened = open_log(data / "log")
    admin = opened.admin()
    position = admin.positions("app").get(where)
    found = (admin.start_offsets([where])[where], 0 if position is None else position.offset, admin.end_offsets([where])[where])
    opened.close()
    return found


def repartition_topic(data: Path) -> str:
    opened = open_log(data / "log")
    (name,) = [topic for topic in opened.admin().topics() if topic.endswith("-repartition")]
    opened.close()
    return name


def test_repartition_topics_are_purged_never_beyond_the_committed_position(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    opened = open_log(tmp_path / "log")
    ahead: list[tuple[int, int]] = []

    def probe(point: CommitPoint) -> None:
        names = [topic for topic in opened.admin().topics() if topic.endswith("-repartition")]
        where = TopicPartition(names[0], 0)
        position = opened.admin().positions("app").get(where)
        start = opened.admin().start_offsets([where])[where]
        ahead.append((start, 0 if position is None else position.offset))

    options: dict[str, Any] = {"repartition_purge_interval": "1ms", "commit_interval": "5ms", "poll_records": 50}
    app = App("app", counting_by_value(), log=opened, data_dir=tmp_path, commit_probe=probe, **options)
    log.write(tmp_path, "in", [("k", n % 7, n) for n in range(2_000)])
    app.run(until_end=True)
    opened.close()
    start, committed, end = offsets(tmp_path, repartition_topic(tmp_path))
    assert 0 < start <= committed == end == 2_000
    assert all(start <= committed for start, committed in ahead)
    assert dict(log.read(tmp_path, "out")) == {str(n): 286 if n < 5 else 285 for n in range(7)}


def test_a_purge_that_a_restart_follows_loses_nothing(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    for _ in range(3):
        log.write(tmp_path, "in", [("k", n % 7, n) for n in range(700)])
        app = App("app", counting_by_value(), data_dir=tmp_path, repartition_purge_interval="1ms", poll_records=50)
        app.run(until_end=True)
    assert dict(log.read(tmp_path, "out")) == {str(n): 300 for n in range(7)}


def test_a_topic_that_comes_to_match_a_pattern_is_read_in_mid_run(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in-a": 1, "out": 1})
    builder = StreamsBuilder()
    builder.stream(re.compile("in-.*")).to("out")
    with App("app", builder.build(), data_dir=tmp_path, commit_interval="20ms") as app:
        app.wait_until_running()
        log.create(tmp_path, **{"in-b": 2})
        log.write(tmp_path, "in-b", [("a", 1, 0), ("b", 2, 0), ("c", 3, 0)])
        log.wait_for(tmp_path, "out", 3)
    assert sorted(log.read(tmp_path, "out")) == [("a", 1), ("b", 2), ("c", 3)]


@pytest.mark.parametrize(("delay", "kept"), [("1h", True), (0, False)])
def test_state_of_tasks_that_are_gone_is_dropped_after_the_delay(tmp_path: Path, delay: Any, kept: bool) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    gone = tmp_path / "state" / "app" / "9_0" / "store"
    gone.mkdir(parents=True)
    os.utime(gone)
    App("app", counting_by_value(), data_dir=tmp_path, state_cleanup_delay=delay).run(until_end=True)
    assert gone.exists() is kept
    assert (tmp_path / "state" / "app" / "1_0").is_dir()


def windowed(**options: Any) -> Topology:
    builder = StreamsBuilder()
    windows = TumblingWindows(size="10s", grace="10s")
    grouped = builder.stream("in").group_by_key().windowed_by(windows)
    counts = grouped.count(Materialized("w", caching=False, retention="1m", **options))
    counts.to_stream().map(lambda w, n: (f"{w.key}@{w.start}", n)).to("out", Produced(value=Json(int)))
    return builder.build()


def clean(data: Path) -> None:
    opened = open_log(data / "log")
    opened.admin().clean()
    opened.close()


def test_windows_of_old_events_that_are_still_open_survive_the_cleaning_of_their_changelog(tmp_path: Path) -> None:
    """Events of 1970, the wall clock of today: by the log's own retention all of it would be long gone."""
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", 1, 1_000), ("a", 1, 2_000)])
    App("app", windowed(), data_dir=tmp_path).run(until_end=True)
    clean(tmp_path)
    shutil.rmtree(tmp_path / "state")
    log.write(tmp_path, "in", [("a", 1, 3_000)])
    App("app", windowed(), data_dir=tmp_path).run(until_end=True)
    assert log.read(tmp_path, "out")[-1] == ("a@0", 3)


def test_windows_that_have_expired_by_stream_time_are_purged_from_their_changelog(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", 1, n * 10_000) for n in range(100)])
    options = {"repartition_purge_interval": 0, "windowstore_changelog_additional_retention": "1m", "poll_records": 10}
    App("app", windowed(), data_dir=tmp_path, **options).run(until_end=True)
    start, _, end = offsets(tmp_path, "app-w-changelog")
    assert end == 100
    assert start == 99 - 12
    shutil.rmtree(tmp_path / "state")
    with App("app", windowed(), data_dir=tmp_path) as app:
        app.wait_until_running()
        assert [window.start for window, _ in app.store("w").all()] == [n * 10_000 for n in range(94, 100)]
