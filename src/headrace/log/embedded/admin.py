"""Topics and groups of the embedded log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import NewTopic, Position, TopicDescription
from headrace.log.embedded import catalog, records
from headrace.log.embedded.database import Database
from headrace.log.embedded.discard import ALL, advance_start, discard
from headrace.log.topics import missing_topics


class EmbeddedAdmin:
    """An `Admin` over the embedded log."""

    def __init__(self, database: Database, clean: Callable[[], None]) -> None:
        self._database = database
        self._clean = clean

    def create_topics(self, topics: Sequence[NewTopic]) -> None:
        """Makes topics."""
        with self._database.write() as connection:
            there = {name: topic.partitions for name, topic in catalog.topics(connection).items()}
            for new in missing_topics(topics, there):
                catalog.insert_topic(connection, new)

    def delete_topics(self, names: Sequence[str]) -> None:
        """Deletes topics with their records and the positions in them."""
        with self._database.write() as connection:
            ids = [catalog.topic(connection, name)[0] for name in names]
            partitions = [found for topic_id in ids for found in catalog.partition_ids(connection, topic_id)]
            connection.executemany("DELETE FROM topics WHERE id = ?", [(topic_id,) for topic_id in ids])
        for partition_id in partitions:
            discard(self._database, partition_id, ALL)

    def topics(self) -> dict[str, TopicDescription]:
        """All topics by name."""
        with self._database.read() as connection:
            return catalog.topics(connection)

    def partition_counts(self) -> dict[str, int]:
        """Partitions of all topics by name."""
        return {name: topic.partitions for name, topic in self.topics().items()}

    def add_partitions(self, topic: str, total: int) -> None:
        """Grows a topic."""
        with self._database.write() as connection:
            topic_id, count = catalog.topic(connection, topic)
            if total < count:
                raise faults.cannot_shrink(topic, count, total)
            catalog.insert_partitions(connection, topic_id, range(count, total))

    def delete_records(self, before: Mapping[TopicPartition, int]) -> None:
        """Gives up records below offsets."""
        if not before:
            return
        unfinished = []
        with self._database.write() as connection:
            for where, offset in before.items():
                row = catalog.partition(connection, where)
                if not 0 <= offset <= row.end:
                    raise faults.out_of_range(where, offset, row.start, row.end)
                if advance_start(connection, row.id, offset):
                    unfinished.append((row.id, offset))
        for partition_id, offset in unfinished:
            discard(self._database, partition_id, offset)

    def start_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offsets that are still there."""
        return {where: row.start for where, row in self._rows(partitions).items()}

    def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offsets that the next committed records get."""
        return {where: row.end for where, row in self._rows(partitions).items()}

    def high_watermarks(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The ends: nothing is written before it is committed."""
        return self.end_offsets(partitions)

    def future_allowance_ms(self, _topic: str) -> int | None:
        """None: any timestamp is taken."""
        return None

    def offsets_for_times(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """The first offsets at or after times."""
        found = {}
        with self._database.read() as connection:
            for where, oldest_ms in times.items():
                row = catalog.partition(connection, where)
                offset = records.first_at_or_after(connection, row.id, row.start, oldest_ms)
                found[where] = row.end if offset is None else offset
        return found

    def groups(self) -> list[str]:
        """Groups that have committed positions."""
        with self._database.read() as connection:
            return [group for (group,) in connection.execute("SELECT DISTINCT group_id FROM positions ORDER BY group_id")]

    def positions(self, group: str) -> dict[TopicPartition, Position]:
        """All committed positions of a group."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT t.name, p.number, g.next_offset, g.metadata FROM positions g"
                " JOIN partitions p ON p.id = g.partition_id JOIN topics t ON t.id = p.topic_id WHERE g.group_id = ?",
                (group,),
            )
            return {TopicPartition(name, number): Position(offset, text) for name, number, offset, text in rows}

    def set_positions(self, group: str, positions: Mapping[TopicPartition, Position | None]) -> None:
        """Overwrites positions of a group."""
        if not positions:
            return
        with self._database.write() as connection:
            catalog.store_positions(connection, group, positions)

    def clean(self) -> None:
        """Runs retention and compaction, and gives space back."""
        self._clean()

    def _rows(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, catalog.PartitionRow]:
        with self._database.read() as connection:
            return {where: catalog.partition(connection, where) for where in partitions}
