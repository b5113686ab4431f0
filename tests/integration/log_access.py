"""Filling and reading an embedded log in tests of whole applications."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from headrace import TopicPartition
from headrace.core.hashing import partition_for
from headrace.log.api import NewTopic, RecordColumns
from headrace.log.embedded import open_log

Entry = tuple[str | None, Any, int]
"""Key, value (written as JSON; bytes as they are), timestamp."""


def create(data: Path, **partitions: int) -> None:
    """Makes topics; underscores in names stand for dashes."""
    log = open_log(data / "log")
    log.admin().create_topics([NewTopic(name.replace("_", "-"), count) for name, count in partitions.items()])
    log.close()


def write(data: Path, topic: str, entries: Iterable[Entry], *, partition: int | None = None) -> None:
    """Appends records, by default to the partition of their key."""
    log = open_log(data / "log")
    count = log.admin().topics()[topic].partitions
    columns: dict[int, RecordColumns] = {}
    for key, value, timestamp in entries:
        raw_key = None if key is None else key.encode()
        raw = value if isinstance(value, bytes) or value is None else orjson.dumps(value)
        chosen = partition if partition is not None else 0 if raw_key is None else partition_for(raw_key, count)
        columns.setdefault(chosen, RecordColumns()).append(raw_key, raw, timestamp)
    producer = log.producer()
    for chosen, records in columns.items():
        producer.append(topic, chosen, records)
    producer.flush()
    producer.close()
    log.close()


def read_raw(data: Path, topic: str) -> list[tuple[bytes | None, bytes | None, int]]:
    """All committed records as bytes, partition by partition."""
    log = open_log(data / "log")
    found: list[tuple[bytes | None, bytes | None, int]] = []
    for number in range(log.admin().topics()[topic].partitions):
        reader = log.reader()
        reader.assign({TopicPartition(topic, number): log.admin().start_offsets([TopicPartition(topic, number)]).popitem()[1]})
        while batches := reader.poll(10_000, 0.0):
            for batch in batches:
                found.extend(zip(batch.keys, batch.values, batch.timestamps, strict=True))
        reader.close()
    log.close()
    return found


def read(data: Path, topic: str) -> list[tuple[str | None, Any]]:
    """All committed records as (key, JSON value)."""
    return [
        (None if key is None else key.decode(), None if value is None else orjson.loads(value))
        for key, value, _ in read_raw(data, topic)
    ]


def positions(data: Path, group: str) -> dict[str, int]:
    """A group's positions by `topic-partition`."""
    log = open_log(data / "log")
    found = {str(partition): position.offset for partition, position in log.admin().positions(group).items()}
    log.close()
    return found
