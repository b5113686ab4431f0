"""Dead letters: what stands in their headers, how they are found and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from headrace.core.errors import LogError
from headrace.core.hashing import partition_for
from headrace.core.identifiers import TopicPartition
from headrace.core.records import Headers
from headrace.log.api import Log, Position, RecordColumns

ERROR_HEADERS = ("__streams.errors.", "__headrace.errors.")
"""Beginnings of the names of what a dead letter adds. Source of the first: KIP-1034."""

_POLL = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One dead letter.

    Attributes:
        partition / offset: Its own place in the dead letter topic.
        errors: What it says about the failure: `topic`, `partition`, `offset`, `exception`, `message`, `stacktrace`; of bytes
            that cannot be read also `part` (key or value), `field` and `schema_id`, as far as known.
        headers: The original ones.
    """

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    errors: Mapping[str, str]

    @property
    def place(self) -> str:
        """Its own place as it is written on the command line: `0@12`."""
        return f"{self.partition}@{self.offset}"

    @property
    def source(self) -> TopicPartition | None:
        """Where the record was read from, if one was in hand when it failed."""
        topic, partition = self.errors.get("topic"), self.errors.get("partition", "")
        return TopicPartition(topic, int(partition)) if topic and partition.isdecimal() else None


def letters(log: Log, starts: Mapping[TopicPartition, int]) -> Iterator[Letter]:
    """The letters from some offsets to the ends as they are now, partition by partition."""
    ends = log.admin().end_offsets(list(starts))
    reader = log.reader()
    try:
        for where, start in sorted(starts.items()):
            if start >= ends[where]:
                continue
            reader.assign({where: start})
            while reader.position(where) < ends[where]:
                for batch in reader.poll(_POLL, 0.2):
                    for index, offset in enumerate(batch.offsets):
                        if offset < ends[where]:
                            headers = () if batch.headers is None else batch.headers[index]
                            record = (batch.timestamps[index], batch.keys[index], batch.values[index])
                            yield _letter(where.partition, offset, record, headers)
    finally:
        reader.close()


def _letter(partition: int, offset: int, record: tuple[int, bytes | None, bytes | None], headers: Headers) -> Letter:
    timestamp, key, value = record
    errors = {
        name.rpartition(".")[2]: (data or b"").decode(errors="replace")
        for name, data in headers
        if name.startswith(ERROR_HEADERS)
    }
    original = tuple((name, data) for name, data in headers if not name.startswith(ERROR_HEADERS))
    return Letter(
        partition=partition, offset=offset, timestamp=timestamp, key=key, value=value, headers=original, errors=errors
    )


def put_back(
    log: Log,
    found: Sequence[Letter],
    group: str,
    done: Mapping[TopicPartition, int],
    say: Callable[[str], None],
    *,
    dry_run: bool,
) -> int:
    """Writes letters to the topics they came from, with `done` as the group's positions, in one transaction; how many it were.

    Raises:
        LogError: A topic is not there any more; nothing was written.
    """
    counts, columns = log.admin().partition_counts(), dict[TopicPartition, RecordColumns]()
    for letter in found:
        source = letter.source
        if source is None:
            say(f"left out {letter.place}: no record was in hand when it failed ({letter.errors.get('exception', 'unknown')})")
            continue
        if source.topic not in counts:
            message = f"letter {letter.place} comes from topic {source.topic!r}, which does not exist any more"
            raise LogError(message, hint="nothing was put back; leave such letters out by --from-topic")
        partitions = counts[source.topic]
        number = source.partition if source.partition < partitions else partition_for(letter.key or b"", partitions)
        where = TopicPartition(source.topic, number)
        columns.setdefault(where, RecordColumns()).append(letter.key, letter.value, letter.timestamp, letter.headers)
        say(f"{'would put back' if dry_run else 'put back'} {letter.place} to {where}")
    if not dry_run and (columns or done):
        _write(log, columns, group, done)
    return sum(len(of) for of in columns.values())


def _write(log: Log, columns: Mapping[TopicPartition, RecordColumns], group: str, done: Mapping[TopicPartition, int]) -> None:
    producer = log.producer(group)
    try:
        producer.begin()
        try:
            for (topic, partition), records in columns.items():
                producer.append(topic, partition, records)
            producer.send_positions(group, {where: Position(offset) for where, offset in done.items()})
            producer.commit()
        except BaseException:
            producer.abort()
            raise
    finally:
        producer.close()
