"""Writing without transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaException, Producer

from headrace.core.identifiers import TopicPartition
from headrace.log.api import RecordColumns
from headrace.log.kafka import failures
from headrace.log.kafka.catalog import Catalog
from headrace.log.kafka.own_writes import OwnWrites
from headrace.log.kafka.producing import Delivery, Report, closed, produce, refused, told

_FLUSH_SLICE_S = 1.0

Columns = Mapping[TopicPartition, Sequence[RecordColumns]]


class PlainWrites:
    """Writes records in order, and each of them once, as long as nothing fails."""

    def __init__(self, producer: Producer, catalog: Catalog, own_writes: OwnWrites) -> None:
        self._producer = producer
        self._catalog = catalog
        self._own_writes = own_writes
        self._delivery = Delivery()

    def begin(self, records: Columns) -> None:
        """Hands records over. After an error some of them may be written."""
        self._catalog.require(records)
        # Called per record from C: `setdefault` keeps the first message of each error, and of None.
        report: Report = self._delivery.failed.setdefault  # type: ignore[assignment]  # its result is not looked at
        for where, columns in records.items():
            try:
                produce(self._producer, where, columns, self._delivery, report)
            except KafkaException as error:
                raise refused(error, where, columns) from None
        told(self._producer)

    def finish(self, records: Columns) -> dict[TopicPartition, int]:
        """Waits until all that was handed over (`records`, for messages) is written; the offsets behind it.

        After an error some may have been written.
        """
        # Each record is delivered or fails within message.timeout.ms, so this ends; in slices, because of signals.
        try:
            while self._producer.flush(_FLUSH_SLICE_S):
                pass
        except KafkaException as error:  # what has ended the producer for good
            raise failures.translated(error, "write records") from None
        delivery, self._delivery = self._delivery, Delivery()
        failure = delivery.failure(records)
        if failure is not None:
            raise failure
        self._own_writes.wrote(delivery.ends)
        return delivery.ends

    def close(self) -> None:
        """Gives the producer up."""
        closed(self._producer)
