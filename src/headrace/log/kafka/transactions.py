"""Writing in transactions.

A transaction begins when its commit is asked for, because everything was buffered until then: nothing of it holds up readers
while the application computes, and after an error it can be written once more from its beginning.

A client that brokers did not answer in time, or whose call does not return, is given up for a new one of the same transactional
id: after a broker's restart librdkafka (2.16) may look for its coordinator for ever. Beginning anew also ends what was left
open. Whether a commit without an answer had succeeded is then told by the positions that were part of it; and positions that
somebody else has moved meanwhile tell that another instance has taken over, which a new client must not undo.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import TopicPartition as KafkaPartition

from headrace.core.errors import HeadraceError, LogBusyError, LogError
from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import Position, RecordColumns
from headrace.log.buffered_producer import Pending
from headrace.log.kafka import failures
from headrace.log.kafka.calls import TIMEOUT_S
from headrace.log.kafka.guarded_client import GuardedClient, OverdueError
from headrace.log.kafka.parts import ClusterParts
from headrace.log.kafka.producing import Delivery, produce, refused
from headrace.observe.events import event_logger

_log = event_logger("kafka")
_CALL_S = 5.0
_BEGIN_S = 15.0
"""After that another client is tried: this one may never find its coordinator."""

_OVERDUE_S = 10.0
"""How long a call may take that was asked to take `_CALL_S` at the most."""

_BUSY = "the brokers are busy or away; look at the health of the transaction coordinator"


class _NewGenerationError(LogBusyError):
    """The same transaction succeeds a little later, with the same client."""


class _LostClientError(LogBusyError):
    """A call has not returned: its client cannot be asked for anything any more."""


class Transactions:
    """Writes what a commit hands over as one transaction.

    Args:
        make_client: Makes a transactional client that is not initialised yet.
        transactional_id: Its id; older producers of this id are fenced here.
        parts: The log's.

    Raises:
        LogBusyError: No coordinator answers in time.
    """

    def __init__(self, make_client: Callable[[], Producer], transactional_id: str, parts: ClusterParts) -> None:
        self._make_client = make_client
        self._id = transactional_id
        self._parts = parts
        self._in_doubt: tuple[Pending, Delivery] | None = None
        self._renew = False
        self._committed: dict[str, dict[TopicPartition, Position | None]] = {}
        self._client = GuardedClient(make_client())
        try:
            self._initialise()
        except BaseException:
            self._client.close()
            raise

    def __call__(self, pending: Pending) -> dict[TopicPartition, int]:
        """Writes and commits; the offsets behind the last records. After an error nothing was written, or it is in doubt."""
        try:
            if self._renew:
                self._begin_anew()
            delivery = self._settled(pending)
            if delivery is None:
                delivery = self._written(pending)
                self._commit(pending, delivery)
        except LogBusyError as error:
            self._renew = self._renew or not isinstance(error, _NewGenerationError)
            raise
        self._in_doubt = None
        self._parts.own_writes.wrote(delivery.ends)
        for group, positions in pending.positions.items():
            self._committed[group].update(positions)
        return delivery.ends

    def close(self) -> None:
        """Gives the client up; a transaction in doubt is left to the next one of this id, or to its time-out."""
        self._client.close()

    def _begin_anew(self) -> None:
        _log.warning("producer_renewed", transactional_id=self._id)
        self._client.close()
        self._client = GuardedClient(self._make_client())
        self._initialise()
        self._refuse_if_taken_over()
        self._renew = False

    def _refuse_if_taken_over(self) -> None:
        doubtful = self._in_doubt[0].positions if self._in_doubt is not None else {}
        for group, known in self._committed.items():
            if self._parts.group_clients.member(group) is not None:
                continue  # its coordinator will tell
            now, maybe = self._parts.groups.positions(group), doubtful.get(group, {})
            if any(now.get(where) not in (position, maybe.get(where, position)) for where, position in known.items()):
                raise faults.fenced(self._id)

    def _initialise(self) -> None:
        self._repeatedly(self._producer.init_transactions, f'begin with transactional id "{self._id}"', _BEGIN_S)

    def _settled(self, pending: Pending) -> Delivery | None:
        """The delivery of a commit in doubt if it turns out to have succeeded; None if there is something to write."""
        if self._in_doubt is None:
            return None
        doubtful, delivery = self._in_doubt
        groups = doubtful.positions
        committed = bool(groups) and all(
            self._parts.groups.positions(group).items() >= positions.items() for group, positions in groups.items()
        )
        if groups and not committed:
            self._in_doubt = None
            return None
        if doubtful is not pending or not groups:
            message = f'nobody knows whether the last transaction of "{self._id}" was committed: the brokers did not answer'
            raise LogError(message, hint="start anew from the committed positions")
        missing = [where for where in doubtful.records if where not in delivery.ends]
        delivery.ends.update(self._parts.offsets.ends(missing))
        return delivery

    def _written(self, pending: Pending) -> Delivery:
        self._parts.catalog.require([*pending.records, *(where for of in pending.positions.values() for where in of)])
        delivery = Delivery()
        self._call(self._producer.begin_transaction, "begin a transaction")
        try:
            for where, columns in pending.records.items():
                self._produce(where, columns, delivery)
            for group, positions in pending.positions.items():
                self._send_positions(group, positions)
        except _LostClientError:
            raise
        except BaseException as error:
            cause = self._cause() if isinstance(error, HeadraceError) else None
            self._abort()
            if cause is not None:
                raise self._refused(cause, pending, delivery) from None
            raise
        return delivery

    def _cause(self) -> KafkaError | None:
        """What failed the open transaction meanwhile, such as a record that a broker refused.

        The call during which that happens may only say that the state is wrong; the next one is told why.
        """
        try:
            self._producer.begin_transaction()
        except KafkaException as error:
            inner = failures.error_of(error)
            return inner if inner.txn_requires_abort() else None
        return None

    def _refused(self, cause: KafkaError, pending: Pending, delivery: Delivery) -> HeadraceError:
        """The error for a transaction that was aborted; reports of its records, which name a partition, have come by then."""
        named = delivery.failure(pending.records, cause)
        return named or self._translated(cause, f'commit a transaction of "{self._id}"')

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
        self._learn_positions(group, positions)
        metadata = self._parts.group_clients.metadata(group)

        def send(timeout_s: float) -> None:
            self._producer.send_offsets_to_transaction(entries, metadata, timeout_s)

        self._repeatedly(send, f'send positions of group "{group}"')

    def _learn_positions(self, group: str, partitions: Iterable[TopicPartition]) -> None:
        """What is committed before the first commit here."""
        known = self._committed.setdefault(group, {})
        if self._parts.group_clients.member(group) is not None:
            return  # where others take over, the group's coordinator tells
        if not known.keys() >= set(partitions):
            now = self._parts.groups.positions(group)
            known.update({where: now.get(where) for where in partitions if where not in known})

    def _commit(self, pending: Pending, delivery: Delivery) -> None:
        self._in_doubt = pending, delivery
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                self._in_time(self._producer.commit_transaction, f'commit a transaction of "{self._id}"')
            except KafkaException as error:
                inner = failures.error_of(error)
                if inner.retriable() and time.monotonic() < deadline:
                    continue
                if inner.txn_requires_abort():
                    self._in_doubt = None
                    self._abort()
                    raise self._refused(inner, pending, delivery) from None
                raised = self._translated(inner, f'commit a transaction of "{self._id}"')
                if not raised.retriable:
                    self._in_doubt = None
                raise raised from None
            else:
                return

    def _abort(self) -> None:
        """Aborts. If that fails, there is an error on its way already, and the next transaction needs a new client."""
        try:
            self._repeatedly(self._producer.abort_transaction, f'abort a transaction of "{self._id}"')
        except LogError as error:
            self._renew = True
            _log.warning("abort_failed", transactional_id=self._id, problem=error.message)

    def _repeatedly(self, step: Callable[[float], None], doing: str, timeout_s: float = TIMEOUT_S) -> None:
        """Repeats what librdkafka says can be repeated, until the time is up."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                self._in_time(step, doing)
            except KafkaException as error:
                if not failures.error_of(error).retriable() or time.monotonic() >= deadline:
                    raise self._translated(error, doing) from None
            else:
                return

    def _in_time(self, step: Callable[[float], None], doing: str) -> None:
        try:
            self._client.call(partial(step, _CALL_S), _OVERDUE_S)
        except OverdueError:
            message = f"cannot {doing}: the client did not return within {_OVERDUE_S:g} s"
            raise _LostClientError(message, hint=_BUSY) from None

    @property
    def _producer(self) -> Producer:
        return self._client.producer

    def _call(self, step: Callable[[], None], doing: str) -> None:
        try:
            step()
        except KafkaException as error:
            raise self._translated(error, doing) from None

    def _translated(self, error: KafkaException | KafkaError, doing: str) -> HeadraceError:
        inner = failures.error_of(error)
        if inner.code() in failures.FENCED:
            return faults.fenced(self._id)
        if inner.code() in failures.EXPELLED:
            return faults.expelled(", ".join(self._committed))
        if inner.code() in failures.NEW_GENERATION:
            message = f"cannot {doing}: the group has a new generation, which this member is about to hear of"
            return _NewGenerationError(message)
        if inner.retriable() or inner.code() in failures.BROKEN_TRANSACTION:
            message = f"cannot {doing}: {inner.str()} [{inner.name()}]"
            return LogBusyError(message, hint=_BUSY)
        return failures.translated(inner, doing)
