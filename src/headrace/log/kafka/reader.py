"""Reads committed records of a Kafka cluster."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as KafkaPartition

from headrace.core.errors import HeadraceError
from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import ReaderKind, RecordBatch
from headrace.log.kafka import failures
from headrace.log.kafka.batches import batch_of, by_partition
from headrace.log.kafka.catalog import Catalog
from headrace.log.kafka.offsets import Offsets
from headrace.log.kafka.settings import ClientSettings
from headrace.observe.events import event_logger

_LONGEST_WAIT_S = 1.0
"""librdkafka waits without looking at signals, so a long wait is taken in parts."""

_log = event_logger("kafka")


class KafkaReader:
    """A `Reader` over one consumer that belongs to no group: it reads what it is assigned.

    Partitions are served in the order in which fetches come back. Pausing a partition gives up what was fetched ahead of it.
    """

    def __init__(self, settings: ClientSettings, kind: ReaderKind, catalog: Catalog, offsets: Offsets) -> None:
        self._consumer = settings.consumer(kind, self._doubt_topics)
        self._catalog = catalog
        self._offsets = offsets
        self._known: set[str] = set()
        self._positions: dict[TopicPartition, int] = {}
        self._reached: dict[TopicPartition, int] = {}
        self._failure: HeadraceError | None = None
        self._topics_in_doubt = False
        self._closed = False

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        """Replaces the assignment."""
        self._catalog.require(positions)
        kept = (
            set() if self._failure is not None else {w for w, offset in positions.items() if self._positions.get(w) == offset}
        )
        self._forget(kept)
        fresh = [KafkaPartition(*where, offset) for where, offset in positions.items() if where not in kept]
        if fresh:
            self._learn_leaders({where.topic for where in positions} - self._known)
            self._consumer.incremental_assign(fresh)
        self._positions = dict(positions)
        self._failure = None

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        """Stops handing out records of partitions."""
        self._consumer.pause(self._found(partitions))

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        """Goes on with partitions."""
        self._consumer.resume(self._found(partitions))

    def poll(self, max_records: int, timeout_s: float) -> list[RecordBatch]:
        """The next batches; an empty one tells that a position has moved past control records or gaps."""
        if self._closed:
            raise faults.closed_reader()
        if self._topics_in_doubt:
            self._check_topics()
        batches = self._taken(self._consume(max_records, 0.0)) or self._passed()
        if batches or timeout_s <= 0:
            return batches
        deadline = time.monotonic() + timeout_s
        while not batches:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            # Only a wait for a single message ends as soon as there is one.
            messages = self._consume(1, min(left, _LONGEST_WAIT_S))
            if messages and max_records > 1:
                messages += self._consume(max_records - 1, 0.0)
            batches = self._taken(messages) or self._passed()
        return batches

    def position(self, partition: TopicPartition) -> int:
        """The offset that comes next."""
        self._found([partition])
        return self._positions[partition]

    def close(self) -> None:
        """Closes the consumer."""
        if not self._closed:
            self._closed = True
            self._positions = {}
            self._consumer.close()

    def _forget(self, kept: Collection[TopicPartition]) -> None:
        """Gives up all partitions but some, which go on with what was fetched ahead."""
        gone = [where for where in self._positions if where not in kept]
        if gone:
            self._consumer.resume([KafkaPartition(*where) for where in gone])  # or they would come back paused
            self._consumer.incremental_unassign([KafkaPartition(*where) for where in gone])
        self._positions = {where: self._positions[where] for where in kept}
        self._reached = {where: offset for where, offset in self._reached.items() if where in kept}

    def _learn_leaders(self, topics: Collection[str]) -> None:
        """Asks who leads topics that are new here: by itself the consumer (librdkafka 2.16) does so once per second only."""
        for topic in topics:
            try:
                self._consumer.list_topics(topic, _LONGEST_WAIT_S)
            except KafkaException as error:
                _log.debug("leaders_unknown", topic=topic, problem=failures.text_of(error))
                return  # the consumer goes on asking
            self._known.add(topic)

    def _doubt_topics(self) -> None:
        self._topics_in_doubt = True

    def _check_topics(self) -> None:
        self._topics_in_doubt = False
        self._catalog.forget({where.topic for where in self._positions})
        self._catalog.require(self._positions)

    def _consume(self, count: int, timeout_s: float) -> list[Message]:
        try:
            return self._consumer.consume(count, timeout_s)
        except KafkaException as error:
            raise failures.translated(error, "read records") from None

    def _taken(self, messages: list[Message]) -> list[RecordBatch]:
        self._raise_failure()
        if not messages:
            return []
        reports: list[Message] = []
        if any(map(Message.error, messages)):
            reports = [message for message in messages if message.error() is not None]
            messages = [message for message in messages if message.error() is None]
        apart: dict[TopicPartition, Sequence[Message]] = by_partition(messages) if messages else {}
        self._note(reports)
        batches = [self._batch(where, of) for where, of in apart.items() if where in self._positions]
        if not batches:
            self._raise_failure()
        return batches

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _batch(self, where: TopicPartition, messages: Sequence[Message]) -> RecordBatch:
        at = self._consumer.position([KafkaPartition(where.topic, where.partition)])[0].offset
        position = self._positions[where] = max((messages[-1].offset() or 0) + 1, at, self._reached.get(where, 0))
        return batch_of(where, messages, position)

    def _passed(self) -> list[RecordBatch]:
        """Batches without records for partitions that have moved on: behind control records, or to an end behind a gap."""
        batches = []
        for at in self._consumer.position([KafkaPartition(*where) for where in self._positions]):
            where = TopicPartition(at.topic, at.partition)
            position = max(at.offset, self._reached.get(where, 0))
            if position > self._positions[where]:
                self._positions[where] = position
                batches.append(batch_of(where, (), position))
        return batches

    def _note(self, reports: Iterable[Message]) -> None:
        """Keeps ends that were reached, and a failure, so that the records before it are handed out first."""
        for report in reports:
            error = report.error()
            assert error is not None
            if error.code() == KafkaError._PARTITION_EOF:
                self._reached[TopicPartition(str(report.topic()), report.partition() or 0)] = report.offset() or 0
            elif failures.is_temporary(error) and error.code() not in failures.UNKNOWN_TOPIC:
                _log.warning("read_repeated", problem=error.str())
            else:
                self._failure = self._translated(report, error)

    def _translated(self, report: Message, error: KafkaError) -> HeadraceError:
        if report.topic() is None:
            return failures.translated(error, "read records")
        where = TopicPartition(str(report.topic()), report.partition() or 0)
        if error.code() in failures.OUT_OF_RANGE:
            start, end = self._offsets.starts([where])[where], self._offsets.ends([where])[where]
            return faults.out_of_range(where, report.offset() or 0, start, end)
        if error.code() in failures.UNKNOWN_TOPIC:
            return faults.unknown_topic(where.topic)
        return failures.translated(error, f"read {where}")

    def _found(self, partitions: Iterable[TopicPartition]) -> list[KafkaPartition]:
        found = []
        for where in partitions:
            if where not in self._positions:
                raise faults.not_assigned(where)
            found.append(KafkaPartition(where.topic, where.partition))
        return found
