"""Topics and groups of a Kafka cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headrace.core.identifiers import TopicPartition
from headrace.log.api import NewTopic, Position, TopicDescription
from headrace.log.kafka.parts import ClusterParts
from headrace.log.kafka.topics import Topics


class KafkaAdmin:
    """An `Admin` over a cluster. Safe to use from several threads."""

    def __init__(self, parts: ClusterParts, topics: Topics) -> None:
        self._topics = topics
        self._catalog = parts.catalog
        self._own_writes = parts.own_writes
        self._offsets = parts.offsets
        self._groups = parts.groups

    def create_topics(self, topics: Sequence[NewTopic]) -> None:
        """Makes topics. Not all at once: if a broker refuses one, others may have been made."""
        self._topics.create(topics)

    def delete_topics(self, names: Sequence[str]) -> None:
        """Deletes topics with their records."""
        self._topics.delete(names)
        self._own_writes.forget_topics(names)

    def topics(self) -> dict[str, TopicDescription]:
        """All topics by name, but those that brokers keep for themselves."""
        return self._topics.described()

    def partition_counts(self) -> dict[str, int]:
        """Partitions of all topics by name; one request, however many there are."""
        return self._catalog.all()

    def add_partitions(self, topic: str, total: int) -> None:
        """Grows a topic."""
        self._topics.grow(topic, total)

    def delete_records(self, before: Mapping[TopicPartition, int]) -> None:
        """Gives up records below offsets."""
        self._offsets.delete_before(before)

    def start_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offsets that are still there."""
        return self._offsets.starts(partitions)

    def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The last stable offsets: records of open transactions lie behind them."""
        return self._offsets.ends(partitions)

    def high_watermarks(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offsets behind all records, those of open transactions included."""
        return self._offsets.high_watermarks(partitions)

    def future_allowance_ms(self, topic: str) -> int | None:
        """What the topic is set to."""
        return self._topics.future_allowance_ms(topic)

    def offsets_for_times(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """The first offsets at or after times."""
        return self._offsets.by_time(times)

    def groups(self) -> list[str]:
        """Groups that have committed positions; a request for each group of the cluster."""
        return self._groups.names()

    def positions(self, group: str) -> dict[TopicPartition, Position]:
        """All committed positions of a group."""
        return self._groups.positions(group)

    def set_positions(self, group: str, positions: Mapping[TopicPartition, Position | None]) -> None:
        """Overwrites positions of a group, which must have no running members."""
        self._groups.set_positions(group, positions)

    def clean(self) -> None:
        """Does nothing: brokers run retention and compaction by themselves."""
