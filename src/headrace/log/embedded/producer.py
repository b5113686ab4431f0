"""The producer of the embedded log: it packs large parts into frames when it gets them."""

from __future__ import annotations

from headrace.core.identifiers import TopicPartition
from headrace.log.api import RecordColumns
from headrace.log.buffered_producer import BufferedProducer
from headrace.log.embedded.frames import merge, pack


class EmbeddedProducer(BufferedProducer):
    """A `PackingProducer`."""

    packs_at = 1_000

    def append(self, topic: str, partition: int, records: RecordColumns) -> None:
        """Takes records over; many become frames at once, with those that wait for the same partition."""
        super().append(topic, partition, records)
        if len(records.timestamps) >= self.packs_at:
            where, pending = TopicPartition(topic, partition), self._pending
            pending.packed.setdefault(where, []).extend(pack(merge(pending.records.pop(where))))
