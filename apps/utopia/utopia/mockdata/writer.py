"""Mock data into a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from headrace.core.errors import ConfigurationError
from headrace.core.hashing import partition_for
from headrace.log.api import Log, NewTopic, RecordColumns
from utopia.entities import ENTITY_OF
from utopia.mockdata.generator import MockRecord

_FLUSH_EVERY = 20_000


def ensure_topics(log: Log, partitions: int) -> dict[str, int]:
    """Makes those of Utopia's topics that are missing; the partition count of every one of them."""
    known = log.admin().topics()
    missing = [NewTopic(topic, partitions) for topic in ENTITY_OF if topic not in known]
    if missing:
        log.admin().create_topics(missing)
    return {topic: known[topic].partitions if topic in known else partitions for topic in ENTITY_OF}


def refuse_to_load_twice(log: Log) -> None:
    """Raises ConfigurationError if a log has topics of Utopia's already: another load would repeat their ids."""
    if not ENTITY_OF.keys().isdisjoint(log.admin().topics()):
        message = "there is mock data in the log already, and another load would repeat its ids"
        raise ConfigurationError(message, hint="give another directory by --data, or delete that one; on brokers: the topics")


class LogWriter:
    """Appends mock records to the topics of a log, JSON under their ids, partitioned as Kafka does it.

    Close it when done, or use it in a `with` statement.
    """

    def __init__(self, log: Log, *, partitions: int = 4) -> None:
        self._partitions = ensure_topics(log, partitions)
        self._producer = log.producer()
        self._encode = msgspec.json.Encoder().encode
        self.written: Counter[str] = Counter()

    def write(self, records: Iterable[MockRecord], progress: Callable[[int], object] = lambda written: None) -> None:
        """Appends records; they are readable when this returns. `progress` hears after each slice how many that were."""
        encode = self._encode
        buffers, room = self._empty(), _FLUSH_EVERY
        for topic, key, entity, timestamp in records:
            columns = buffers[topic]
            raw_key = key.encode()
            column = columns[partition_for(raw_key, len(columns))]
            column.keys.append(raw_key)
            column.values.append(encode(entity))
            column.timestamps.append(timestamp)
            room -= 1
            if not room:
                self._flush(buffers)
                progress(_FLUSH_EVERY)
                buffers, room = self._empty(), _FLUSH_EVERY
        self._flush(buffers)
        progress(_FLUSH_EVERY - room)

    def _empty(self) -> dict[str, list[RecordColumns]]:
        return {topic: [RecordColumns() for _ in range(count)] for topic, count in self._partitions.items()}

    def _flush(self, buffers: dict[str, list[RecordColumns]]) -> None:
        for topic, columns in buffers.items():
            for partition, column in enumerate(columns):
                if column.timestamps:
                    self._producer.append(topic, partition, column)
                    self.written[topic] += len(column)
        self._producer.flush()

    def close(self) -> None:
        """Gives up the producer."""
        self._producer.close()

    def __enter__(self) -> LogWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
