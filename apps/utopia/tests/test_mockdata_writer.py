"""Mock data in a log: complete, decodable, partitioned as Kafka's producers do it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
from utopia import entities as e
from utopia.mockdata import WORKSHOP_SIZES, MockData, Settings
from utopia.mockdata.writer import LogWriter

from headrace.core.hashing import partition_for
from headrace.core.identifiers import TopicPartition
from headrace.log.api import Log, NewTopic, RecordBatch
from headrace.log.memory import MemoryLog

WORLD = Settings(start_ms=1_760_000_000_000, sizes=WORKSHOP_SIZES)


@pytest.fixture
def log() -> Iterator[Log]:
    log = MemoryLog()
    yield log
    log.close()


def read(log: Log, topic: str) -> list[RecordBatch]:
    reader = log.reader()
    partitions = range(log.admin().topics()[topic].partitions)
    reader.assign({TopicPartition(topic, partition): 0 for partition in partitions})
    batches: list[RecordBatch] = []
    while polled := reader.poll(100_000, 0):
        batches.extend(polled)
    reader.close()
    return batches


def test_everything_arrives_as_it_was_made(log: Log) -> None:
    made = list(MockData(WORLD).initial_load())
    with LogWriter(log) as writer:
        writer.write(made)

    assert writer.written == Counter(record[0] for record in made)
    for topic, entity_type in e.ENTITY_OF.items():
        decode = msgspec.json.Decoder(entity_type).decode
        arrived = {
            key: (decode(value), timestamp)
            for batch in read(log, topic)
            for key, value, timestamp in zip(batch.keys, batch.values, batch.timestamps, strict=True)
            if key is not None and value is not None
        }
        assert arrived == {key.encode(): (entity, at) for name, key, entity, at in made if name == topic}


def test_keys_lie_where_kafkas_default_partitioner_puts_them(log: Log) -> None:
    with LogWriter(log, partitions=4) as writer:
        writer.write(MockData(WORLD).initial_load())

    batches = read(log, e.STREAMS)
    assert {batch.partition for batch in batches} == {0, 1, 2, 3}
    assert all(partition_for(key, 4) == batch.partition for batch in batches for key in batch.keys if key)


def test_topics_that_exist_keep_their_partitions(log: Log) -> None:
    log.admin().create_topics([NewTopic(e.STREAMS, 1)])

    with LogWriter(log, partitions=3) as writer:
        writer.write(MockData(WORLD).initial_load())

    assert len({batch.partition for batch in read(log, e.STREAMS)}) == 1
    assert log.admin().topics()[e.TICKETS].partitions == 3


def test_progress_adds_up_over_slices(log: Log) -> None:
    steps: list[int] = []
    many = Settings(start_ms=WORLD.start_ms, sizes=replace(WORKSHOP_SIZES, streams=45_000))
    with LogWriter(log) as writer:
        writer.write(MockData(many).initial_load(), steps.append)

    assert len(steps) == 3
    assert sum(steps) == writer.written.total() == sum(1 for _ in MockData(many).initial_load())
