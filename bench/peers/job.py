"""What all loops share: reading in poll order, outputs by partition, and the commit once per second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.peers.log import PeerLog
from bench.workloads import OUTPUT, PARTITIONS
from headrace.core.hashing import partition_for
from headrace.core.identifiers import TopicPartition
from headrace.log.api import RecordColumns
from headrace.state.engines.rocksdb import RocksDbEngine, RocksDbStorage

COMMIT_INTERVAL_S = 1.0

Frame = tuple[int, list[int], list[bytes], list[bytes]]
"""Partition, timestamps, keys, values."""

Changes = list[tuple[bytes, bytes | None]]


def _columns(topic: str) -> dict[TopicPartition, RecordColumns]:
    return {TopicPartition(topic, number): RecordColumns() for number in range(PARTITIONS)}


@dataclass(slots=True)
class Job:
    """One run: log, a store per partition, and everything that waits for the next commit.

    The columns are cleared after a commit, never replaced, so that loops may keep hold of them.
    """

    log: PeerLog
    stores: list[RocksDbStorage]
    changelog: str
    outputs: list[RecordColumns]
    changelogs: list[RecordColumns]
    records: dict[TopicPartition, RecordColumns]
    changes: list[Changes] = field(default_factory=lambda: [[] for _ in range(PARTITIONS)])
    positions: dict[TopicPartition, int] = field(default_factory=dict)
    partition_of: dict[bytes, int] = field(default_factory=dict)
    due: float = 0.0

    @classmethod
    def open(cls, directory: Path, group: str, changelog: str) -> Job:
        """A job over the log in a data directory, with its stores beside it; makes the changelog topic."""
        engine = RocksDbEngine()
        stores = [engine.open(directory / "peer-state" / str(number)) for number in range(PARTITIONS)] if changelog else []
        log = PeerLog(directory / "log", group)
        if changelog:
            log.create_topic(changelog, PARTITIONS)
        outputs, changelogs = _columns(OUTPUT), _columns(changelog) if changelog else {}
        return cls(
            log=log,
            stores=stores,
            changelog=changelog,
            outputs=list(outputs.values()),
            changelogs=list(changelogs.values()),
            records=outputs | changelogs,
        )

    def frames(self, topic: str, flush: Callable[[], None]) -> Iterator[Frame]:
        """All frames of a topic, the partitions in turn; commits when the interval is over, and at the end."""
        read, positions = self.log.read, self.positions
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        self.due = time.monotonic() + COMMIT_INTERVAL_S
        found = True
        while found:
            found = False
            for where in partitions:
                taken = read(where, positions.get(where, 0))
                if taken is None:
                    continue
                found = True
                next_offset, frame = taken
                yield where.partition, frame.timestamps, frame.keys, frame.values  # type: ignore[misc]
                positions[where] = next_offset
                if time.monotonic() >= self.due:
                    self.commit(flush)
        self.commit(flush)

    def commit(self, flush: Callable[[], None]) -> None:
        """Outputs, changelogs and positions in one transaction with full sync, then the stores."""
        flush()
        written = self.log.commit(self.records, self.positions)
        for columns in self.records.values():
            columns.timestamps.clear()
            columns.keys.clear()
            columns.values.clear()
        for number, store in enumerate(self.stores):
            changes = self.changes[number]
            if changes:
                store.write(changes, written[TopicPartition(self.changelog, number)])
                changes.clear()
        self.due = time.monotonic() + COMMIT_INTERVAL_S

    def output_for(self, key: bytes) -> RecordColumns:
        """Where a key goes in the output topic."""
        partition = self.partition_of.get(key)
        if partition is None:
            partition = self.partition_of[key] = partition_for(key, PARTITIONS)
        return self.outputs[partition]

    def close(self) -> None:
        """Closes stores and log."""
        for store in self.stores:
            store.close()
        self.log.close()
