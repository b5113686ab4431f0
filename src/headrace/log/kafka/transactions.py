"""Writing in transactions.

A transaction begins when its commit is asked for, because everything was buffered until then: nothing of it holds up readers
while the application computes, and after an error it can be written once more from its beginning.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import TopicPartition as KafkaPartition

from headrace.core.errors import HeadraceError, LogBusyError, LogError
from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import Position, RecordColumns
from headrace.log.buffered_producer import Pending
from headrace.log.kafka import failures
from headrace.log.kafka.calls import TIMEOUT_S
from headrace.log.kafka.catalog import Catalog
from headrace.log.kafka.group_metadata import GroupMetadata
from headrace.log.kafka.own_writes import OwnWrites
from headrace.log.kafka.producing import Delivery, closed, produce, refused
from headrace.observe.events import event_logger

_log = event_logger("kafka")
_CALL_S = 5.0
_BUSY = "the brokers are busy or away; look at the health of the transaction coordinator"


class Transactions:
    """Writes what a commit hands over as one transaction.

    Args:
        producer: A transactional one, not yet initialised; older ones of its id are fenced here.

    Raises:
        LogBusyError: No coordinator answers in time.
    """

    def __init__(
        self, producer: Producer, transactional_id: str, catalog: Catalog, groups: GroupMetadata, own_writes: OwnWrites
    ) -> None:
        self._producer = producer
        self._id = transactional_id
        self._catalog = catalog
        self._groups = groups
        self._own_writes = own_writes
        self._in_doubt: tuple[Pending, Delivery] | None = None
        self._repeatedly(producer.init_transactions, f'begin with transactional id "{transactional_id}"')

    def __call__(self, pending: Pending) -> dict[TopicPartition, int]:
        """Writes and commits; the offsets behind the last records. After an error nothing was written, or it is in doubt."""
        delivery = self._taken_up(pending)
        if delivery is None:
            delivery = self._written(pending)
        self._in_doubt = pending, delivery
        self._commit(pending, delivery)
        self._in_doubt = None
        self._own_writes.wrote(delivery.ends)
        for group, positions in pending.positions.items():
            self._own_writes.moved(group, positions)
        return delivery.ends

    def close(self) -> None:
        """Gives the producer up; an open transaction is left to the next one of this id, or to its time-out."""
        closed(self._producer)

    def _taken_up(self, pending: Pending) -> Delivery | None:
        """What was produced for a commit whose answer never came: it may have succeeded, so it must not be written again."""
        if self._in_doubt is None:
            return None
        doubtful, delivery = self._in_doubt
        if doubtful is not pending:
            message = f'nobody knows whether the last transaction of "{self._id}" was committed: the brokers did not answer'
            raise LogError(message, hint="start anew: the next producer of this id settles it")
        return delivery

    def _written(self, pending: Pending) -> Delivery:
        self._catalog.require([*pending.records, *(where for of in pending.positions.values() for where in of)])
        delivery = Delivery()
        self._call(self._producer.begin_transaction, "begin a transaction")
        try:
            for where, columns in pending.records.items():
                self._produce(where, columns, delivery)
            for group, positions in pending.positions.items():
                self._send_positions(group, positions)
        except BaseException:
            self._abort()
            raise
        return delivery

    def _produce(self, where: TopicPartition, columns: Sequence[RecordColumns], delivery: Delivery) -> None:
        try:
            produce(self._producer, where, columns, delivery, None)
        except KafkaException as error:
            if failures.error_of(error).code() in failures.FENCED:
                raise faults.fenced(self._id) from None
            raise refused(error, where, columns) from None

    def _send_positions(self, group: str, positions: Mapping[TopicPartition, Position]) -> None:
        entries = [
            KafkaPartition(where.topic, where.partition, position.offset, position.metadata)
            for where, position in positions.items()
        ]
        metadata = self._groups.of(group)

        def send(timeout_s: float) -> None:
            self._producer.send_offsets_to_transaction(entries, metadata, timeout_s)

        self._repeatedly(send, f'send positions of group "{group}"')

    def _commit(self, pending: Pending, delivery: Delivery) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                self._producer.commit_transaction(_CALL_S)
            except KafkaException as error:
                inner = failures.error_of(error)
                if inner.retriable() and time.monotonic() < deadline:
                    continue
                doing = f'commit a transaction of "{self._id}"'
                if inner.retriable():  # the outcome is open, and only another commit can tell
                    message = f"cannot {doing}: {inner.str()}"
                    raise LogBusyError(message, hint=_BUSY) from None
                self._in_doubt = None
                raised = delivery.failure(pending.records, inner) or self._translated(inner, doing)
                if not inner.fatal():
                    self._abort()
                raise raised from None
            else:
                return

    def _abort(self) -> None:
        """Aborts. If that fails there is an error on its way already, and the next transaction cannot begin."""
        try:
            self._repeatedly(self._producer.abort_transaction, f'abort a transaction of "{self._id}"')
        except LogError as error:
            _log.warning("abort_failed", transactional_id=self._id, problem=error.message)

    def _repeatedly(self, step: Callable[[float], None], doing: str) -> None:
        """Repeats what librdkafka says can be repeated, until the time is up."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                step(_CALL_S)
            except KafkaException as error:
                if not failures.error_of(error).retriable() or time.monotonic() >= deadline:
                    raise self._translated(error, doing) from None
            else:
                return

    def _call(self, step: Callable[[], None], doing: str) -> None:
        try:
            step()
        except KafkaException as error:
            raise self._translated(error, doing) from None

    def _translated(self, error: KafkaException | KafkaError, doing: str) -> HeadraceError:
        inner = failures.error_of(error)
        return faults.fenced(self._id) if inner.code() in failures.FENCED else failures.translated(inner, doing)
