"""Filling and reading a Kafka cluster in tests of whole applications."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource, ResourceType

from headrace import App, Headers, TopicPartition, Topology
from headrace.core.hashing import partition_for
from headrace.log.api import NewTopic, RecordColumns
from headrace.log.kafka import KafkaLog, open_kafka
from support.patient_log import PatientReader

Entry = tuple[str | None, Any, int]
"""Key, value (written as JSON; bytes as they are), timestamp. Not 0: librdkafka would write the present time."""


class Found(NamedTuple):
    """A record as it lies in the log, key and value as hex."""

    partition: int
    offset: int
    timestamp: int
    key: str | None
    value: str | None
    headers: Headers


class Restored:
    """Counts what is restored."""

    def __init__(self) -> None:
        self.records = 0
        self.stores: set[str] = set()

    def on_restore_start(self, _partition: TopicPartition, store: str, _start: int, _end: int) -> None:
        self.stores.add(store)

    def on_batch_restored(self, _partition: TopicPartition, _store: str, _position: int, restored: int) -> None:
        self.records += restored

    def on_restore_end(self, _partition: TopicPartition, _store: str, _total: int) -> None:
        pass


class KafkaAccess:
    """A cluster, and the state folder of the applications of one test."""

    def __init__(self, bootstrap: str, log: KafkaLog, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.log = log
        self.folder = folder

    def app(self, topology: Topology, **options: Any) -> App:
        return App("app", topology, bootstrap=self.bootstrap, data_dir=self.folder, **options)

    def run(self, topology: Topology, **options: Any) -> Restored:
        restored = Restored()
        app = self.app(topology, **options)
        app.on_restore(restored)
        app.run(until_end=True)
        return restored

    def create(self, **partitions: int) -> None:
        self.log.admin().create_topics([NewTopic(name, count) for name, count in partitions.items()])

    def write(
        self,
        topic: str,
        entries: Iterable[Entry],
        *,
        partition: int | None = None,
        headers: Headers = (),
        transactional: bool = False,
    ) -> None:
        """Appends records, by default to the partition of their key."""
        count = self.log.admin().partition_counts()[topic]
        columns: dict[int, RecordColumns] = {}
        for key, value, timestamp in entries:
            raw_key = None if key is None else key.encode()
            raw = value if isinstance(value, bytes) or value is None else orjson.dumps(value)
            chosen = partition if partition is not None else 0 if raw_key is None else partition_for(raw_key, count)
            columns.setdefault(chosen, RecordColumns()).append(raw_key, raw, timestamp, headers)
        producer = self.log.producer("test" if transactional else None)
        if transactional:
            producer.begin()
        for chosen, records in columns.items():
            producer.append(topic, chosen, records)
        if transactional:
            producer.commit()
        else:
            producer.flush()
        producer.close()

    def found(self, topic: str) -> list[Found]:
        """All committed records, partition by partition."""
        admin, found = self.log.admin(), list[Found]()
        for number in range(admin.partition_counts()[topic]):
            where = TopicPartition(topic, number)
            reader = PatientReader(self.log.reader(), admin)
            reader.assign(admin.start_offsets([where]))
            while batches := reader.poll(10_000, 0):
                for batch in batches:
                    headers = batch.headers or [()] * len(batch.offsets)
                    rows = zip(batch.offsets, batch.timestamps, batch.keys, batch.values, headers, strict=True)
                    found += [Found(number, at, time, _hex(key), _hex(value), of) for at, time, key, value, of in rows]
            reader.close()
        return found

    def read(self, topic: str) -> list[tuple[str | None, Any]]:
        """All committed records as (key, JSON value)."""
        return [
            (_text(found.key), None if found.value is None else orjson.loads(bytes.fromhex(found.value)))
            for found in self.found(topic)
        ]

    def uncommitted(self, topic: str) -> int:
        """How many records there are, those of open and aborted transactions included."""
        settings = {"bootstrap.servers": self.bootstrap, "group.id": "tests", "isolation.level": "read_uncommitted"}
        consumer = Consumer({**settings, "enable.partition.eof": True, "enable.auto.commit": False})
        records = 0
        left = self.log.admin().partition_counts()[topic]
        consumer.assign([KafkaPartition(topic, number, 0) for number in range(left)])
        while left:
            for message in consumer.consume(1, 1.0):
                if message.error() is None:
                    records += 1
                else:
                    left -= 1
        consumer.close()
        return records

    def ends(self, topic: str) -> dict[int, int]:
        """The end of each partition."""
        admin = self.log.admin()
        partitions = [TopicPartition(topic, number) for number in range(admin.partition_counts()[topic])]
        return {where.partition: end for where, end in admin.end_offsets(partitions).items()}

    def topic_settings(self, topic: str) -> dict[str, str]:
        """What was set for a topic when it was made."""
        client = AdminClient({"bootstrap.servers": self.bootstrap})
        resource = ConfigResource(ResourceType.TOPIC, topic)
        entries = client.describe_configs([resource])[resource].result().values()
        return {entry.name: entry.value for entry in entries if entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value}

    def positions(self, group: str = "app") -> dict[str, tuple[int, str]]:
        """A group's positions and their metadata by `topic-partition`."""
        return {str(where): (at.offset, at.metadata) for where, at in self.log.admin().positions(group).items()}


def opened(bootstrap: str, folder: Path) -> KafkaAccess:
    """Access from a process of its own."""
    return KafkaAccess(bootstrap, open_kafka(bootstrap, client_id="tests"), folder)


def _hex(raw: bytes | None) -> str | None:
    return None if raw is None else raw.hex()


def _text(key: str | None) -> str | None:
    return None if key is None else bytes.fromhex(key).decode()
