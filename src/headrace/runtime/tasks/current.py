"""The record in hand: where it was read from and its original bytes."""

from __future__ import annotations

from headrace.core.records import RecordMetadata


class CurrentRecord:
    """One per task, overwritten for each record; only as far as a node of the task needs it.

    Attributes:
        topic: None within a punctuation or a flush, when there is no record in hand.
        raw_value: The value's bytes as they were read, for sinks that pass them through.
    """

    __slots__ = ("offset", "partition", "raw_value", "topic")

    def __init__(self) -> None:
        self.topic: str | None = None
        self.partition = -1
        self.offset = -1
        self.raw_value: bytes | None = None

    def metadata(self) -> RecordMetadata | None:
        """Topic, partition and offset as a value."""
        return None if self.topic is None else RecordMetadata(self.topic, self.partition, self.offset)
