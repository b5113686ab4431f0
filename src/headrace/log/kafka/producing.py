"""Handing columns of records to librdkafka, and finding out at which offsets they came to lie."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice, repeat

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from headrace.core.errors import HeadraceError
from headrace.core.identifiers import TopicPartition
from headrace.core.records import Headers
from headrace.log import faults
from headrace.log.api import RecordColumns
from headrace.log.kafka import failures
from headrace.observe.events import event_logger

_log = event_logger("kafka")
_QUEUE_FULL_WAIT_S = 0.1
_EARLIEST_MS = 1
"""librdkafka takes the timestamp 0 for "now", so records of the first millisecond of 1970 are sent as of the second."""

Report = Callable[[KafkaError | None, Message], None]
HeaderList = list[tuple[str, str | bytes | None]]
Row = tuple[bytes | None, bytes | None, int, HeaderList | None]


class Delivery:
    """What became of the records of one transaction or flush."""

    def __init__(self) -> None:
        self.ends: dict[TopicPartition, int] = {}
        self.failed: dict[KafkaError | None, Message] = {}

    def last(self, error: KafkaError | None, message: Message) -> None:
        """The report of a partition's last record: a partition keeps the order, so it gives the end of all."""
        if error is None:
            where = TopicPartition(str(message.topic()), message.partition() or 0)
            self.ends[where] = (message.offset() or 0) + 1
        else:
            self.failed[error] = message

    def failure(
        self, records: Mapping[TopicPartition, Sequence[RecordColumns]], cause: KafkaError | None = None
    ) -> HeadraceError | None:
        """The error to raise, if a record was not delivered. It names the partition.

        Args:
            records: What was to be written.
            cause: What a commit failed with: only reports of that error count. Where it says no more than that records were not
                delivered, those count that would not be delivered the next time either.
        """
        for error, message in self.failed.items():
            if error is not None and (cause is None or _explains(error, cause)):
                where = TopicPartition(str(message.topic()), message.partition() or 0)
                return refused(error, where, records.get(where, ()))
        return None


def _explains(error: KafkaError, cause: KafkaError) -> bool:
    undelivered = cause.code() == KafkaError._INCONSISTENT
    return error.code() not in failures.PASSING if undelivered else error.code() == cause.code()


def produce(
    producer: Producer, where: TopicPartition, columns: Sequence[RecordColumns], delivery: Delivery, report: Report | None
) -> None:
    """Hands all records of one partition over. Waits where librdkafka's queue is full.

    Args:
        producer: Whom to give them.
        where: Their partition.
        columns: The records.
        delivery: Told of the last record.
        report: Called for each of the others; None saves the call. Should be a C function.

    Raises:
        KafkaException: librdkafka does not take them.
    """
    count = sum(len(of.timestamps) for of in columns)
    rows = chain.from_iterable(map(_rows, columns))
    topic, partition = where
    # By position, because names cost as much as the rest of the call. None is the alias `on_delivery` of `callback`.
    send = producer.produce
    for value, key, timestamp, headers in islice(rows, count - 1):
        try:
            send(topic, value, key, partition, report, None, timestamp or _EARLIEST_MS, headers)
        except BufferError:
            _retry(producer, topic, value, key, partition, report, timestamp or _EARLIEST_MS, headers)
    value, key, timestamp, headers = next(rows)
    _retry(producer, topic, value, key, partition, delivery.last, timestamp or _EARLIEST_MS, headers)


def _retry(
    producer: Producer,
    topic: str,
    value: bytes | None,
    key: bytes | None,
    partition: int,
    report: Report | None,
    timestamp: int,
    headers: HeaderList | None,
) -> None:
    while True:
        try:
            producer.produce(topic, value, key, partition, report, None, timestamp, headers)
        except BufferError:
            # Comes to an end: what waits there is delivered, or fails after its time-out.
            producer.poll(_QUEUE_FULL_WAIT_S)
        else:
            return


def _rows(columns: RecordColumns) -> Iterator[Row]:
    headers = repeat(None) if columns.headers is None else map(_listed, columns.headers)
    return zip(columns.values, columns.keys, columns.timestamps, headers, strict=False)


def _listed(headers: Headers) -> HeaderList | None:
    return list(headers) if headers else None


def refused(error: KafkaException | KafkaError, where: TopicPartition, columns: Sequence[RecordColumns]) -> HeadraceError:
    """The error for records that a broker did not take."""
    inner = failures.error_of(error)
    if inner.code() == KafkaError.INVALID_RECORD and any(None in of.keys for of in columns):
        return faults.keyless_record(where)
    return failures.translated(inner, f"write to {where}")


def told(producer: Producer) -> None:
    """Takes the reports that have come. What has ended the producer for good is raised among them, once, and told elsewhere."""
    while True:
        try:
            producer.poll(0)
        except KafkaException as error:
            _log.debug("producer_failed", problem=failures.text_of(error))
        else:
            return


def closed(producer: Producer) -> None:
    """Closes a producer, which aborts its transaction. One that was fenced says so once more, which its user knows already."""
    try:
        with warnings.catch_warnings():
            # An abort that fails is a warning there; the next producer of the id, or the time-out, ends the transaction.
            warnings.simplefilter("ignore", RuntimeWarning)
            producer.close()
    except KafkaException as error:
        _log.debug("producer_closed", problem=failures.text_of(error))
