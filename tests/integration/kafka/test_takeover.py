"""An application of the Java Kafka Streams is stopped, goes on here under the same id, and goes back to Java."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from headrace import (
    BufferConfig,
    Consumed,
    Grouped,
    Int64,
    KTable,
    Materialized,
    Produced,
    StreamsBuilder,
    String,
    Suppressed,
    SystemClock,
    TableJoined,
    TopicPartition,
    Topology,
    TumblingWindows,
)
from headrace.log.kafka import calls
from support.java_streams import JavaStreams
from support.kafka_access import Entry, KafkaAccess

SOURCE = Path(__file__).parent / "java" / "TakenOver.java"
BASE = SystemClock().now_ms() // 100_000 * 100_000 - 3_600_000
"""An hour ago: brokers soon delete windows that are older than their changelog's retention."""

INPUTS = ("words", "orders", "customers")
OUTPUTS = ("counts", "windows", "closed", "joined")
INTERNAL = {"by-word-repartition", "fk-subscription-registration-topic", "fk-subscription-response-topic"}
INTERNAL |= {f"{name}-changelog" for name in ("counts", "windows", "closing", "closed-store", "orders-store")}
INTERNAL |= {f"{name}-changelog" for name in ("customers-store", "joined", "fk-subscription-store")}
STEP_MS, PER_STAGE = 700, 60
LONGEST_S = 60.0


def taken_over() -> Topology:
    """The program of TakenOver.java."""
    builder = StreamsBuilder()
    texts = Consumed(key=String(), value=String())
    words = builder.stream("words", texts)
    grouped = words.group_by(lambda _, word: word, Grouped(key=String(), value=String(), name="by-word"))
    grouped.count(Materialized("counts")).to_stream().to("counts", Produced(key=String(), value=Int64()))
    keyed = words.group_by_key(Grouped(key=String(), value=String()))
    windows = keyed.windowed_by(TumblingWindows(size="10s", grace="1h")).count(Materialized("windows"))
    write_windows(windows, "windows")
    closing = keyed.windowed_by(TumblingWindows(size="10s", grace=0)).count(Materialized("closing"))
    write_windows(closing.suppress(Suppressed.until_window_closes(BufferConfig.unbounded(), name="closed")), "closed")
    orders = builder.table("orders", texts, Materialized("orders-store"))
    customers = builder.table("customers", texts, Materialized("customers-store"))
    joined = orders.join_on(
        customers,
        lambda _, customer: customer,
        lambda order, customer: f"{order}/{customer}",
        TableJoined(name="fk"),
        Materialized("joined", value=String()),
    )
    joined.to_stream().to("joined", Produced(key=String(), value=String()))
    return builder.build()


def write_windows(counts: KTable[Any, int], topic: str) -> None:
    named = counts.to_stream().map(lambda window, count: (f"{window.key}@{window.start}", count))
    named.to(topic, Produced(key=String(), value=Int64()))


def feed(access: KafkaAccess, stage: int) -> None:
    """Input of one of three stages: words in order of time, orders that change hands, customers that change and go."""
    start = BASE + stage * PER_STAGE * STEP_MS
    numbers = range(stage * PER_STAGE, (stage + 1) * PER_STAGE)
    words: list[Entry] = [(f"k{n % 5}", f"word{n % 7}".encode(), start + at * STEP_MS) for at, n in enumerate(numbers)]
    customers: list[Entry] = [(f"c{n}", f"name{n}-{stage}".encode(), start + n) for n in range(stage, stage + 3)]
    if stage == 1:
        customers.append(("c1", None, start + 10))
    orders: list[Entry] = [(f"o{n}", f"c{(n + stage) % 5}".encode(), start + n) for n in range(8)]
    orders.append((f"o{stage}", None, start + 20))
    for topic, entries in zip(INPUTS, (words, orders, customers), strict=True):
        access.write(topic, entries)


def consumed(access: KafkaAccess, group: str) -> bool:
    """Whether a group has read everything, and no transaction is open. The last thing in a topic may be its marker."""
    admin = access.log.admin()
    positions = access.log.admin().positions(group)
    counts = admin.partition_counts()
    read = [name for name in counts if name in INPUTS or name in {f"{group}-{topic}" for topic in INTERNAL - changelogs()}]
    places = [TopicPartition(topic, number) for topic in read for number in range(counts[topic])]
    stable, ends = admin.end_offsets(places), admin.high_watermarks(places)
    at = {where: positions[where].offset if where in positions else 0 for where in places}
    return len(read) == len(INPUTS) + 3 and stable == ends and all(ends[where] - at[where] <= 1 for where in places)


def changelogs() -> set[str]:
    return {name for name in INTERNAL if name.endswith("-changelog")}


def tables(access: KafkaAccess, prefix: str) -> dict[str, Any]:
    """The rows that are left; of the closed windows all results. A row that went away need not ever have been there."""
    found = {topic: access.found(f"{prefix}{topic}") for topic in OUTPUTS}
    last = {topic: {record.key: record.value for record in records} for topic, records in found.items()}
    rows = {topic: {key: value for key, value in of.items() if value is not None} for topic, of in last.items()}
    return {**rows, "closed": sorted((record.key, record.value) for record in found["closed"])}


@pytest.fixture
def java(tmp_path: Path) -> JavaStreams:
    folder = tmp_path / "java"
    folder.mkdir()
    return JavaStreams(SOURCE, folder)


@contextmanager
def running(java: JavaStreams, access: KafkaAccess, group: str, prefix: str = "") -> Iterator[None]:
    """A Java instance that is stopped when it has read everything."""
    instance = java.start(access.bootstrap, group, prefix)
    try:
        yield

        def done() -> bool:
            instance.check()
            return consumed(access, group)

        calls.until(done, f"see all input of {group} consumed", LONGEST_S)
        instance.stop()
    finally:
        instance.kill()


@pytest.mark.timeout(300)
def test_25_an_application_moves_from_java_to_headrace_and_back(access: KafkaAccess, java: JavaStreams) -> None:
    access.create(words=2, orders=2, customers=2)
    access.create(**{f"{prefix}{topic}": 2 for prefix in ("", "alone-") for topic in OUTPUTS})
    feed(access, 0)
    with running(java, access, "app"):
        pass
    feed(access, 1)
    restored = access.run(taken_over())
    assert restored.stores >= {"counts", "windows", "closing", "joined"}
    assert consumed(access, "app")
    feed(access, 2)
    with running(java, access, "app"):
        pass
    with running(java, access, "alone", "alone-"):
        pass
    assert tables(access, "") == tables(access, "alone-")
    assert {topic: len(rows) for topic, rows in tables(access, "").items()} == {
        "counts": 7,
        "windows": 65,
        "closed": 60,
        "joined": 6,
    }


@pytest.mark.timeout(300)
def test_25_kafka_s_reset_tool_finds_the_internal_topics(access: KafkaAccess, java: JavaStreams) -> None:
    access.create(words=2, orders=2, customers=2)
    feed(access, 0)
    access.run(taken_over())
    told = java.reset(access.bootstrap, "app", *INPUTS)
    assert {name for name in INTERNAL if f"app-{name}" in told} == INTERNAL
