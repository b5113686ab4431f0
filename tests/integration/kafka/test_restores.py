"""What is restored, from which topic, and what its listeners are told."""

from __future__ import annotations

import shutil

from headrace import Consumed, Joined, Json, Materialized, StreamsBuilder, String, SystemClock, TopicPartition, Topology
from support.kafka_access import KafkaAccess

BASE = SystemClock().now_ms() // 100_000 * 100_000 - 3_600_000
KEYS = 100_000


class Calls:
    """Notes what a restore listener is told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, int]] = []

    def on_restore_start(self, _partition: TopicPartition, store: str, start: int, _end: int) -> None:
        self.told.append(("start", store, start))

    def on_batch_restored(self, _partition: TopicPartition, store: str, _position: int, restored: int) -> None:
        self.told.append(("batch", store, restored))

    def on_restore_end(self, _partition: TopicPartition, store: str, total: int) -> None:
        self.told.append(("end", store, total))

    def records(self) -> int:
        return sum(number for what, _, number in self.told if what == "batch")


def run(access: KafkaAccess, topology: Topology) -> Calls:
    calls = Calls()
    app = access.app(topology)
    app.on_restore(calls)
    app.run(until_end=True)
    return calls


def table() -> Topology:
    builder = StreamsBuilder()
    builder.table("in", Consumed(key=String(), value=Json(int)), Materialized("t"))
    return builder.build()


def test_21_listeners_follow_a_restore_from_nothing_and_an_orderly_restart_restores_nothing(
    access: KafkaAccess,
) -> None:
    access.create(**{"in": 1})
    access.write("in", [(f"k{n}", n, BASE + n % 1_000) for n in range(KEYS)])
    assert run(access, table()).records() == 0
    shutil.rmtree(access.folder / "state")
    calls = run(access, table())
    assert calls.told[0] == ("start", "t", 0)
    assert {what for what, _, _ in calls.told[1:-1]} == {"batch"}
    assert calls.told[-1] == ("end", "t", KEYS)
    assert calls.records() == KEYS
    assert run(access, table()).records() == 0


def optimised() -> Topology:
    builder = StreamsBuilder(optimize=["reuse.ktable.source.topics"])
    kept = builder.table("table", materialized=Materialized("t"))
    builder.stream("stream").left_join(kept, lambda left, right: [left, right], Joined()).to("out")
    return builder.build()


def test_23_an_optimised_table_has_no_changelog_and_is_restored_from_its_topic(access: KafkaAccess) -> None:
    access.create(stream=1, table=1, out=1)
    access.write("table", [("a", "t1", BASE), ("b", "t1", BASE + 1)])
    access.write("stream", [("a", 1, BASE + 5)])
    access.run(optimised())
    assert not [name for name in access.log.admin().partition_counts() if name.endswith("-changelog")]
    shutil.rmtree(access.folder / "state")
    access.write("table", [("a", "t2", BASE + 10)])
    access.write("stream", [("a", 2, BASE + 7), ("a", 3, BASE + 12), ("b", 4, BASE + 13)])
    assert run(access, optimised()).records() == 2
    assert access.read("out") == [("a", [1, "t1"]), ("a", [2, "t1"]), ("a", [3, "t2"]), ("b", [4, "t1"])]
