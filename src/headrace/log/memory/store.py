"""What a memory log holds, and the lock that guards it."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Condition

from headrace.core.identifiers import TopicPartition
from headrace.core.time import Clock
from headrace.log import faults
from headrace.log.api import Position, TopicConfig
from headrace.log.memory.partition import MemoryPartition


@dataclass(slots=True)
class MemoryTopic:
    """A topic with its partitions."""

    name: str
    config: TopicConfig
    partitions: list[MemoryPartition] = field(default_factory=list)

    def grow(self, total: int) -> None:
        """Adds partitions until there are `total`."""
        for number in range(len(self.partitions), total):
            self.partitions.append(MemoryPartition(TopicPartition(self.name, number)))


class MemoryStore:
    """Topics, positions of groups and epochs of transactional ids. Every access holds `changed`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.changed = Condition()
        self.topics: dict[str, MemoryTopic] = {}
        self.positions: dict[str, dict[TopicPartition, Position]] = {}
        self.epochs: dict[str, int] = {}

    def topic(self, name: str) -> MemoryTopic:
        """A topic by name. Raises UnknownTopicError."""
        found = self.topics.get(name)
        if found is None:
            raise faults.unknown_topic(name)
        return found

    def partition(self, where: TopicPartition) -> MemoryPartition:
        """A partition by name. Raises UnknownTopicError."""
        partitions = self.topic(where.topic).partitions
        if not 0 <= where.partition < len(partitions):
            raise faults.unknown_partition(where, len(partitions))
        return partitions[where.partition]
