"""Short ways to write and read a log in a test."""

from __future__ import annotations

from collections.abc import Iterable

from headrace.core.identifiers import TopicPartition
from headrace.log.api import Log, NewTopic, RecordColumns, TopicConfig

NOW_MS = 1_000_000

Row = tuple[int, bytes | None, bytes | None, int]
"""Offset, key, value and timestamp of one record."""


class Bench:
    """Short ways to drive a log."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.admin = log.admin()

    def topic(self, name: str, partitions: int = 1, config: TopicConfig | None = None) -> TopicPartition:
        self.admin.create_topics([NewTopic(name, partitions, config or TopicConfig())])
        return TopicPartition(name, 0)

    def write(self, where: TopicPartition, *pairs: tuple[bytes | None, bytes | None], at: int = NOW_MS) -> int:
        producer = self.log.producer()
        producer.append(where.topic, where.partition, columns(pairs, at))
        end = producer.flush()[where]
        producer.close()
        return end

    def rows(self, where: TopicPartition, start: int | None = None, limit: int = 1_000_000) -> list[Row]:
        reader = self.log.reader()
        reader.assign({where: self.admin.start_offsets([where])[where] if start is None else start})
        found: list[Row] = []
        while batches := reader.poll(limit, 0):
            for batch in batches:
                found.extend(zip(batch.offsets, batch.keys, batch.values, batch.timestamps, strict=True))
        reader.close()
        return found

    def values(self, where: TopicPartition, start: int | None = None) -> list[bytes | None]:
        return [row[2] for row in self.rows(where, start)]

    def end(self, where: TopicPartition) -> int:
        return self.admin.end_offsets([where])[where]

    def start(self, where: TopicPartition) -> int:
        return self.admin.start_offsets([where])[where]


def columns(pairs: Iterable[tuple[bytes | None, bytes | None]], at: int = NOW_MS) -> RecordColumns:
    made = RecordColumns()
    for key, value in pairs:
        made.append(key, value, at)
    return made
