"""Filling and reading an embedded log in tests of whole applications."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from headrace import Headers, TopicPartition
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


class Stored(NamedTuple):
    """A committed record as bytes."""

    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Headers


def write_one(data: Path, topic: str, key: bytes | None, value: bytes | None, timestamp: int, headers: Headers) -> None:
    """Appends one record as bytes to partition 0."""
    log = open_log(data / "log")
    producer = log.producer()
    columns = RecordColumns()
    columns.append(key, value, timestamp, headers)
    producer.append(topic, 0, columns)
    producer.flush()
    producer.close()
    log.close()


def read_records(data: Path, topic: str) -> list[Stored]:
    """All committed records of partition 0; none if there is no such topic."""
    log = open_log(data / "log")
    found: list[Stored] = []
    if topic in log.admin().topics():
        partition = TopicPartition(topic, 0)
        reader = log.reader()
        reader.assign({partition: log.admin().start_offsets([partition])[partition]})
        while batches := reader.poll(10_000, 0.0):
            for batch in batches:
                headers = batch.headers or [()] * len(batch.keys)
                found.extend(map(Stored, batch.keys, batch.values, batch.timestamps, headers))
        reader.close()
    log.close()
    return found


def wait_for(data: Path, topic: str, records: int, seconds: float = 20.0) -> None:
    """Waits until a topic has so many committed records."""
    deadline = time.monotonic() + seconds
    while len(read_raw(data, topic)) < records:
        assert time.monotonic() < deadline, f"topic {topic!r} has {len(read_raw(data, topic))} of {records} records"
        time.sleep(0.01)


def delete_before(data: Path, topic: str, offset: int) -> None:
    """Gives up the records of partition 0 below an offset."""
    log = open_log(data / "log")
    log.admin().delete_records({TopicPartition(topic, 0): offset})
    log.close()
