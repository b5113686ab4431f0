"""Events into their topic."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from headrace.core.hashing import partition_for
from headrace.core.identifiers import TopicPartition
from headrace.log.api import NewTopic, RecordColumns
from segmenter.model import DEVICE_FORMAT, ENVELOPE_FORMAT, EVENTS, Device, Envelope
from segmenter.surroundings import Surroundings


class EventWriter:
    """Writes events to the partitions of their devices. Makes the topic if it is not there.

    Close it when done, or use it in a `with` statement.
    """

    def __init__(self, around: Surroundings) -> None:
        admin = around.log.admin()
        partitions = admin.partition_counts().get(EVENTS)
        if partitions is None:
            partitions = around.config.topic_partitions
            admin.create_topics([NewTopic(EVENTS, partitions)])
        self._partitions = partitions
        self._encode_key = around.connected(DEVICE_FORMAT).encoder(EVENTS, is_key=True)
        self._encode_value = around.connected(ENVELOPE_FORMAT).encoder(EVENTS, is_key=False)
        self._routes: dict[Device, tuple[bytes, int]] = {}
        self._producer = around.log.producer()

    def write(self, events: Sequence[tuple[Device, Envelope]]) -> dict[TopicPartition, int]:
        """Returns when all are acknowledged; per partition written to, the offset after its last record."""
        columns: dict[int, RecordColumns] = {}
        for device, envelope in events:
            key, partition = self._routes.get(device) or self._route(device)
            target = columns.get(partition)
            if target is None:
                target = columns[partition] = RecordColumns()
            target.keys.append(key)
            target.values.append(self._encode_value(envelope))
            target.timestamps.append(envelope.timestamp)
        for partition, records in columns.items():
            self._producer.append(EVENTS, partition, records)
        return self._producer.flush()

    def _route(self, device: Device) -> tuple[bytes, int]:
        key = self._encode_key(device)
        found = self._routes[device] = key, partition_for(key, self._partitions)
        return found

    def close(self) -> None:
        """Gives up the producer."""
        self._producer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
