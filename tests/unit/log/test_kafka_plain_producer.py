"""The producer without transactions: what is handed over when, and what a failure does to it."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.core.errors import LogBusyError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import EagerProducer, RecordColumns
from headrace.log.kafka.plain_producer import PlainProducer
from headrace.log.kafka.plain_writes import Columns

A, B = TopicPartition("a", 0), TopicPartition("b", 0)


class Writes:
    """Notes the values that are handed over; the next `fails` calls of `finish` fail."""

    def __init__(self) -> None:
        self.handed: list[tuple[str, bytes | None]] = []
        self.fails = 0

    def begin(self, records: Columns) -> None:
        self.handed += [(where.topic, value) for where, parts in records.items() for part in parts for value in part.values]

    def finish(self, records: Columns) -> dict[TopicPartition, int]:
        if self.fails:
            self.fails -= 1
            message = "away"
            raise LogBusyError(message)
        return {where: len(self.handed) for where in records}

    def close(self) -> None:
        """Nothing to give up."""


@pytest.fixture
def writes() -> Writes:
    return Writes()


@pytest.fixture
def producer(writes: Writes) -> PlainProducer:
    made: Any = PlainProducer
    found: PlainProducer = made(writes)
    return found


def append(producer: PlainProducer, where: TopicPartition, value: bytes) -> None:
    producer.append(where.topic, where.partition, RecordColumns([1], [b"k"], [value]))


def test_it_can_begin_to_write_before_the_flush(producer: PlainProducer) -> None:
    assert isinstance(producer, EagerProducer)


def test_each_record_is_handed_over_once(producer: PlainProducer, writes: Writes) -> None:
    append(producer, A, b"1")
    producer.send()
    producer.send()
    append(producer, A, b"2")
    append(producer, B, b"3")
    producer.send()
    append(producer, A, b"4")
    assert producer.flush() == {A: 4, B: 4}
    assert writes.handed == [("a", b"1"), ("a", b"2"), ("b", b"3"), ("a", b"4")]
    assert producer.flush() == {}


def test_after_a_flush_that_failed_all_is_handed_over_once_more(producer: PlainProducer, writes: Writes) -> None:
    append(producer, A, b"1")
    producer.send()
    append(producer, A, b"2")
    writes.fails = 1
    with pytest.raises(LogBusyError):
        producer.flush()
    producer.flush()
    assert [value for _, value in writes.handed] == [b"1", b"2", b"1", b"2"]
