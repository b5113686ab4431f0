"""The transport contract: what memory, embedded log and Kafka have to offer. Nothing above `log` knows which one it is.

The unit is the batch: columns of offsets, timestamps, keys, values and headers. Bytes only; formats live elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from headrace.core.identifiers import TopicPartition
from headrace.core.records import Headers

ReaderKind = Literal["main", "restore", "global"]
"""What a reader is for, as Kafka Streams tells consumers apart: inputs, changelogs, or the topics of global stores."""


@dataclass(slots=True)
class RecordColumns:
    """Records on their way to one partition, as columns of equal length.

    Attributes:
        headers: None while no record has any.
        vouched: How many of the first records have keys and values of which it is known that they are bytes or None:
            producers check the types of the others.
    """

    timestamps: list[int] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    headers: list[Headers] | None = None
    vouched: int = 0

    def __len__(self) -> int:
        return len(self.timestamps)

    def append(self, key: bytes | None, value: bytes | None, timestamp: int, headers: Headers = ()) -> None:
        """Adds one record."""
        if headers:
            if self.headers is None:
                self.headers = [()] * len(self.timestamps)
            self.headers.append(headers)
        elif self.headers is not None:
            self.headers.append(headers)
        self.timestamps.append(timestamp)
        self.keys.append(key)
        self.values.append(value)

    def extend(self, keys: Sequence[bytes | None], values: Sequence[bytes | None], timestamps: Sequence[int]) -> None:
        """Adds many records without headers."""
        if self.headers is not None:
            self.headers.extend([()] * len(keys))
        self.timestamps.extend(timestamps)
        self.keys.extend(keys)
        self.values.extend(values)

    def extend_vouched(self, keys: Sequence[bytes | None], values: Sequence[bytes | None], timestamps: Sequence[int]) -> None:
        """The same with keys and values that came out of a log, or a format, as bytes or None."""
        if self.vouched == len(self.keys):
            self.vouched += len(keys)
        self.extend(keys, values, timestamps)


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Records read from one partition, as columns of equal length.

    Attributes:
        offsets: Ascending; a range unless compaction left gaps.
        headers: None when no record of the batch has headers.
        next_offset: The position to read or commit next: past gaps and control records, so not always last + 1. A batch
            without records says that only such were passed.
        oldest: No timestamp is below it; None if that is not known without looking at all of them.
    """

    topic: str
    partition: int
    offsets: Sequence[int]
    timestamps: Sequence[int]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    headers: Sequence[Headers] | None
    next_offset: int
    oldest: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A group's place in a partition: the next offset to read, and the metadata committed with it (opaque text)."""

    offset: int
    metadata: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicConfig:
    """How a topic keeps its records, in Kafka's terms.

    Attributes:
        cleanup: `delete`, `compact` or `compact,delete`.
        retention_ms: How long records are kept, by their timestamps; -1 keeps them for ever.
        retention_bytes: How many bytes a partition keeps; -1 is no bound.
        min_compaction_lag_ms: How long a record is safe from compaction.
        extra: Other settings, passed through to Kafka as they are.
    """

    cleanup: str = "delete"
    retention_ms: int = -1
    retention_bytes: int = -1
    min_compaction_lag_ms: int = 0
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to be made."""

    name: str
    partitions: int
    config: TopicConfig = TopicConfig()


@dataclass(frozen=True, slots=True)
class TopicDescription:
    """A topic that exists."""

    name: str
    partitions: int
    config: TopicConfig


class Admin(Protocol):
    """Topics and groups of a log."""

    def create_topics(self, topics: Sequence[NewTopic]) -> None:
        """Makes topics. Raises TopicExistsError if one is there with another partition count."""
        ...

    def delete_topics(self, names: Sequence[str]) -> None:
        """Deletes topics with their records. Raises UnknownTopicError."""
        ...

    def topics(self) -> dict[str, TopicDescription]:
        """All topics by name."""
        ...

    def partition_counts(self) -> dict[str, int]:
        """Partitions of all topics by name; on Kafka much cheaper than `topics`."""
        ...

    def add_partitions(self, topic: str, total: int) -> None:
        """Grows a topic to `total` partitions."""
        ...

    def delete_records(self, before: Mapping[TopicPartition, int]) -> None:
        """Gives up all records below the offsets."""
        ...

    def start_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offset that is still there."""
        ...

    def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset that the next committed record will get (the last stable offset)."""
        ...

    def high_watermarks(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset behind all that is written, open transactions included: past it there is nothing to wait for.

        Where commits show at once this is the end. On Kafka a transaction that is decided can still lie behind the last
        stable offset, so a restore that stopped there could miss what belongs to positions that are committed.
        """
        ...

    def future_allowance_ms(self, topic: str) -> int | None:
        """How far behind now a record's timestamp may lie for the log to take it; None: as far as it likes."""
        ...

    def offsets_for_times(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Per partition the first offset whose timestamp (ms) is at or after the given one; the end if there is none."""
        ...

    def groups(self) -> list[str]:
        """Groups that have committed positions."""
        ...

    def positions(self, group: str) -> dict[TopicPartition, Position]:
        """All committed positions of a group; empty for an unknown one."""
        ...

    def set_positions(self, group: str, positions: Mapping[TopicPartition, Position | None]) -> None:
        """Overwrites positions of a group; None forgets one."""
        ...

    def clean(self) -> None:
        """Runs retention and compaction now and gives space back."""
        ...


class Reader(Protocol):
    """Reads committed records from assigned partitions. Used by one thread."""

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        """Replaces the assignment: each partition with the offset to read first. Raises UnknownTopicError.

        A partition that is assigned already and stands at the offset is not touched: what was fetched ahead stays, and if it
        is paused it stays so. Others begin unpaused.
        """
        ...

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        """Stops handing out records of these partitions."""
        ...

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        """Goes on with paused partitions."""
        ...

    def poll(self, max_records: int, timeout_s: float) -> list[RecordBatch]:
        """The next batches, at most about `max_records` records in all, fair over partitions.

        Waits up to `timeout_s` for the first one; returns an empty list if none came. Never splits an order: batches of
        one partition come ascending.

        Raises:
            OffsetOutOfRangeError: A position lies before the start of its partition, or past its end.
            UnknownTopicError: A topic was deleted.
        """
        ...

    def position(self, partition: TopicPartition) -> int:
        """The offset that `poll` hands out next."""
        ...

    def close(self) -> None:
        """Gives up resources."""
        ...


class Producer(Protocol):
    """Appends records. With a transaction everything between `begin` and `commit` becomes visible at once, or nothing."""

    def begin(self) -> None:
        """Starts a transaction. Only for transactional producers."""
        ...

    def append(self, topic: str, partition: int, records: RecordColumns) -> None:
        """Takes records over (the columns must not be changed afterwards). They are visible after `flush` or `commit`."""
        ...

    def send_positions(self, group: str, positions: Mapping[TopicPartition, Position]) -> None:
        """Makes positions part of the transaction."""
        ...

    def commit(self) -> dict[TopicPartition, int]:
        """Commits the transaction durably; per partition written to, the offset after its last record.

        After an error the transaction is still open: repeat the call (retriable errors, no space) or abort.

        Raises:
            FencedError: A newer producer with the same transactional id exists; nothing was written.
            LogFullError: No space left; nothing was written.
            UnknownTopicError: A topic or partition that does not exist; nothing was written.
        """
        ...

    def abort(self) -> None:
        """Forgets the transaction."""
        ...

    def flush(self) -> dict[TopicPartition, int]:
        """Without transactions: writes all that was appended; offsets as from `commit`."""
        ...

    def close(self) -> None:
        """Gives up resources; records of an open transaction are forgotten."""
        ...


@runtime_checkable
class EagerProducer(Producer, Protocol):
    """A producer without transactions that can begin to write before anybody waits for it."""

    def send(self) -> None:
        """Begins to write what was appended, and does not wait. What fails is told by the next `flush`."""
        ...


@runtime_checkable
class PackingProducer(Producer, Protocol):
    """A producer that brings many records of a partition into the log's own form when it gets them.

    They take less room from then on, and what they were made of is let go while it is still in the processor's caches.

    Attributes:
        packs_at: From how many records on it does so.
    """

    packs_at: int


class Log(Protocol):
    """One log: memory, embedded or Kafka. Safe to use from several threads; readers and producers are not."""

    def admin(self) -> Admin:
        """Topics and groups."""
        ...

    def reader(self, kind: ReaderKind = "main") -> Reader:
        """A new reader of committed records, with the user's settings for readers of this kind."""
        ...

    def producer(self, transactional_id: str | None = None) -> Producer:
        """A new producer; with a transactional id it fences every older one of that id."""
        ...

    def own(self, application_id: str) -> AbstractContextManager[None]:
        """Ownership of an application id for as long as the context is open, released also when the process dies.

        Raises:
            OwnedError: Another process (named by its pid where known) owns it.
        """
        ...

    def close(self) -> None:
        """Closes the log for this process."""
        ...


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """A process's place in a group of consumers.

    Attributes:
        member: Its id; empty while it is outside. A process that was expelled and comes back gets a new one.
        generation: Counts the group's changes.
        leads: It is the one member of this generation that decides for all.
    """

    member: str
    generation: int
    leads: bool


class GroupMember(Protocol):
    """A process as a member of a group. All calls from one thread, `commit_as` from any."""

    def place(self) -> GroupPlace:
        """The place now. To be called often: a member that does not is expelled. Raises FencedError if another has its name."""
        ...

    def members(self) -> frozenset[str] | None:
        """The ids of all members now; None while the group is changing. Whoever is not among them cannot commit."""
        ...

    def commit_as(self, member: str) -> None:
        """Positions of the group are committed for this member from now on; refused when this process is another by then."""
        ...

    def close(self) -> None:
        """Leaves the group; a member with a name of its own (static membership) is waited for until the session time-out."""
        ...


@runtime_checkable
class GroupLog(Log, Protocol):
    """A log whose applications run in several instances, which find one another as members of a group."""

    def join(self, group: str, topic: str) -> GroupMember:
        """Joins a group over a topic with one partition. One member at a time for each group and log."""
        ...

    def static_name(self) -> str | None:
        """The name by which this process stays a member while it restarts, if it was given one."""
        ...
