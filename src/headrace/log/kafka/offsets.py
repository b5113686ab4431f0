"""Offsets of partitions: first, end, by time; and giving up records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from confluent_kafka import IsolationLevel, KafkaError
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from headrace.core.errors import HeadraceError, LogBusyError
from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.kafka import failures
from headrace.log.kafka.calls import REQUEST_S, Patience, settled
from headrace.log.kafka.catalog import Catalog
from headrace.log.kafka.own_writes import OwnWrites

_EARLIEST: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
_LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
_NO_SUCH_RECORD = -1
"""A smaller one (-1001) is what librdkafka fills in for a partition whose leader is away, without an error."""

_LEADERLESS = frozenset({KafkaError._NOENT, *failures.UNKNOWN_TOPIC})


class Offsets:
    """Offsets of a cluster's partitions."""

    def __init__(self, client: AdminClient, catalog: Catalog, own_writes: OwnWrites, patience: Patience) -> None:
        self._client = client
        self._patience = patience
        self._catalog = catalog
        self._own_writes = own_writes

    def starts(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offsets that are still there."""
        return self._listed(dict.fromkeys(partitions, _EARLIEST))

    def ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The last stable offsets, or the ends of what was committed through this log where these are behind them."""
        return self._own_writes.added_to(self._listed(dict.fromkeys(partitions, _LATEST)))

    def high_watermarks(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offsets behind all records, those of open transactions included."""
        return self._listed(dict.fromkeys(partitions, _LATEST), IsolationLevel.READ_UNCOMMITTED)

    def by_time(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """The first offsets at or after times, the end where there is none."""
        found = self._listed({where: OffsetSpec.for_timestamp(at) for where, at in times.items()})
        late = [where for where, offset in found.items() if offset == _NO_SUCH_RECORD]
        return found | self.ends(late) if late else found

    def delete_before(self, before: Mapping[TopicPartition, int]) -> None:
        """Gives up records below offsets."""
        if before:
            self._catalog.require(before)
            self._patience.repeat(lambda: self._delete_before(before))

    def _delete_before(self, before: Mapping[TopicPartition, int]) -> None:
        wanted = [KafkaPartition(where.topic, where.partition, offset) for where, offset in before.items()]
        _, refused = settled(self._client.delete_records(wanted, request_timeout=REQUEST_S))
        for partition, error in refused.items():
            where = TopicPartition(partition.topic, partition.partition)
            if error.code() == KafkaError.OFFSET_OUT_OF_RANGE:
                raise faults.out_of_range(where, before[where], self.starts([where])[where], self.ends([where])[where])
            raise self._translated(error, f"delete records of {where}")

    def _translated(self, error: KafkaError, doing: str) -> HeadraceError:
        translated = failures.translated(error, doing)
        if translated.retriable:
            self._catalog.refresh_leaders()
        return translated

    def _listed(
        self, specs: Mapping[TopicPartition, OffsetSpec], isolation: IsolationLevel = IsolationLevel.READ_COMMITTED
    ) -> dict[TopicPartition, int]:
        if not specs:
            return {}
        self._catalog.require(specs)
        return self._patience.repeat(lambda: self._list(specs, isolation))

    def _list(self, specs: Mapping[TopicPartition, OffsetSpec], isolation: IsolationLevel) -> dict[TopicPartition, int]:
        asked = {KafkaPartition(where.topic, where.partition): spec for where, spec in specs.items()}
        answers, refused = settled(self._client.list_offsets(asked, isolation_level=isolation, request_timeout=REQUEST_S))
        for partition, error in refused.items():
            where = TopicPartition(partition.topic, partition.partition)
            if error.code() not in _LEADERLESS:
                raise self._translated(error, f"ask for offsets of {where}")
            self._catalog.forget([where.topic])
            self._catalog.require([where])  # raises if it is gone; else it is about to get a leader
            message = f"{where} has no leader"
            raise LogBusyError(message, hint="look at the health of the brokers")
        found = {TopicPartition(of.topic, of.partition): answer.offset for of, answer in answers.items()}
        for where, offset in found.items():
            if offset < _NO_SUCH_RECORD:
                self._catalog.refresh_leaders()
                message = f"nobody answers for the offsets of {where}"
                raise LogBusyError(message, hint="its leader is away; look at the health of the brokers")
        return found
