"""Which partition a key goes to, and when the records of repartition topics go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from headrace import (
    App,
    Grouped,
    Json,
    Materialized,
    Produced,
    StreamsBuilder,
    String,
    SystemClock,
    TopicPartition,
    Topology,
    TumblingWindows,
)
from headrace.formats import WindowedFormat
from headrace.log.kafka import calls
from support.kafka_access import Found, KafkaAccess

BASE = SystemClock().now_ms() // 100_000 * 100_000 - 3_600_000
"""An hour ago: brokers soon delete windows that are older than their changelog's retention."""

KEYS = [f"key-{number}" for number in range(40)]
WINDOW_MS = 10_000


def murmur2_partitions(access: KafkaAccess, topic: str) -> dict[str, int]:
    """Where a client that hashes as Java's does puts the keys."""
    producer = Producer({"bootstrap.servers": access.bootstrap, "partitioner": "murmur2_random"})
    for key in KEYS:
        producer.produce(topic, b"", key)
    producer.flush()
    producer.close()
    return {text(found): found.partition for found in access.found(topic)}


def text(found: Found) -> str:
    return bytes.fromhex(found.key or "").decode()


def test_8_windowed_results_lie_in_the_partition_of_their_inner_key(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "out": 4, "java": 4})
    access.write("in", [(key, 1, BASE + at) for at in (1_000, 11_000) for key in KEYS])
    builder = StreamsBuilder()
    windows = TumblingWindows(size="10s", grace=0)
    counts = builder.stream("in").group_by_key().windowed_by(windows).count(Materialized("w")).to_stream()
    counts.to("out", Produced(key=WindowedFormat(String(), WINDOW_MS), value=Json(int)))
    access.run(builder.build())
    expected = murmur2_partitions(access, "java")
    assert set(expected.values()) == {0, 1, 2, 3}
    inner = sorted((bytes.fromhex(found.key or "")[:-8].decode(), found.partition) for found in access.found("out"))
    assert inner == sorted((key, expected[key]) for key in KEYS for _ in range(2))


def test_keys_are_partitioned_as_java_s_producers_do_it(access: KafkaAccess) -> None:
    access.create(**{"in": 1, "out": 4, "java": 4})
    access.write("in", [(key, 1, BASE) for key in KEYS])
    builder = StreamsBuilder()
    builder.stream("in").to("out")
    access.run(builder.build())
    assert {text(found): found.partition for found in access.found("out")} == murmur2_partitions(access, "java")


def regrouped() -> Topology:
    builder = StreamsBuilder()
    by_value = builder.stream("in").select_key(lambda _, value: value).group_by_key(Grouped(name="g", value=String()))
    by_value.count(Materialized("c")).to_stream().to("out", Produced(value=Json(int)))
    return builder.build()


@pytest.fixture
def running(access: KafkaAccess) -> Iterator[App]:
    access.create(**{"in": 1, "out": 1})
    with access.app(regrouped(), commit_interval="50ms", repartition_purge_interval="100ms") as app:
        app.wait_until_running()
        yield app


@pytest.mark.usefixtures("running")
def test_24_repartition_topics_are_purged_up_to_the_committed_positions_and_never_above(access: KafkaAccess) -> None:
    where = TopicPartition("app-g-repartition", 0)
    admin, starts, written = access.log.admin(), [0], 0

    def purged() -> bool:
        nonlocal written
        access.write("in", [(None, "z", BASE + written + n) for n in range(10)])
        written += 10
        start = admin.start_offsets([where])[where]
        committed = admin.positions("app").get(where)
        assert start <= (committed.offset if committed else 0)
        assert start >= starts[-1]
        starts.append(start)
        return len(set(starts)) > 3

    calls.until(purged, "see the start of the repartition topic move three times")
    calls.until(lambda: access.read("out")[-1:] == [("z", written)], "see all counted")
