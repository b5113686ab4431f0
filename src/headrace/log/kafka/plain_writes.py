"""Writing without transactions."""

from __future__ import annotations

from confluent_kafka import KafkaException, Producer

from headrace.core.identifiers import TopicPartition
from headrace.log.buffered_producer import Pending
from headrace.log.kafka.catalog import Catalog
from headrace.log.kafka.own_writes import OwnWrites
from headrace.log.kafka.producing import Delivery, Report, closed, produce, refused

_FLUSH_SLICE_S = 1.0


class PlainWrites:
    """Writes what a flush hands over: in order, and each record once, as long as no flush is repeated."""

    def __init__(self, producer: Producer, catalog: Catalog, own_writes: OwnWrites) -> None:
        self._producer = producer
        self._catalog = catalog
        self._own_writes = own_writes

    def __call__(self, pending: Pending) -> dict[TopicPartition, int]:
        """Writes all records; the offsets behind them. After an error some may have been written."""
        self._catalog.require(pending.records)
        delivery = Delivery()
        # Called per record from C: `setdefault` keeps the first message of each error, and of None.
        report: Report = delivery.failed.setdefault  # type: ignore[assignment]  # its result is not looked at
        for where, columns in pending.records.items():
            try:
                produce(self._producer, where, columns, delivery, report)
            except KafkaException as error:
                raise refused(error, where, columns) from None
        # Each record is delivered or fails within message.timeout.ms, so this ends; in slices, because of signals.
        while self._producer.flush(_FLUSH_SLICE_S):
            pass
        failure = delivery.failure(pending.records)
        if failure is not None:
            raise failure
        self._own_writes.wrote(delivery.ends)
        return delivery.ends

    def close(self) -> None:
        """Gives the producer up."""
        closed(self._producer)
