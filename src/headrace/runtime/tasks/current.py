"""The record in hand: where it was read from and its original bytes."""

from __future__ import annotations

from headrace.core.identifiers import TopicPartition
from headrace.core.records import RecordMetadata
from headrace.runtime.tasks.batch import DecodedBatch


class CurrentRecord:
    """One per task, overwritten for each record; only as far as a node of the task needs it.

    Attributes:
        partition: None within a punctuation or a flush, when there is no record in hand.
        batch / index: The record's place.
        raw_value: The value's bytes as they were read, for sinks that pass them through.
    """

    __slots__ = ("batch", "index", "partition", "raw_value")

    def __init__(self) -> None:
        self.partition: TopicPartition | None = None
        self.batch: DecodedBatch | None = None
        self.index = 0
        self.raw_value: bytes | None = None

    def metadata(self) -> RecordMetadata | None:
        """Topic, partition and offset as a value."""
        if self.partition is None or self.batch is None:
            return None
        return RecordMetadata(self.partition.topic, self.partition.partition, self.batch.offsets[self.index])
