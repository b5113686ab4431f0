"""Applications on a real broker: results, orderly restarts, what is made and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from headrace import (
    AppState,
    Json,
    LogError,
    Materialized,
    Processor,
    Produced,
    Record,
    StreamsBuilder,
    SystemClock,
    Topology,
    TopologyError,
    TumblingWindows,
    UnknownTopicError,
)
from headrace.core.errors import LogBusyError
from headrace.log.api import NewTopic, TopicConfig, TopicDescription
from headrace.log.kafka import calls
from support.kafka_access import KafkaAccess

BASE = SystemClock().now_ms() // 10_000 * 10_000 - 3_600_000
"""An hour ago: brokers soon delete windows that are older than their changelog's retention."""


def program(**kept: Any) -> Topology:
    """A count behind a repartition topic, a windowed sum, and a join with a table."""
    builder = StreamsBuilder()
    clicks = builder.stream("clicks")
    per_page = clicks.select_key(lambda _, click: click["page"]).group_by_key().count(Materialized("per-page", **kept))
    per_page.to_stream().to("pages", Produced(value=Json(int)))
    windows = clicks.group_by_key().windowed_by(TumblingWindows(size="10s", grace="1d"))
    sums = windows.aggregate(
        lambda: 0, lambda _, click, total: total + click["n"], Materialized("sums", value=Json(int), **kept)
    )
    sums.to_stream().map(lambda w, total: (f"{w.key}@{(w.start - BASE) // 10_000}", total)).to(
        "sums-out", Produced(value=Json(int))
    )
    users = builder.table("users", materialized=Materialized("users", **kept))
    clicks.join(users, lambda click, user: [click["n"], user]).to("named")
    return builder.build()


def fill(access: KafkaAccess, count: int = 300) -> dict[str, Any]:
    """Writes input; returns what has to come out."""
    access.create(clicks=2, users=2, pages=1, **{"sums-out": 1}, named=2)
    access.write("users", [(f"u{n}", f"name{n}", BASE) for n in range(10)])
    clicks = [(f"u{n % 10}", {"page": f"p{n % 7}", "n": n}, BASE + 100 + n * 100) for n in range(count)]
    access.write("clicks", clicks)
    pages: dict[str, int] = {}
    sums: dict[str, int] = {}
    for user, click, at in clicks:
        pages[click["page"]] = pages.get(click["page"], 0) + 1
        window = f"{user}@{(at - BASE) // 10_000}"
        sums[window] = sums.get(window, 0) + click["n"]
    named = sorted((user, [click["n"], f"name{user[1:]}"]) for user, click, _ in clicks)
    return {"pages": pages, "sums-out": sums, "named": named}


def results(access: KafkaAccess) -> dict[str, Any]:
    return {
        "pages": dict(access.read("pages")),
        "sums-out": dict(access.read("sums-out")),
        "named": sorted(access.read("named")),
    }


@pytest.mark.parametrize("guarantee", ["exactly_once_v2", "at_least_once"])
def test_results_are_right_and_an_orderly_restart_restores_nothing(access: KafkaAccess, guarantee: str) -> None:
    expected = fill(access)
    first = access.run(program(), guarantee=guarantee)
    assert results(access) == expected
    assert first.stores == {"per-page", "sums", "users"}
    assert access.run(program(), guarantee=guarantee).records == 0
    assert results(access) == expected
    for topic in ("clicks", "users", "app-per-page-repartition"):
        ends = access.ends(topic)
        assert {number: access.positions()[f"{topic}-{number}"][0] for number in ends} == ends


def test_wiped_state_is_restored_from_changelogs_and_goes_on(access: KafkaAccess) -> None:
    expected = fill(access)
    access.run(program())
    shutil.rmtree(access.folder / "state")
    restored = access.run(program())
    assert restored.records >= len(expected["pages"]) + len(expected["sums-out"]) + 10  # more, if a broker has not compacted
    access.write("clicks", [("u0", {"page": "p0", "n": 7}, BASE + 9_999)])
    access.run(program())
    assert access.read("pages")[-1] == ("p0", expected["pages"]["p0"] + 1)
    assert access.read("sums-out")[-1] == ("u0@0", expected["sums-out"]["u0@0"] + 7)
    assert access.read("named").count(("u0", [7, "name0"])) == 1


def test_an_application_follows_its_input_until_it_is_closed(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "out": 1})
    builder = StreamsBuilder()
    builder.stream("in").to("out")
    app = access.app(builder.build(), commit_interval="50ms")
    with app:
        app.wait_until_running()
        access.write("in", [("a", 1, 1)])
        calls.until(lambda: access.read("out") == [("a", 1)], "see the first result")
        access.write("in", [("a", 2, 2)])
        calls.until(lambda: access.read("out") == [("a", 1), ("a", 2)], "see the second result")
    assert app.state is AppState.NOT_RUNNING


def test_12_a_source_topic_that_is_missing_at_start_is_named(access: KafkaAccess) -> None:
    access.create(out=1)
    builder = StreamsBuilder()
    builder.stream("nowhere").to("out")
    with pytest.raises(UnknownTopicError, match="nowhere"):
        access.run(builder.build(), create_topics=False)


def test_12_a_source_topic_deleted_in_mid_run_stops_the_application_with_its_name(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "other": 1, "out": 1})
    builder = StreamsBuilder()
    builder.stream(["in", "other"]).to("out")
    app = access.app(builder.build(), kafka={"topic.metadata.refresh.interval.ms": "200"})
    app.start()
    app.wait_until_running()
    access.log.admin().delete_topics(["other"])
    with pytest.raises(UnknownTopicError, match='"other"'):
        app.wait("60s")


def test_with_create_topics_off_nothing_is_made_and_all_that_is_missing_is_listed(access: KafkaAccess) -> None:
    access.create(clicks=2, users=2, pages=1)
    before = access.log.admin().partition_counts()
    with pytest.raises(UnknownTopicError) as caught:
        access.run(program(), create_topics=False)
    assert "missing: sums-out, named, app-per-page-repartition, app-" in caught.value.message
    assert "app-per-page-changelog: 2 partition(s), cleanup.policy=compact" in str(caught.value)
    assert "app-sums-changelog: 2 partition(s), cleanup.policy=compact,delete retention.ms=172810000" in str(caught.value)
    assert access.log.admin().partition_counts() == before


def test_11_inputs_that_are_not_co_partitioned_are_refused(access: KafkaAccess) -> None:
    access.create(clicks=2, users=3)
    with pytest.raises(TopologyError, match="'users' has 3 partitions"):
        access.run(program())


def test_10_an_input_that_grew_behind_a_repartition_topic_is_refused_with_both_counts(access: KafkaAccess) -> None:
    access.create(**{"in": 1})
    builder = StreamsBuilder()
    builder.stream("in").select_key(lambda _, value: value).group_by_key().count(Materialized("c"))
    access.run(builder.build())
    access.log.admin().add_partitions("in", 2)
    with pytest.raises(TopologyError, match="'app-c-repartition' has 1 partitions, but the inputs now ask for 2") as caught:
        access.run(builder.build())
    assert "headrace reset app" in caught.value.hint


class Far(Processor[str, Any, str, Any]):
    """Sends records into the year 2100."""

    def process(self, record: Record[str, Any]) -> None:
        self.context.forward(record.with_timestamp(4_102_444_800_000))


def test_a_timestamp_that_brokers_refuse_stops_the_application_and_nothing_is_committed(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "out": 1})
    access.write("in", [("a", 1, 1)])
    builder = StreamsBuilder()
    builder.stream("in").process(Far).to("out")
    with pytest.raises(LogError, match="out-0"):
        access.run(builder.build())
    assert access.read("out") == []
    assert access.positions() == {}


def test_brokers_that_are_away_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("catalog._ASK_S", "calls.TIMEOUT_S"):
        monkeypatch.setattr(f"headrace.log.kafka.{place}", 1.0)
    away = KafkaAccess("localhost:1", None, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(LogBusyError, match="cannot list the topics"):
        away.run(program(), create_topics=False)


def test_an_instance_whose_producer_was_fenced_gives_up_its_interval_and_begins_anew(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "out": 1})
    builder = StreamsBuilder()
    builder.stream("in").to("out")
    with access.app(builder.build(), commit_interval="50ms") as app:
        app.wait_until_running()
        (name,) = (access.folder / "state" / "app" / "instances").iterdir()
        access.log.producer(f"app-{name.name}").close()
        access.write("in", [("a", 1, 1)])
        while not access.read("out"):
            assert app.error is None
        access.write("in", [("b", 2, 2)])
        while len(access.read("out")) < 2:
            assert app.error is None
    assert access.read("out") == [("a", 1), ("b", 2)]


def test_settings_of_a_topic_come_back(access: KafkaAccess) -> None:
    config = TopicConfig(cleanup="compact,delete", retention_ms=86_400_000, extra=(("segment.bytes", "52428800"),))
    access.log.admin().create_topics([NewTopic("orders", 3, config)])
    assert access.log.admin().topics() == {"orders": TopicDescription("orders", 3, config)}
