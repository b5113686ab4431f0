"""Topics and groups of a memory log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import NewTopic, Position, TopicDescription
from headrace.log.memory.cleaning import clean
from headrace.log.memory.store import MemoryStore, MemoryTopic
from headrace.log.topics import missing_topics


class MemoryAdmin:
    """An `Admin` over a memory store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def create_topics(self, topics: Sequence[NewTopic]) -> None:
        """Makes topics."""
        store = self._store
        with store.changed:
            there = {name: len(topic.partitions) for name, topic in store.topics.items()}
            for new in missing_topics(topics, there):
                topic = MemoryTopic(new.name, new.config)
                topic.grow(new.partitions)
                store.topics[new.name] = topic

    def delete_topics(self, names: Sequence[str]) -> None:
        """Deletes topics with their records and the positions in them."""
        store = self._store
        with store.changed:
            doomed = {name: store.topic(name) for name in names}
            for name, topic in doomed.items():
                del store.topics[name]
                for partition in topic.partitions:
                    partition.deleted = True
            for group in list(store.positions):
                self._forget(group, [where for where in store.positions[group] if where.topic in doomed])
            store.changed.notify_all()

    def topics(self) -> dict[str, TopicDescription]:
        """All topics by name."""
        with self._store.changed:
            return {
                name: TopicDescription(name, len(topic.partitions), topic.config) for name, topic in self._store.topics.items()
            }

    def partition_counts(self) -> dict[str, int]:
        """Partitions of all topics by name."""
        return {name: topic.partitions for name, topic in self.topics().items()}

    def add_partitions(self, topic: str, total: int) -> None:
        """Grows a topic."""
        with self._store.changed:
            found = self._store.topic(topic)
            if total < len(found.partitions):
                raise faults.cannot_shrink(topic, len(found.partitions), total)
            found.grow(total)

    def delete_records(self, before: Mapping[TopicPartition, int]) -> None:
        """Gives up records below offsets."""
        with self._store.changed:
            bounds = [(self._store.partition(where), offset) for where, offset in before.items()]
            for partition, offset in bounds:
                if not 0 <= offset <= partition.end:
                    raise faults.out_of_range(partition.name, offset, partition.start, partition.end)
            for partition, offset in bounds:
                partition.advance_start(offset)

    def start_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offsets that are still there."""
        with self._store.changed:
            return {where: self._store.partition(where).start for where in partitions}

    def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offsets that the next committed records get."""
        with self._store.changed:
            return {where: self._store.partition(where).end for where in partitions}

    def high_watermarks(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The ends: nothing is written before it is committed."""
        return self.end_offsets(partitions)

    def future_allowance_ms(self, _topic: str) -> int | None:
        """None: any timestamp is taken."""
        return None

    def offsets_for_times(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """The first offsets at or after times."""
        found = {}
        with self._store.changed:
            for where, oldest_ms in times.items():
                partition = self._store.partition(where)
                pairs = zip(partition.all_offsets(), partition.timestamps, strict=True)
                found[where] = next((offset for offset, time in pairs if time >= oldest_ms), partition.end)
        return found

    def groups(self) -> list[str]:
        """Groups that have committed positions."""
        with self._store.changed:
            return sorted(self._store.positions)

    def positions(self, group: str) -> dict[TopicPartition, Position]:
        """All committed positions of a group."""
        with self._store.changed:
            return dict(self._store.positions.get(group, {}))

    def set_positions(self, group: str, positions: Mapping[TopicPartition, Position | None]) -> None:
        """Overwrites positions of a group."""
        kept = {where: position for where, position in positions.items() if position is not None}
        with self._store.changed:
            for where in kept:
                self._store.partition(where)
            if kept:
                self._store.positions.setdefault(group, {}).update(kept)
            self._forget(group, [where for where, position in positions.items() if position is None])

    def clean(self) -> None:
        """Runs retention and compaction."""
        with self._store.changed:
            now_ms = self._store.clock.now_ms()
            for topic in self._store.topics.values():
                for partition in topic.partitions:
                    clean(partition, topic.config, now_ms)

    def _forget(self, group: str, partitions: Sequence[TopicPartition]) -> None:
        held = self._store.positions.get(group)
        if held is None:
            return
        for where in partitions:
            held.pop(where, None)
        if not held:
            del self._store.positions[group]
