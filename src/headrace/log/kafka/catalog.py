"""Which topics and partitions there are. What was found once is remembered: partitions are only ever added.

librdkafka's own look-up of a single topic makes the topic where the broker allows it, so only calls that never do are used.
"""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.kafka import failures
from headrace.log.kafka.calls import Patience, settled

_ASK_S = 5.0
"""Shorter than the patience with which it is repeated: only between requests can it be told that brokers do not let us in."""

_OF_THE_BROKERS = frozenset({"__consumer_offsets", "__transaction_state", "__share_group_state"})


class Catalog:
    """Partition counts by topic."""

    def __init__(self, client: AdminClient, patience: Patience) -> None:
        self._client = client
        self._patience = patience
        self._counts: dict[str, int] = {}

    def all(self) -> dict[str, int]:
        """Partition counts of all topics but those that brokers keep for themselves."""
        return self._patience.repeat(self._all)

    def counts(self, topics: Iterable[str]) -> dict[str, int]:
        """Partition counts of those topics that exist, asked anew."""
        names = list(dict.fromkeys(topics))
        return self._patience.repeat(lambda: self._counts_of(names)) if names else {}

    def require(self, partitions: Iterable[TopicPartition]) -> None:
        """Raises UnknownTopicError unless all partitions exist."""
        wanted = list(partitions)
        self.counts(where.topic for where in wanted if where.partition >= self._counts.get(where.topic, 0))
        for where in wanted:
            count = self._counts.get(where.topic)
            if count is None:
                raise faults.unknown_topic(where.topic)
            if not 0 <= where.partition < count:
                raise faults.unknown_partition(where, count)

    def forget(self, topics: Iterable[str]) -> None:
        """Asks anew for these topics the next time."""
        for name in topics:
            self._counts.pop(name, None)

    def refresh_leaders(self) -> None:
        """Learns leaders anew. librdkafka's admin calls go on with a leader's old epoch after its restart, for ever."""
        self._all()

    def _all(self) -> dict[str, int]:
        try:
            found = self._client.list_topics(timeout=_ASK_S).topics
        except KafkaException as error:
            raise failures.translated(error, "list the topics") from None
        # A topic that is on its way in or out has no partitions, or an error.
        return {
            name: len(topic.partitions)
            for name, topic in found.items()
            if name not in _OF_THE_BROKERS and topic.partitions and topic.error is None
        }

    def _counts_of(self, names: list[str]) -> dict[str, int]:
        answers, refused = settled(self._client.describe_topics(TopicCollection(names), request_timeout=_ASK_S))
        for name, error in refused.items():
            self._counts.pop(name, None)
            if error.code() not in failures.UNKNOWN_TOPIC:
                raise failures.translated(error, f'describe topic "{name}"')
        found = {name: len(topic.partitions) for name, topic in answers.items()}
        self._counts.update(found)
        return found
