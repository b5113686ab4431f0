"""librdkafka's messages as columns, and what this process knows of its own commits."""

from __future__ import annotations

import pytest
from confluent_kafka import Message

from headrace.core.identifiers import TopicPartition
from headrace.log.kafka.batches import batch_of, by_partition
from headrace.log.kafka.own_writes import OwnWrites

A, B = TopicPartition("a", 0), TopicPartition("a", 1)


def message(where: TopicPartition, offset: int, headers: list[tuple[str, bytes | None]] | None = None) -> Message:
    return Message(where.topic, where.partition, offset, b"k%d" % offset, b"v%d" % offset, headers, None, (1, 10 * offset))


def test_messages_are_taken_apart_in_their_order() -> None:
    mixed = [message(A, 5), message(B, 0), message(A, 6), message(B, 1)]
    assert {where: [m.offset() for m in of] for where, of in by_partition(mixed).items()} == {A: [5, 6], B: [0, 1]}
    assert by_partition(mixed[::2]) == {A: mixed[::2]}


def test_columns_hold_what_the_messages_hold() -> None:
    batch = batch_of(A, [message(A, 3), message(A, 4)], 6)
    assert (batch.topic, batch.partition, batch.next_offset) == ("a", 0, 6)
    assert batch.offsets == range(3, 5)
    assert (batch.keys, batch.values, batch.timestamps) == ([b"k3", b"k4"], [b"v3", b"v4"], [30, 40])
    assert batch.headers is None


def test_offsets_with_gaps_are_listed() -> None:
    assert batch_of(A, [message(A, 3), message(A, 9)], 10).offsets == [3, 9]


def test_headers_are_there_for_all_as_soon_as_one_has_some() -> None:
    batch = batch_of(A, [message(A, 0), message(A, 1, [("h", b"x"), ("h", None)])], 2)
    assert batch.headers == [(), (("h", b"x"), ("h", None))]


def test_a_batch_without_records_moves_the_position() -> None:
    batch = batch_of(A, (), 8)
    assert (list(batch.offsets), batch.keys, batch.headers, batch.next_offset) == ([], [], None, 8)


def test_own_ends_count_until_a_broker_shows_them() -> None:
    own = OwnWrites()
    own.wrote({A: 5, B: 7})
    assert own.added_to({A: 4, B: 8}) == {A: 5, B: 8}
    assert own.added_to({A: 6}) == {A: 6}
    assert own.added_to({A: 0, B: 0}) == {A: 0, B: 0}
    own.wrote({A: 9})
    own.forget_topics(["a"])
    assert own.added_to({A: 0}) == {A: 0}


def test_own_ends_that_are_not_shown_for_long_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    own = OwnWrites()
    own.wrote({A: 5})
    monkeypatch.setattr("headrace.log.kafka.own_writes._LONGEST_S", 0.0)
    assert own.added_to({A: 4}) == {A: 4}
