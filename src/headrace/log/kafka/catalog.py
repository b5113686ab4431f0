"""Which topics and partitions there are. What was found once is remembered: partitions are only ever added.

Brokers learn of a new topic one after the other, and each request may go to another one: a topic that was seen a moment ago is
asked for again where a broker does not know it.

librdkafka's own look-up of a single topic makes the topic where the broker allows it, so only calls that never do are used.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from headrace.core.errors import LogBusyError
from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.kafka import failures
from headrace.log.kafka.calls import Patience, settled

_ASK_S = 5.0
"""Shorter than the patience with which it is repeated: only between requests can it be told that brokers do not let us in."""

_SPREADS_S = 10.0
"""For how long after a topic was first seen there may be brokers that do not know it."""

_OF_THE_BROKERS = frozenset({"__consumer_offsets", "__transaction_state", "__share_group_state"})


class Catalog:
    """Partition counts by topic."""

    def __init__(self, client: AdminClient, patience: Patience) -> None:
        self._client = client
        self._patience = patience
        self._counts: dict[str, int] = {}
        self._seen_at: dict[str, float] = {}

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

    def seen(self, topics: Iterable[str]) -> None:
        """A broker has shown these topics."""
        now = time.monotonic()
        for name in topics:
            self._seen_at.setdefault(name, now)

    def deleted(self, topics: Iterable[str]) -> None:
        """These topics are on their way out."""
        for name in topics:
            self._counts.pop(name, None)
            self._seen_at.pop(name, None)

    def refresh_leaders(self) -> None:
        """Learns leaders anew. librdkafka's admin calls go on with a leader's old epoch after its restart, for ever."""
        self._all()

    def _all(self) -> dict[str, int]:
        try:
            found = self._client.list_topics(timeout=_ASK_S).topics
        except KafkaException as error:
            raise failures.translated(error, "list the topics") from None
        # A topic that is on its way in or out has no partitions, or an error.
        counts = {
            name: len(topic.partitions)
            for name, topic in found.items()
            if name not in _OF_THE_BROKERS and topic.partitions and topic.error is None
        }
        self._require_spread(self._seen_at.keys() - counts.keys())
        self.seen(counts)
        return counts

    def _counts_of(self, names: list[str]) -> dict[str, int]:
        answers, refused = settled(self._client.describe_topics(TopicCollection(names), request_timeout=_ASK_S))
        for name, error in refused.items():
            self._counts.pop(name, None)
            if error.code() not in failures.UNKNOWN_TOPIC:
                raise failures.translated(error, f'describe topic "{name}"')
        self._require_spread(refused)
        found = {name: len(topic.partitions) for name, topic in answers.items()}
        self._counts.update(found)
        self.seen(found)
        return found

    def _require_spread(self, unknown: Iterable[str]) -> None:
        """Raises LogBusyError for a topic that is so new that another broker may know it. An old one has been deleted."""
        for name in list(unknown):
            if time.monotonic() - self._seen_at.get(name, -_SPREADS_S) < _SPREADS_S:
                message = f'topic "{name}", seen a moment ago, is not known to all brokers yet'
                raise LogBusyError(message)
            self._seen_at.pop(name, None)
