"""Groups and their committed positions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient

from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import Position
from headrace.log.kafka import failures
from headrace.log.kafka.calls import REQUEST_S, TIMEOUT_S, Patience, answer, settled
from headrace.log.kafka.catalog import Catalog
from headrace.log.kafka.group_clients import GroupClients
from headrace.log.kafka.position_text import metadata_of

_SOON_S = 0.02
"""Between two attempts while this member hears of a new generation."""

_GONE = frozenset({KafkaError.GROUP_ID_NOT_FOUND})


class Groups:
    """Groups of a cluster."""

    def __init__(self, client: AdminClient, catalog: Catalog, clients: GroupClients, patience: Patience) -> None:
        self._client = client
        self._catalog = catalog
        self._clients = clients
        self._patience = patience

    def names(self) -> list[str]:
        """Groups that have positions. Brokers keep others for a while: after an aborted first transaction, a deleted topic."""
        names, partitions = self._patience.repeat(self._names), self._all_partitions()
        return [name for name in names if self._asked(name, partitions)]

    def positions(self, group: str) -> dict[TopicPartition, Position]:
        """All committed positions of a group. A commit that is under way is waited for."""
        return self._asked(group, self._all_partitions())

    def set_positions(self, group: str, positions: Mapping[TopicPartition, Position | None]) -> None:
        """Overwrites positions of a group."""
        kept = {where: position for where, position in positions.items() if position is not None}
        self._catalog.require(kept)
        forgotten = [where for where, position in positions.items() if position is None]
        if forgotten:
            kept = self._forget(group, forgotten) | kept
        if kept:
            self._commit(group, kept)

    def _all_partitions(self) -> list[KafkaPartition]:
        """Asked for by name, a position that is being committed is waited for; in a list of all it would be missing."""
        return [KafkaPartition(topic, number) for topic, count in self._catalog.all().items() for number in range(count)]

    def _asked(self, group: str, partitions: list[KafkaPartition]) -> dict[TopicPartition, Position]:
        return self._patience.repeat(lambda: self._committed(group, partitions)) if partitions else {}

    def _names(self) -> list[str]:
        try:
            found = answer(self._client.list_consumer_groups(request_timeout=REQUEST_S))
        except KafkaException as error:
            raise failures.translated(error, "list groups") from None
        for problem in found.errors or ():
            raise failures.translated(problem, "list groups")
        return sorted(group.group_id for group in found.valid)

    def _committed(self, group: str, partitions: list[KafkaPartition]) -> dict[TopicPartition, Position]:
        doing = f'read positions of group "{group}"'
        found: dict[TopicPartition, Position] = {}
        try:
            with self._clients.of(group) as consumer:
                entries = consumer.committed(partitions, REQUEST_S)
        except KafkaException as error:
            raise failures.translated(error, doing) from None
        for entry in entries:
            if entry.error is not None and entry.error.code() not in failures.UNKNOWN_TOPIC:  # else deleted in this moment
                raise failures.translated(entry.error, f"{doing} in {entry.topic}-{entry.partition}")
            if entry.offset >= 0:
                found[TopicPartition(entry.topic, entry.partition)] = Position(entry.offset, metadata_of(entry))
        return found

    def _commit(self, group: str, positions: Mapping[TopicPartition, Position]) -> None:
        doing = f'commit positions of group "{group}"'
        entries = [
            KafkaPartition(where.topic, where.partition, position.offset, position.metadata)
            for where, position in positions.items()
        ]
        member = self._clients.member(group)
        try:
            if member is not None:
                answers = member.commit(entries)
            else:
                with self._clients.of(group) as consumer:
                    answers = consumer.commit(offsets=entries, asynchronous=False)
        except KafkaException as error:
            if member is not None and failures.error_of(error).code() in failures.EXPELLED:
                raise faults.expelled(group) from None
            if failures.error_of(error).code() in failures.NEW_GENERATION:
                time.sleep(_SOON_S)
            raise failures.translated(error, doing) from None
        for entry in answers:
            if entry.error is not None:
                raise failures.translated(entry.error, f"{doing} in {entry.topic}-{entry.partition}")

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
