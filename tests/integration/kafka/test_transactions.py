"""Transactions whose commit is not answered in time, and what `own` and closing promise."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any, ClassVar

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Producer as KafkaProducer

from headrace import SystemClock, TopicPartition
from headrace.core.errors import FencedError, LogBusyError, LogError
from headrace.log.api import Position, RecordColumns
from headrace.log.buffered_producer import BufferedProducer
from headrace.log.kafka.transactions import Transactions
from support.kafka_access import KafkaAccess

OUT = TopicPartition("out", 0)
NOW = SystemClock().now_ms()


class Hasty(KafkaProducer):
    """Gives up the first commit as librdkafka does when its time is up: the transaction is open, and may still be committed."""

    hurries = 1

    def commit_transaction(self, timeout: float = -1) -> None:
        if Hasty.hurries:
            Hasty.hurries -= 1
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer in time", retriable=True))
        super().commit_transaction(timeout)


class Fenced(Hasty):
    """Tells with its reports that it has been fenced, as librdkafka does when brokers ended its transaction meanwhile."""

    tells = 1

    def poll(self, timeout: float = -1) -> int:
        if Fenced.tells:
            Fenced.tells -= 1
            raise KafkaException(KafkaError(KafkaError._FENCED, "fenced by a newer instance", fatal=True))
        return super().poll(timeout)


@pytest.fixture
def hasty(access: KafkaAccess, monkeypatch: pytest.MonkeyPatch) -> Iterator[BufferedProducer]:
    access.create(out=1)
    client = {"bootstrap.servers": access.bootstrap, "transactional.id": "t"}
    writes = Transactions(lambda: Hasty(client), "t", access.log._parts)
    monkeypatch.setattr(Hasty, "hurries", 1)
    monkeypatch.setattr("headrace.log.kafka.transactions.TIMEOUT_S", 0.0)
    yield BufferedProducer(writes, transactional=True)
    writes.close()


def begun(producer: BufferedProducer, value: bytes) -> None:
    producer.begin()
    producer.append("out", 0, RecordColumns([NOW], [b"k"], [value]))
    producer.send_positions("g", {OUT: Position(7)})


def test_a_commit_without_an_answer_is_repeated_until_it_is_there_once(access: KafkaAccess, hasty: BufferedProducer) -> None:
    begun(hasty, b"v")
    with pytest.raises(LogBusyError, match='commit a transaction of "t"'):
        hasty.commit()
    (end,) = hasty.commit().values()
    (found,) = access.found("out")
    assert (found.value, end) == (b"v".hex(), found.offset + 1)
    assert access.log.admin().positions("g") == {OUT: Position(7)}


def test_a_client_that_was_fenced_by_the_end_of_its_transaction_is_replaced_as_well(
    access: KafkaAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    access.create(out=1)
    monkeypatch.setattr(Hasty, "hurries", 1)
    monkeypatch.setattr(Fenced, "tells", 1)
    monkeypatch.setattr("headrace.log.kafka.transactions.TIMEOUT_S", 0.0)
    client = {"bootstrap.servers": access.bootstrap, "transactional.id": "t"}
    writes = Transactions(lambda: Fenced(client), "t", access.log._parts)
    producer = BufferedProducer(writes, transactional=True, give_up=writes.close)
    begun(producer, b"v")
    with pytest.raises(LogBusyError):
        producer.commit()
    producer.commit()
    assert Fenced.tells == 0
    assert [found.value for found in access.found("out")] == [b"v".hex()]
    producer.close()


def test_a_commit_without_an_answer_that_has_succeeded_is_not_written_again(
    access: KafkaAccess, hasty: BufferedProducer
) -> None:
    begun(hasty, b"v")
    with pytest.raises(LogBusyError):
        hasty.commit()
    hasty._committer._producer.commit_transaction(10)  # type: ignore[attr-defined]  # the brokers get round to it
    assert access.log.admin().positions("g") == {OUT: Position(7)}
    assert hasty.commit()[OUT] in (1, 2)  # behind the record, or behind its marker
    assert access.uncommitted("out") == 1
    assert [found.value for found in access.found("out")] == [b"v".hex()]


def test_after_a_commit_that_succeeded_without_an_answer_another_transaction_is_refused(
    access: KafkaAccess, hasty: BufferedProducer
) -> None:
    begun(hasty, b"in doubt")
    with pytest.raises(LogBusyError):
        hasty.commit()
    hasty._committer._producer.commit_transaction(10)  # type: ignore[attr-defined]
    hasty.abort()
    begun(hasty, b"another")
    with pytest.raises(LogError, match="nobody knows") as caught:
        hasty.commit()
    assert not caught.value.retriable
    assert [found.value for found in access.found("out")] == [b"in doubt".hex()]


def test_a_producer_that_begins_anew_does_not_push_aside_who_has_taken_over(
    access: KafkaAccess, hasty: BufferedProducer
) -> None:
    begun(hasty, b"v")
    with pytest.raises(LogBusyError):
        hasty.commit()
    successor = access.log.producer("t")
    successor.begin()
    successor.send_positions("g", {OUT: Position(9)})
    successor.commit()
    successor.close()
    with pytest.raises(FencedError, match='"t" was fenced'):
        hasty.commit()
    assert access.log.admin().positions("g") == {OUT: Position(9)}


class Stuck(KafkaProducer):
    """Does not come back from the first call that ends a transaction or sends positions, whatever its time-out."""

    sticks: ClassVar[set[str]] = set()
    released = Event()

    def _stick(self, call: str) -> None:
        if call in Stuck.sticks:
            Stuck.sticks.discard(call)
            Stuck.released.wait()

    def send_offsets_to_transaction(self, *arguments: Any) -> None:
        self._stick("send positions")
        super().send_offsets_to_transaction(*arguments)

    def commit_transaction(self, timeout: float = -1) -> None:
        self._stick("commit")
        super().commit_transaction(timeout)


@pytest.mark.parametrize("call", ["send positions", "commit"])
def test_a_client_whose_call_does_not_return_is_replaced(
    access: KafkaAccess, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    access.create(out=1)
    monkeypatch.setattr(Stuck, "sticks", {call})
    monkeypatch.setattr(Stuck, "released", Event())
    client = {"bootstrap.servers": access.bootstrap, "transactional.id": "t"}
    writes = Transactions(lambda: Stuck(client), "t", access.log._parts)
    monkeypatch.setattr("headrace.log.kafka.transactions._OVERDUE_S", 0.5)
    producer = BufferedProducer(writes, transactional=True, give_up=writes.close)
    begun(producer, b"v")
    with pytest.raises(LogBusyError, match=f"cannot {call} .*did not return within"):
        producer.commit()
    monkeypatch.setattr("headrace.log.kafka.transactions._OVERDUE_S", 30.0)
    producer.commit()
    Stuck.released.set()
    producer.close()
    assert [found.value for found in access.found("out")] == [b"v".hex()]
    assert access.log.admin().positions("g") == {OUT: Position(7)}


class Late(KafkaProducer):
    """Sends positions when brokers have already refused a record."""

    says_why = True

    def send_offsets_to_transaction(self, *arguments: Any) -> None:
        self.flush(10)
        if not self.says_why:  # as when the refusal comes during the call
            raise KafkaException(KafkaError(KafkaError._STATE))
        super().send_offsets_to_transaction(*arguments)


@pytest.mark.parametrize("says_why", [True, False])
def test_a_record_that_is_refused_before_the_commit_is_told_with_its_partition(
    access: KafkaAccess, monkeypatch: pytest.MonkeyPatch, says_why: bool
) -> None:
    monkeypatch.setattr(Late, "says_why", says_why)
    access.create(out=1)
    client = {"bootstrap.servers": access.bootstrap, "transactional.id": "t"}
    writes = Transactions(lambda: Late(client), "t", access.log._parts)
    producer = BufferedProducer(writes, transactional=True, give_up=writes.close)
    producer.begin()
    producer.append("out", 0, RecordColumns([NOW + 86_400_000], [b"k"], [b"from tomorrow"]))
    producer.send_positions("g", {OUT: Position(7)})
    with pytest.raises(LogError, match=r"cannot write to out-0: .*INVALID_TIMESTAMP") as caught:
        producer.commit()
    assert not caught.value.retriable
    producer.close()
    assert access.log.admin().positions("g") == {}


def test_nobody_waits_for_a_transaction_that_somebody_else_has_left_open(access: KafkaAccess) -> None:
    access.create(out=1)
    other = KafkaProducer({"bootstrap.servers": access.bootstrap, "transactional.id": "halted"})
    other.init_transactions(10)
    other.begin_transaction()
    other.produce("out", b"v", b"k")
    other.flush(10)
    own = access.log.producer("t")
    own.begin()
    own.append("out", 0, RecordColumns([NOW], [b"k"], [b"v"]))
    assert own.commit() == {OUT: 2}
    assert access.log.admin().end_offsets([OUT]) == {OUT: 2}
    other.abort_transaction(10)  # was open all the time
    own.close()


def test_several_may_own_an_application_id(access: KafkaAccess) -> None:
    with access.log.own("app"), access.log.own("app"):
        pass


def test_more_records_than_librdkafka_s_queue_holds_are_written(access: KafkaAccess) -> None:
    access.create(out=1)
    small = {"bootstrap.servers": access.bootstrap, "transactional.id": "t", "queue.buffering.max.messages": 100}
    writes = Transactions(lambda: KafkaProducer(small), "t", access.log._parts)
    producer = BufferedProducer(writes, transactional=True, give_up=writes.close)
    producer.begin()
    producer.append("out", 0, RecordColumns([NOW] * 1_000, [b"k"] * 1_000, [b"%d" % n for n in range(1_000)]))
    assert producer.commit() == {OUT: 1_000}
    producer.close()
    assert [int(bytes.fromhex(found.value or "")) for found in access.found("out")] == list(range(1_000))
