"""Topics and partitions as rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from headrace.core.identifiers import TopicPartition
from headrace.log import faults
from headrace.log.api import NewTopic, Position, TopicConfig, TopicDescription
from headrace.log.compaction import Marks


class PartitionRow(NamedTuple):
    """A partition's place in the database, and its bounds."""

    id: int
    start: int
    end: int
    cleanup: str


class CleanedPartition(NamedTuple):
    """A partition as cleaning sees it."""

    id: int
    topic: str
    start: int
    end: int
    marks: Marks


def partition(connection: sqlite3.Connection, where: TopicPartition) -> PartitionRow:
    """A partition by name. Raises UnknownTopicError."""
    row = connection.execute(
        "SELECT p.id, p.start_offset, p.end_offset, t.cleanup FROM topics t JOIN partitions p ON p.topic_id = t.id"
        " WHERE t.name = ? AND p.number = ?",
        where,
    ).fetchone()
    if row is None:
        raise faults.unknown_partition(where, topic(connection, where.topic)[1])
    return PartitionRow(*row)


def topic(connection: sqlite3.Connection, name: str) -> tuple[int, int]:
    """A topic's id and partition count. Raises UnknownTopicError."""
    row: tuple[int, int] | None = connection.execute(
        "SELECT t.id, count(p.id) FROM topics t LEFT JOIN partitions p ON p.topic_id = t.id WHERE t.name = ? GROUP BY t.id",
        (name,),
    ).fetchone()
    if row is None:
        raise faults.unknown_topic(name)
    return row


def partition_ids(connection: sqlite3.Connection, topic_id: int) -> list[int]:
    """The ids of a topic's partitions."""
    return [row[0] for row in connection.execute("SELECT id FROM partitions WHERE topic_id = ?", (topic_id,))]


def topics(connection: sqlite3.Connection) -> dict[str, TopicDescription]:
    """All topics by name."""
    rows = connection.execute(
        "SELECT t.name, count(p.id), t.cleanup, t.retention_ms, t.retention_bytes, t.min_compaction_lag_ms, t.extra"
        " FROM topics t LEFT JOIN partitions p ON p.topic_id = t.id GROUP BY t.id ORDER BY t.id"
    )
    return {row[0]: TopicDescription(row[0], row[1], _config(*row[2:])) for row in rows}


def insert_topic(connection: sqlite3.Connection, new: NewTopic) -> None:
    """Adds a topic with its partitions."""
    config = new.config
    cursor = connection.execute(
        "INSERT INTO topics (name, cleanup, retention_ms, retention_bytes, min_compaction_lag_ms, extra)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            new.name,
            config.cleanup,
            config.retention_ms,
            config.retention_bytes,
            config.min_compaction_lag_ms,
            json.dumps(config.extra),
        ),
    )
    assert cursor.lastrowid is not None
    insert_partitions(connection, cursor.lastrowid, range(new.partitions))


def insert_partitions(connection: sqlite3.Connection, topic_id: int, numbers: Iterable[int]) -> None:
    """Adds partitions to a topic."""
    connection.executemany(
        "INSERT INTO partitions (topic_id, number) VALUES (?, ?)", [(topic_id, number) for number in numbers]
    )


def cleaned_partitions(connection: sqlite3.Connection) -> list[CleanedPartition]:
    """All partitions."""
    rows = connection.execute(
        "SELECT p.id, t.name, p.start_offset, p.end_offset, p.marks FROM partitions p JOIN topics t ON t.id = p.topic_id"
        " ORDER BY p.id"
    )
    return [
        CleanedPartition(partition_id, name, start, end, tuple((offset, at_ms) for offset, at_ms in json.loads(marks)))
        for partition_id, name, start, end, marks in rows
    ]


def store_marks(connection: sqlite3.Connection, partition_id: int, marks: Marks) -> None:
    """Notes when a partition was compacted."""
    connection.execute("UPDATE partitions SET marks = ? WHERE id = ?", (json.dumps(marks), partition_id))


def store_positions(connection: sqlite3.Connection, group: str, positions: Mapping[TopicPartition, Position | None]) -> None:
    """Overwrites positions of a group; None forgets one. Raises UnknownTopicError for a new one in an unknown topic."""
    for where, position in positions.items():
        if position is None:
            connection.execute(
                "DELETE FROM positions WHERE group_id = ? AND partition_id IN"
                " (SELECT p.id FROM partitions p JOIN topics t ON t.id = p.topic_id WHERE t.name = ? AND p.number = ?)",
                (group, *where),
            )
        else:
            connection.execute(
                "INSERT OR REPLACE INTO positions (group_id, partition_id, next_offset, metadata) VALUES (?, ?, ?, ?)",
                (group, partition(connection, where).id, position.offset, position.metadata),
            )


def _config(cleanup: str, retention_ms: int, retention_bytes: int, min_compaction_lag_ms: int, extra: str) -> TopicConfig:
    return TopicConfig(
        cleanup=cleanup,
        retention_ms=retention_ms,
        retention_bytes=retention_bytes,
        min_compaction_lag_ms=min_compaction_lag_ms,
        extra=tuple((name, value) for name, value in json.loads(extra)),
    )
