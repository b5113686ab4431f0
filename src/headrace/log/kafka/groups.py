"""Groups and their committed positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient

from headrace.core.identifiers import TopicPartition
from headrace.log.api import Position
from headrace.log.kafka import failures
from headrace.log.kafka.calls import TIMEOUT_S, Patience, results, settled
from headrace.log.kafka.catalog import Catalog
from headrace.log.kafka.own_writes import OwnWrites

_GONE = frozenset({KafkaError.GROUP_ID_NOT_FOUND})


class Groups:
    """Groups of a cluster."""

    def __init__(self, client: AdminClient, catalog: Catalog, own_writes: OwnWrites, patience: Patience) -> None:
        self._client = client
        self._patience = patience
        self._catalog = catalog
        self._own_writes = own_writes

    def names(self) -> list[str]:
        """All groups that the brokers know."""
        try:
            found = self._client.list_consumer_groups(request_timeout=TIMEOUT_S).result()
        except KafkaException as error:
            raise failures.translated(error, "list groups") from None
        for problem in found.errors or ():
            raise failures.translated(problem, "list groups")
        return sorted(group.group_id for group in found.valid)

    def positions(self, group: str) -> dict[TopicPartition, Position]:
        """All committed positions of a group. A commit that is under way is waited for."""
        unsettled = self._own_writes.unsettled(group)
        if unsettled:
            # Asked for by name, a position that is being committed counts as unstable; in a list of all it would be missing.
            self._listed(group, [KafkaPartition(where.topic, where.partition) for where in unsettled])
        return self._listed(group, None)

    def set_positions(self, group: str, positions: Mapping[TopicPartition, Position | None]) -> None:
        """Overwrites positions of a group."""
        kept = {where: position for where, position in positions.items() if position is not None}
        self._catalog.require(kept)
        forgotten = [where for where, position in positions.items() if position is None]
        if forgotten:
            kept = self._forget(group, forgotten) | kept
        if kept:
            self._alter(group, kept)

    def _forget(self, group: str, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, Position]:
        """Deletes the group if it has one of these positions; returns the others, which have to be written again.

        Kafka can delete single positions, but the client has no call for it. So this is not atomic, and for stopped
        applications only.
        """
        there = self.positions(group)
        if there.keys().isdisjoint(partitions):
            return {}
        _, refused = settled(self._client.delete_consumer_groups([group], request_timeout=TIMEOUT_S))
        for error in refused.values():
            if error.code() not in _GONE:
                raise failures.translated(error, f'forget positions of group "{group}"')
        return {where: position for where, position in there.items() if where not in partitions}

    def _alter(self, group: str, positions: Mapping[TopicPartition, Position]) -> None:
        entries = [
            KafkaPartition(where.topic, where.partition, position.offset, position.metadata)
            for where, position in positions.items()
        ]
        doing = f'commit positions of group "{group}"'
        request = [ConsumerGroupTopicPartitions(group, entries)]
        answer = results(self._client.alter_consumer_group_offsets(request, request_timeout=TIMEOUT_S), doing)[group]
        for entry in answer.topic_partitions:
            if entry.error is not None:
                raise failures.translated(entry.error, f"{doing} in {entry.topic}-{entry.partition}")

    def _listed(self, group: str, partitions: list[KafkaPartition] | None) -> dict[TopicPartition, Position]:
        return self._patience.repeat(lambda: self._list(group, partitions))

    def _list(self, group: str, partitions: list[KafkaPartition] | None) -> dict[TopicPartition, Position]:
        doing = f'read positions of group "{group}"'
        request = [ConsumerGroupTopicPartitions(group, partitions)]
        futures = self._client.list_consumer_group_offsets(request, require_stable=True, request_timeout=TIMEOUT_S)
        found: dict[TopicPartition, Position] = {}
        for entry in results(futures, doing)[group].topic_partitions:
            if entry.error is not None:
                raise failures.translated(entry.error, doing)
            if entry.offset >= 0:
                found[TopicPartition(entry.topic, entry.partition)] = Position(entry.offset, entry.metadata or "")
        return found
