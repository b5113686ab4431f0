"""Behaviour recorded from Kafka Streams on a real broker, as one instance shows it: time, restarts, positions, topics."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from headrace import (
    App,
    BufferConfig,
    Consumed,
    ConsumedRecord,
    Grouped,
    Int64,
    Joined,
    JoinWindows,
    Json,
    LogError,
    Materialized,
    Produced,
    StreamJoined,
    StreamsBuilder,
    String,
    Suppressed,
    SystemClock,
    Topology,
    TumblingWindows,
)
from headrace.app.stores import StoreView
from headrace.log.kafka import calls
from headrace.runtime.groups.control import control_topic
from support.kafka_access import KafkaAccess

BASE = SystemClock().now_ms() // 100_000 * 100_000 - 3_600_000
"""An hour ago: brokers soon delete windows that are older than their changelog's retention."""


KEYS = "abcdefgh"
PRELOADED_RESULTS = sorted((key, value) for key in KEYS for value in ("s1t1", "s2t2"))


def windowed(*, suppressed: bool = False) -> Topology:
    builder = StreamsBuilder()
    windows = TumblingWindows(size="10s", grace=0)
    counts = builder.stream("in").group_by_key().windowed_by(windows).count(Materialized("w"))
    if suppressed:
        counts = counts.suppress(Suppressed.until_window_closes(BufferConfig.unbounded()))
    results = counts.to_stream().map(lambda w, count: (f"{w.key}@{w.start - BASE}", count))
    results.to("out", Produced(value=Json(int)))
    return builder.build()


def test_1_a_record_for_a_window_closed_before_the_restart_is_late(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "out": 1})
    access.write("in", [("a", 1, BASE + 1_000), ("a", 1, BASE + 50_000)])
    access.run(windowed())
    access.write("in", [("a", 1, BASE + 3_000)])
    app = access.app(windowed())
    app.run(until_end=True)
    assert access.read("out") == [("a@0", 1), ("a@50000", 1)]
    assert app.metrics.total("headrace_dropped_records_total", reason="late") == 1


def test_2_a_suppressed_window_gives_one_result_over_a_restart(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "out": 1})
    access.write("in", [("a", 1, BASE + 1_000), ("a", 1, BASE + 50_000)])
    access.run(windowed(suppressed=True))
    access.write("in", [("a", 1, BASE + 3_000), ("a", 1, BASE + 70_000)])
    access.run(windowed(suppressed=True))
    assert access.read("out") == [("a@0", 1), ("a@50000", 1)]


def preloaded(access: KafkaAccess, partitions: int) -> Topology:
    access.create(s=partitions, t=partitions, out=1)
    access.write("s", [(key, value, time) for value, time in (("s1", 10), ("s2", 30)) for key in KEYS])
    access.write("t", [(key, value, time) for value, time in (("t1", 5), ("t2", 20)) for key in KEYS])
    builder = StreamsBuilder()
    builder.stream("s").left_join(builder.table("t"), lambda left, right: f"{left}{right}", Joined()).to("out")
    return builder.build()


@pytest.mark.parametrize("partitions", [1, 4])
def test_3_preloaded_inputs_are_joined_in_the_order_of_time(access: KafkaAccess, partitions: int) -> None:
    access.run(preloaded(access, partitions))
    assert sorted(access.read("out")) == PRELOADED_RESULTS


def test_3_by_two_instances_as_well(access: KafkaAccess) -> None:
    topology = preloaded(access, 4)
    with ExitStack() as running:
        for folder in ("one", "two"):
            app = App("app", topology, bootstrap=access.bootstrap, data_dir=access.folder / folder, commit_interval="100ms")
            running.enter_context(app)
        calls.until(lambda: len(access.read("out")) >= len(PRELOADED_RESULTS), "see all results", 60)
    assert sorted(access.read("out")) == PRELOADED_RESULTS


def regrouped() -> Topology:
    builder = StreamsBuilder()
    by_value = builder.stream("in").select_key(lambda _, value: value).group_by_key(Grouped(name="g", value=String()))
    by_value.count(Materialized("c")).to_stream().to("out", Produced(value=Int64()))
    return builder.build()


def fill_regrouped(access: KafkaAccess) -> None:
    access.create(**{"in": 3, "out": 2})
    for partition, time in enumerate((3_000, 2_000, 1_000)):
        access.write("in", [(None, "z", time)], partition=partition, headers=(("hh", bytes([partition])),))


def test_4_a_repartition_topic_keeps_times_and_headers_and_one_result_is_forwarded(access: KafkaAccess) -> None:
    fill_regrouped(access)
    access.run(regrouped())
    kept = access.found("app-g-repartition")
    assert {found.partition for found in kept} == {2}
    assert sorted((found.timestamp, found.key, found.headers) for found in kept) == [
        (1_000, "7a", (("hh", b"\x02"),)),
        (2_000, "7a", (("hh", b"\x01"),)),
        (3_000, "7a", (("hh", b"\x00"),)),
    ]
    assert [(found.timestamp, found.key, found.value) for found in access.found("out")] == [(3_000, "7a", "0000000000000003")]


def count_of(store: StoreView) -> int | None:
    found = store.get("z")
    return None if found is None else found.value


def test_5_what_is_not_committed_is_seen_by_latest_reads_only(access: KafkaAccess) -> None:
    fill_regrouped(access)
    app = access.app(regrouped(), commit_interval="1h")
    with app:
        app.wait_until_running()
        calls.until(lambda: count_of(app.store("c")) == 3, "see the count")
        assert count_of(app.store("c", read="committed")) is None
        assert access.found("out") == []
    (result,) = access.found("out")
    assert (result.timestamp, result.key, result.value) == (3_000, "7a", "0000000000000003")
    (logged,) = access.found("app-c-changelog")
    assert (logged.timestamp, logged.key, logged.value, logged.headers) == (3_000, "7a", "0000000000000003", ())


def test_6_positions_carry_partition_time(access: KafkaAccess) -> None:
    fill_regrouped(access)
    access.run(regrouped(), guarantee="at_least_once")
    assert {where: at for where, at in access.positions().items() if at[0] > 0} == {
        "in-0": (1, "AgAAAAAAAAu4"),
        "in-1": (1, "AgAAAAAAAAfQ"),
        "in-2": (1, "AgAAAAAAAAPo"),
        "app-g-repartition-2": (3, "AgAAAAAAAAu4"),
    }


def test_7_the_position_in_a_transactional_topic_lies_behind_the_marker(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "out": 1})
    access.write("in", [("k", "v1", 5), ("k", "v2", 6)], transactional=True)
    builder = StreamsBuilder()
    builder.stream("in").to_table(Materialized("t")).to_stream().to("out")
    access.run(builder.build())
    assert access.ends("in") == {0: 3}
    assert access.positions() == {"in-0": (3, "AgAAAAAAAAAG")}
    assert access.read("out") == [("k", "v2")]


def test_7_so_does_it_behind_an_aborted_transaction(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "out": 1})
    access.write("in", [("k", "v", 5)])
    left_open = access.log._settings.producer("left-open")
    left_open.init_transactions(10)
    left_open.begin_transaction()
    left_open.produce("in", b'"never"', b"k", 0, timestamp=6)
    left_open.flush(10)
    left_open.abort_transaction(10)
    left_open.close()
    calls.until(lambda: access.ends("in") == {0: 3}, "see the marker of the aborted transaction")
    builder = StreamsBuilder()
    builder.stream("in").to("out")
    access.run(builder.build())
    assert access.read("out") == [("k", "v")]
    assert access.positions() == {"in-0": (3, "AgAAAAAAAAAF")}


def test_9_internal_topics_are_set_up_as_kafka_streams_does_it(access: KafkaAccess) -> None:
    access.create(**{"in": 2, "other": 2, "table": 2, "out": 1})
    builder = StreamsBuilder()
    stream = builder.stream("in")
    stream.select_key(lambda _, value: value).group_by_key(Grouped(name="g")).count(Materialized("c"))
    stream.group_by_key().windowed_by(TumblingWindows(size="10s", grace=0)).count(Materialized("w"))
    windows = JoinWindows.within("100ms", grace="50ms")
    named = StreamJoined(name="join", store_name=("this", "other"))
    stream.join(builder.stream("other"), lambda left, right: [left, right], windows, named).to("out")
    builder.table("table", materialized=Materialized("v", history="60s"))
    access.run(builder.build())
    made = {name: topic for name, topic in access.log.admin().topics().items() if name.startswith("app-")}
    assert made.pop(control_topic("app").name).partitions == 1  # Kafka Streams has none
    assert {topic.partitions for topic in made.values()} == {2}
    assert {name.removeprefix("app-"): settings(access, name) for name in made} == {
        "g-repartition": {"cleanup.policy": "delete", "retention.ms": "-1", "segment.bytes": "52428800"},
        "c-changelog": {"cleanup.policy": "compact"},
        "w-changelog": {"cleanup.policy": "compact,delete", "retention.ms": "86410000"},
        "this-changelog": {"cleanup.policy": "delete", "retention.ms": "86400250"},
        "other-changelog": {"cleanup.policy": "delete", "retention.ms": "86400250"},
        "v-changelog": {"cleanup.policy": "compact", "min.compaction.lag.ms": "86460000"},
    }


def in_two_hours(record: ConsumedRecord, _partition_time: int) -> int:
    return SystemClock().now_ms() + 2 * 3_600_000 if record.value == "early" else record.timestamp


def timed() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in", Consumed(key=String(), value=Json(), timestamp=in_two_hours)).to("out")
    return builder.build()


def fill_timed(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "out": 1})
    access.write("in", [("a", 1, BASE), ("b", "early", BASE + 1), ("c", 3, BASE + 2)])


def test_13_a_time_that_brokers_refuse_fails_the_application_and_the_position_stays(access: KafkaAccess) -> None:
    fill_timed(access)
    with pytest.raises(LogError, match=r"(?s)out-0.*message.timestamp.after.max.ms"):
        access.run(timed())
    assert access.positions() == {}
    assert access.read("out") == []


@pytest.mark.parametrize("guarantee", ["exactly_once_v2", "at_least_once"])
@pytest.mark.parametrize("policy", ["skip", "dlq"])
def test_13_or_it_is_left_out_and_the_position_goes_on(access: KafkaAccess, policy: str, guarantee: str) -> None:
    fill_timed(access)
    app = access.app(timed(), on_produce_error=policy, guarantee=guarantee)
    app.run(until_end=True)
    assert access.read("out") == [("a", 1), ("c", 3)]
    assert access.positions()["in-0"][0] == 3
    if policy == "dlq":
        assert access.read("app-dlq") == [("b", "early")]
    counter = {"skip": "headrace_skipped_records_total", "dlq": "headrace_dead_letter_records_total"}[policy]
    assert app.metrics.total(counter, stage="produce") == 1


def settings(access: KafkaAccess, topic: str) -> dict[str, str]:
    """What was set for a topic, beside the timestamp type that all have."""
    found = access.topic_settings(topic)
    assert found.pop("message.timestamp.type") == "CreateTime"
    return found
