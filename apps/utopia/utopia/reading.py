"""Topics read from start to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from headrace.core.identifiers import TopicPartition
from headrace.log.api import Log

T = TypeVar("T")

_AT_ONCE = 10_000


def read_all(log: Log, topic: str, decode: Callable[[bytes], T]) -> Iterator[tuple[str, T]]:
    """Key and value of every record that is committed now, partition by partition interleaved; tombstones are left out."""
    partitions = [TopicPartition(topic, number) for number in range(log.admin().topics()[topic].partitions)]
    ends = log.admin().end_offsets(partitions)
    reader = log.reader()
    try:
        reader.assign(log.admin().start_offsets(partitions))
        while any(reader.position(partition) < end for partition, end in ends.items()):
            for batch in reader.poll(_AT_ONCE, 1.0):
                for key, value in zip(batch.keys, batch.values, strict=True):
                    if key is not None and value is not None:
                        yield key.decode(), decode(value)
    finally:
        reader.close()


def latest(log: Log, topic: str, decode: Callable[[bytes], T]) -> dict[str, T]:
    """The last value of each key, as a table would have it."""
    return dict(read_all(log, topic, decode))
