"""Topics, partitions and groups: the same on every log."""

from __future__ import annotations

import pytest
from log_bench import Bench

from headrace.core.errors import (
    ConfigurationError,
    OffsetOutOfRangeError,
    TopicExistsError,
    TopologyError,
    UnknownTopicError,
)
from headrace.core.identifiers import TopicPartition
from headrace.log.api import NewTopic, Position, TopicConfig, TopicDescription


def test_describes_a_topic_as_it_was_made(bench: Bench) -> None:
    config = TopicConfig(
        cleanup="compact,delete", retention_ms=5, retention_bytes=6, min_compaction_lag_ms=7, extra=(("a", "b"),)
    )
    bench.topic("orders", 3, config)
    assert bench.admin.topics() == {"orders": TopicDescription("orders", 3, config)}


def test_making_a_topic_again_leaves_it_alone(bench: Bench) -> None:
    orders = bench.topic("orders")
    bench.write(orders, (b"k", b"v"))
    bench.topic("orders")
    assert bench.values(orders) == [b"v"]


def test_refuses_another_partition_count_and_makes_nothing(bench: Bench) -> None:
    bench.topic("orders", 2)
    with pytest.raises(TopicExistsError, match="exists with 2 partitions, not 3"):
        bench.admin.create_topics([NewTopic("new", 1), NewTopic("orders", 3)])
    assert list(bench.admin.topics()) == ["orders"]


@pytest.mark.parametrize("name", ["", "..", "a/b", "x" * 250])
def test_refuses_illegal_topic_names(bench: Bench, name: str) -> None:
    with pytest.raises(TopologyError):
        bench.topic(name)


@pytest.mark.parametrize("config", [TopicConfig(cleanup="compress"), TopicConfig(extra=(("delete.retention.ms", "soon"),))])
def test_refuses_wrong_topic_settings(bench: Bench, config: TopicConfig) -> None:
    with pytest.raises(ConfigurationError, match="orders"):
        bench.topic("orders", 1, config)


def test_refuses_a_topic_without_partitions(bench: Bench) -> None:
    with pytest.raises(ConfigurationError, match="at least one"):
        bench.topic("orders", 0)


def test_deletes_a_topic_with_records_and_positions(bench: Bench) -> None:
    orders = bench.topic("orders")
    bench.write(orders, (b"k", b"v"))
    bench.admin.set_positions("g", {orders: Position(1)})
    bench.admin.delete_topics(["orders"])
    assert bench.admin.topics() == {}
    assert bench.admin.groups() == []
    bench.topic("orders")
    assert bench.end(orders) == 0


def test_deletes_no_topic_if_one_is_unknown(bench: Bench) -> None:
    bench.topic("orders")
    with pytest.raises(UnknownTopicError, match="missing"):
        bench.admin.delete_topics(["orders", "missing"])
    assert list(bench.admin.topics()) == ["orders"]


def test_adds_partitions_and_never_takes_any(bench: Bench) -> None:
    bench.topic("orders", 2)
    bench.admin.add_partitions("orders", 3)
    assert bench.write(TopicPartition("orders", 2), (b"k", b"v")) == 1
    with pytest.raises(TopicExistsError, match="cannot shrink to 1"):
        bench.admin.add_partitions("orders", 1)
    with pytest.raises(UnknownTopicError):
        bench.admin.add_partitions("missing", 1)


def test_offsets_of_unknown_partitions_are_an_error(bench: Bench) -> None:
    bench.topic("orders", 2)
    with pytest.raises(UnknownTopicError, match="no partition 2: it has 2"):
        bench.admin.end_offsets([TopicPartition("orders", 2)])
    with pytest.raises(UnknownTopicError):
        bench.admin.start_offsets([TopicPartition("missing", 0)])


def test_delete_records_moves_the_start_within_a_batch(bench: Bench) -> None:
    orders = bench.topic("orders")
    bench.write(orders, *((b"k", b"%d" % i) for i in range(10)))
    bench.admin.delete_records({orders: 4})
    assert (bench.start(orders), bench.end(orders)) == (4, 10)
    assert [row[0] for row in bench.rows(orders)] == [4, 5, 6, 7, 8, 9]
    bench.admin.delete_records({orders: 2})
    assert bench.start(orders) == 4


def test_delete_records_empties_a_partition_but_not_past_its_end(bench: Bench) -> None:
    orders = bench.topic("orders")
    bench.write(orders, (b"k", b"a"), (b"k", b"b"))
    bench.admin.delete_records({orders: 2})
    assert bench.values(orders) == []
    assert bench.write(orders, (b"k", b"c")) == 3
    assert bench.values(orders) == [b"c"]
    with pytest.raises(OffsetOutOfRangeError):
        bench.admin.delete_records({orders: 4})


def test_finds_offsets_by_time_in_order_of_offsets(bench: Bench) -> None:
    orders = bench.topic("orders")
    for at in (10, 30, 20, 40):
        bench.write(orders, (b"k", b"v"), at=at)
    for at, offset in ((0, 0), (10, 0), (11, 1), (30, 1), (31, 3), (41, 4)):
        assert bench.admin.offsets_for_times({orders: at}) == {orders: offset}
    bench.admin.delete_records({orders: 2})
    assert bench.admin.offsets_for_times({orders: 0}) == {orders: 2}


def test_positions_keep_metadata_and_can_be_forgotten(bench: Bench) -> None:
    a, b = bench.topic("a"), bench.topic("b")
    bench.admin.set_positions("g", {a: Position(3, "meta"), b: Position(4)})
    bench.admin.set_positions("g", {a: Position(5, "more")})
    assert bench.admin.positions("g") == {a: Position(5, "more"), b: Position(4)}
    bench.admin.set_positions("g", {a: None})
    assert bench.admin.positions("g") == {b: Position(4)}
    bench.admin.set_positions("g", {b: None})
    assert bench.admin.groups() == []
    assert bench.admin.positions("g") == {}


def test_positions_of_unknown_topics_are_refused(bench: Bench) -> None:
    missing = TopicPartition("missing", 0)
    with pytest.raises(UnknownTopicError):
        bench.admin.set_positions("g", {missing: Position(1)})
    bench.admin.set_positions("g", {missing: None})
    assert bench.admin.groups() == []
