"""The embedded log does what the memory log does, whatever is done to both."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.core.errors import OffsetOutOfRangeError
from headrace.core.identifiers import TopicPartition
from headrace.core.records import Headers
from headrace.core.time import ManualClock
from headrace.log.api import Log, NewTopic, Position, Reader, RecordColumns, TopicConfig
from headrace.log.embedded import compactor, cursor, frames, open_log
from headrace.log.memory import MemoryLog

TOPICS = (
    NewTopic("plain", 2, TopicConfig(retention_ms=1_000)),
    NewTopic("table", 1, TopicConfig(cleanup="compact", extra=(("delete.retention.ms", "500"),))),
    NewTopic(
        "both",
        1,
        TopicConfig(
            cleanup="compact,delete",
            retention_ms=2_000,
            min_compaction_lag_ms=300,
            extra=(("delete.retention.ms", "100"),),
        ),
    ),
)
PARTITIONS = [TopicPartition(topic.name, number) for topic in TOPICS for number in range(topic.partitions)]

Row = tuple[int, bytes | None, bytes | None, int, Headers]


@dataclass(frozen=True)
class Append:
    """Sends to some partitions in one transaction, or without one, and commits or aborts."""

    records: dict[TopicPartition, list[tuple[bytes, bytes | None, int, Headers]]]
    position: int | None
    end: str


@dataclass(frozen=True)
class DeleteRecords:
    partition: TopicPartition
    share: float


@dataclass(frozen=True)
class Clean:
    wait_ms: int


@dataclass(frozen=True)
class Read:
    limit: int


@dataclass(frozen=True)
class Remake:
    topic: NewTopic


RECORD = st.tuples(
    st.sampled_from([b"a", b"b", b"c", b"d"]),
    st.none() | st.binary(max_size=3),
    st.integers(-600, 600),
    st.just(()) | st.just((("h", b"1"), ("h", None))),
)
OPERATIONS = st.lists(
    st.one_of(
        st.builds(
            Append,
            st.dictionaries(st.sampled_from(PARTITIONS), st.lists(RECORD, min_size=1, max_size=12), max_size=3),
            st.none() | st.integers(0, 9),
            st.sampled_from(["commit", "commit", "abort", "flush"]),
        ),
        st.builds(DeleteRecords, st.sampled_from(PARTITIONS), st.floats(0, 1)),
        st.builds(Clean, st.sampled_from([0, 1, 100, 500, 1_000])),
        st.builds(Read, st.integers(1, 9)),
        st.builds(Remake, st.sampled_from(TOPICS)),
    ),
    max_size=25,
)


class Driven:
    """One log with a producer and a reader, driven by operations."""

    def __init__(self, log: Log, clock: ManualClock) -> None:
        self.log = log
        self.clock = clock
        self.admin = log.admin()
        self.admin.create_topics(TOPICS)
        self.plain = log.producer()
        self.transactional = log.producer("t")
        self.reader: Reader = log.reader()
        self.reader.assign(dict.fromkeys(PARTITIONS, 0))

    def append(self, operation: Append) -> dict[TopicPartition, int]:
        producer = self.plain if operation.end == "flush" else self.transactional
        if operation.end != "flush":
            producer.begin()
        for where, records in operation.records.items():
            for half in (records[::2], records[1::2]):
                columns = RecordColumns()
                for key, value, age, headers in half:
                    columns.append(key, value, self.clock.now_ms() + age, headers)
                producer.append(where.topic, where.partition, columns)
        if operation.end == "flush":
            return producer.flush()
        if operation.position is not None:
            producer.send_positions("g", {PARTITIONS[0]: Position(operation.position, "m")})
        if operation.end == "commit":
            return producer.commit()
        producer.abort()
        return {}

    def delete_records(self, operation: DeleteRecords) -> None:
        end = self.admin.end_offsets([operation.partition])[operation.partition]
        self.admin.delete_records({operation.partition: int(end * operation.share)})

    def remake(self, operation: Remake) -> None:
        self.admin.delete_topics([operation.topic.name])
        self.admin.create_topics([operation.topic])

    def read(self, limit: int) -> dict[TopicPartition, list[Row]] | str:
        try:
            return _rows(self.reader, limit)
        except OffsetOutOfRangeError as error:
            self.reader.assign(self.admin.start_offsets(PARTITIONS))
            return str(error)

    def seen(self) -> object:
        """All that anybody can know of the log."""
        reader = self.log.reader()
        starts = self.admin.start_offsets(PARTITIONS)
        reader.assign(starts)
        rows = _rows(reader, 10_000)
        reader.close()
        times = [self.admin.offsets_for_times(dict.fromkeys(PARTITIONS, at)) for at in range(4_000, 12_000, 500)]
        ends = self.admin.end_offsets(PARTITIONS)
        return self.admin.topics(), starts, ends, rows, times, self.admin.groups(), self.admin.positions("g")


def _rows(reader: Reader, limit: int) -> dict[TopicPartition, list[Row]]:
    found: dict[TopicPartition, list[Row]] = {}
    for batch in reader.poll(limit, 0):
        headers = batch.headers or [()] * len(batch.offsets)
        rows = zip(batch.offsets, batch.keys, batch.values, batch.timestamps, headers, strict=True)
        found.setdefault(TopicPartition(batch.topic, batch.partition), []).extend(rows)
    return found


@contextmanager
def _tiny_frames() -> Iterator[None]:
    """Bounds so small that a few records cross them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "MAX_RECORDS", 5)
        patch.setattr(cursor, "_SMALL", 3)
        patch.setattr(compactor, "_ENOUGH_RECORDS", 3)
        patch.setattr(compactor, "_MOST_KEYS", 2)
        yield


@settings(max_examples=120, deadline=None)
@given(operations=OPERATIONS)
def test_both_logs_show_the_same(operations: list[object]) -> None:
    clock = ManualClock(8_000)
    with tempfile.TemporaryDirectory() as directory, _tiny_frames():
        embedded = open_log(Path(directory), durability="normal", clock=clock)
        both = (Driven(MemoryLog(clock), clock), Driven(embedded, clock))
        try:
            for operation in operations:
                _apply(operation, both, clock)
            first, second = (driven.seen() for driven in both)
            assert first == second
        finally:
            embedded.close()


def _apply(operation: object, both: tuple[Driven, Driven], clock: ManualClock) -> None:
    match operation:
        case Append():
            assert both[0].append(operation) == both[1].append(operation)
        case DeleteRecords():
            for driven in both:
                driven.delete_records(operation)
        case Read(limit):
            assert both[0].read(limit) == both[1].read(limit)
        case Clean(wait_ms):
            clock.advance(wait_ms)
            # A reader may still hold records in hand that are compacted away meanwhile: both begin afresh.
            positions = {where: both[1].reader.position(where) for where in PARTITIONS}
            for driven in both:
                driven.admin.clean()
                driven.reader.assign(positions)
        case Remake():
            for driven in both:
                driven.remake(operation)
                driven.reader.assign(driven.admin.start_offsets(PARTITIONS))
