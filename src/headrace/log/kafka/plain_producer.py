"""The producer without transactions: it buffers, and hands over when it is told to send, or at the latest to flush."""

from __future__ import annotations

from headrace.core.identifiers import TopicPartition
from headrace.log.buffered_producer import BufferedProducer, Pending
from headrace.log.kafka.plain_writes import Columns, PlainWrites


class PlainProducer(BufferedProducer):
    """An `EagerProducer`. What was sent is kept until it is flushed: after a failure all of it is sent once more."""

    def __init__(self, writes: PlainWrites) -> None:
        super().__init__(self._written, transactional=False, give_up=writes.close)
        self._writes = writes
        self._sent: dict[TopicPartition, int] = {}

    def send(self) -> None:
        """Hands over what was appended."""
        self._require_open("send")
        self._send(self._pending)

    def _written(self, pending: Pending) -> dict[TopicPartition, int]:
        self._send(pending)
        self._sent = {}
        return self._writes.finish(pending.records)

    def _send(self, pending: Pending) -> None:
        sent, self._sent = self._sent, {}  # should it fail, nobody knows what was handed over
        fresh = _behind(pending, sent)
        if fresh:
            self._writes.begin(fresh)
        self._sent = {where: len(columns) for where, columns in pending.records.items()}


def _behind(pending: Pending, sent: dict[TopicPartition, int]) -> Columns:
    """The columns that come after so many of each partition."""
    fresh = {where: columns[sent.get(where, 0) :] for where, columns in pending.records.items()}
    return {where: columns for where, columns in fresh.items() if columns}
