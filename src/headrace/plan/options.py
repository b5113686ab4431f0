"""Option objects of the DSL: small frozen values instead of flags. Formats are given as a Format or as a Python type.

They have no slots: `Produced[str, int]()` sets an attribute, which a frozen dataclass with slots refuses in the wrong way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Literal, TypeVar, overload

from headrace.core.calls import explained
from headrace.core.errors import TopologyError
from headrace.core.time import Duration
from headrace.formats.api import Format
from headrace.plan.option_checks import (
    given_extractor,
    given_format,
    given_name,
    given_offset_reset,
    not_negative_ms,
    one_of,
)
from headrace.processor.timestamps import ConsumedRecord, TimestampExtractor
from headrace.state.engines.api import EngineSupplier

K = TypeVar("K")
V = TypeVar("V")
GivenK = TypeVar("GivenK")
GivenV = TypeVar("GivenV")
L = TypeVar("L")
R = TypeVar("R")
FK = TypeVar("FK")

OffsetReset = Literal["earliest", "latest", "none"]
OnDecodeError = Literal["fail", "skip", "dlq"]
PartitionerOf = Callable[[str, K, V, int], int | Iterable[int] | None]
"""(topic, key, value, number of partitions) -> partition, several of them, or None for the default."""


@dataclass(frozen=True, init=False)
class Consumed(Generic[K, V]):
    """How a source reads its topics.

    Args:
        key: Format of keys; String() if not given.
        value: Format of values; Json() if not given.
        timestamp: Where event time comes from: the name of a field of the value, an extractor, or a function of the record
            and the partition's time so far. The record's own timestamp if not given.
        offset_reset: Where to begin without a committed position: `earliest`, `latest`, `none` (stop), or how far back in
            time. The application's setting if not given.
        on_decode_error: What happens to a record that the formats cannot read: `fail`, `skip` or `dlq`. The application's
            setting if not given.
        name: Name of the source.

    >>> Consumed(value=int, timestamp="at").timestamp
    FieldTime(field='at', on_invalid='fail')
    """

    key: Format[K] | None
    value: Format[V] | None
    timestamp: TimestampExtractor | None
    offset_reset: str | None
    on_decode_error: OnDecodeError | None
    name: str | None

    @overload
    def __init__(
        self: Consumed[str, Any],
        *,
        timestamp: str | TimestampExtractor | Callable[[ConsumedRecord, int], int] | None = None,
        offset_reset: OffsetReset | timedelta | None = None,
        on_decode_error: OnDecodeError | None = None,
        name: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Consumed[GivenK, Any],
        *,
        key: Format[GivenK] | type[GivenK],
        timestamp: str | TimestampExtractor | Callable[[ConsumedRecord, int], int] | None = None,
        offset_reset: OffsetReset | timedelta | None = None,
        on_decode_error: OnDecodeError | None = None,
        name: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Consumed[str, GivenV],
        *,
        value: Format[GivenV] | type[GivenV],
        timestamp: str | TimestampExtractor | Callable[[ConsumedRecord, int], int] | None = None,
        offset_reset: OffsetReset | timedelta | None = None,
        on_decode_error: OnDecodeError | None = None,
        name: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        key: Format[K] | type[K],
        value: Format[V] | type[V],
        timestamp: str | TimestampExtractor | Callable[[ConsumedRecord, int], int] | None = None,
        offset_reset: OffsetReset | timedelta | None = None,
        on_decode_error: OnDecodeError | None = None,
        name: str | None = None,
    ) -> None: ...
    @explained(positional="write Consumed(key=str, value=int)")
    def __init__(
        self,
        *,
        key: Any = None,
        value: Any = None,
        timestamp: str | TimestampExtractor | Callable[[ConsumedRecord, int], int] | None = None,
        offset_reset: OffsetReset | timedelta | None = None,
        on_decode_error: OnDecodeError | None = None,
        name: str | None = None,
    ) -> None:
        object.__setattr__(self, "key", given_format(key))
        object.__setattr__(self, "value", given_format(value))
        object.__setattr__(self, "timestamp", given_extractor(timestamp))
        object.__setattr__(self, "offset_reset", given_offset_reset(offset_reset))
        object.__setattr__(self, "on_decode_error", one_of(on_decode_error, ("fail", "skip", "dlq"), "on_decode_error"))
        object.__setattr__(self, "name", given_name(name, "source"))


@dataclass(frozen=True, init=False)
class Produced(Generic[K, V]):
    """How a sink writes.

    Args:
        key: Format of keys; the stream's if not given.
        value: Format of values; the stream's if not given.
        partitioner: Chooses partitions; None, or None from it, is the default: by the hash of the key.
        name: Name of the sink.
    """

    key: Format[K] | None
    value: Format[V] | None
    partitioner: PartitionerOf[K, V] | None
    name: str | None

    @explained(positional="write Produced(key=str, value=int)")
    def __init__(
        self,
        *,
        key: Format[K] | type[K] | None = None,
        value: Format[V] | type[V] | None = None,
        partitioner: PartitionerOf[K, V] | None = None,
        name: str | None = None,
    ) -> None:
        object.__setattr__(self, "key", given_format(key))
        object.__setattr__(self, "value", given_format(value))
        object.__setattr__(self, "partitioner", partitioner)
        object.__setattr__(self, "name", given_name(name, "sink"))


@dataclass(frozen=True, init=False)
class Grouped(Generic[K, V]):
    """How records travel to their group if they have to be repartitioned.

    Args:
        key: Format of the group's keys.
        value: Format of the values.
        name: Name of the repartition topic, without application id and suffix. Aggregations of one grouped stream share a
            topic that is named.
    """

    key: Format[K] | None
    value: Format[V] | None
    name: str | None

    @explained(positional="write Grouped(key=str, value=int)")
    def __init__(
        self,
        *,
        key: Format[K] | type[K] | None = None,
        value: Format[V] | type[V] | None = None,
        name: str | None = None,
    ) -> None:
        object.__setattr__(self, "key", given_format(key))
        object.__setattr__(self, "value", given_format(value))
        object.__setattr__(self, "name", given_name(name, "topic"))


@dataclass(frozen=True, init=False)
class Repartitioned(Generic[K, V]):
    """How an explicit repartition is made.

    Args:
        name: Name of the topic, without application id and suffix.
        partitions: Number of partitions; the upstream topic's if not given.
        partitioner: Chooses partitions.
        key: Format of keys.
        value: Format of values.
    """

    name: str | None
    partitions: int | None
    partitioner: PartitionerOf[K, V] | None
    key: Format[K] | None
    value: Format[V] | None

    @explained(positional="write Repartitioned(partitions=12)")
    def __init__(
        self,
        *,
        name: str | None = None,
        partitions: int | None = None,
        partitioner: PartitionerOf[K, V] | None = None,
        key: Format[K] | type[K] | None = None,
        value: Format[V] | type[V] | None = None,
    ) -> None:
        if partitions is not None and partitions < 1:
            message = f"a topic has at least one partition, got {partitions}"
            raise TopologyError(message)
        object.__setattr__(self, "name", given_name(name, "topic"))
        object.__setattr__(self, "partitions", partitions)
        object.__setattr__(self, "partitioner", partitioner)
        object.__setattr__(self, "key", given_format(key))
        object.__setattr__(self, "value", given_format(value))


@dataclass(frozen=True, init=False)
class Joined(Generic[K, L, R]):
    """How a stream joins a table.

    Args:
        key: Format of keys.
        left: Format of the stream's values.
        right: Format of the table's values.
        grace: How long the stream's records are held back, so that the table's version of their time can come in. The table
            has to be versioned: Materialized(history=...). Source: KIP-923.
        name: Name of the step and, if the stream is repartitioned, of the topic.
    """

    key: Format[K] | None
    left: Format[L] | None
    right: Format[R] | None
    grace_ms: int | None
    name: str | None

    @explained(positional="write Joined(key=str, left=int, right=int)")
    def __init__(
        self,
        *,
        key: Format[K] | type[K] | None = None,
        left: Format[L] | type[L] | None = None,
        right: Format[R] | type[R] | None = None,
        grace: Duration | None = None,
        name: str | None = None,
    ) -> None:
        object.__setattr__(self, "key", given_format(key))
        object.__setattr__(self, "left", given_format(left))
        object.__setattr__(self, "right", given_format(right))
        object.__setattr__(self, "grace_ms", not_negative_ms(grace, "grace"))
        object.__setattr__(self, "name", given_name(name, "step"))


@dataclass(frozen=True, init=False)
class StreamJoined(Generic[K, L, R]):
    """How two streams are joined.

    Args:
        key: Format of keys.
        left: Format of the left values.
        right: Format of the right values.
        name: Name of the step and of repartition topics.
        store_name: What the stores are called after; or the names of the left and the right store themselves.
        logging: Whether the stores have changelogs.
        changelog_config: Settings of the changelog topics.
        engine: How the stores keep bytes.
    """

    key: Format[K] | None
    left: Format[L] | None
    right: Format[R] | None
    name: str | None
    store_name: str | tuple[str, str] | None
    logging: bool
    changelog_config: tuple[tuple[str, str], ...]
    engine: EngineSupplier | None

    @explained(positional="write StreamJoined(key=str, left=int, right=int)")
    def __init__(
        self,
        *,
        key: Format[K] | type[K] | None = None,
        left: Format[L] | type[L] | None = None,
        right: Format[R] | type[R] | None = None,
        name: str | None = None,
        store_name: str | tuple[str, str] | None = None,
        logging: bool = True,
        changelog_config: Mapping[str, str] | None = None,
        engine: EngineSupplier | None = None,
    ) -> None:
        object.__setattr__(self, "key", given_format(key))
        object.__setattr__(self, "left", given_format(left))
        object.__setattr__(self, "right", given_format(right))
        object.__setattr__(self, "name", given_name(name, "step"))
        for each in store_name if isinstance(store_name, tuple) else (store_name,):
            given_name(each, "store")
        object.__setattr__(self, "store_name", store_name)
        object.__setattr__(self, "logging", logging)
        object.__setattr__(self, "changelog_config", tuple((changelog_config or {}).items()))
        object.__setattr__(self, "engine", engine)


@dataclass(frozen=True, init=False)
class Materialized(Generic[K, V]):
    """How a table is kept.

    Args:
        name: Name of the store, by which it is read from outside.
        key: Format of keys (the inner key for windows and sessions).
        value: Format of values.
        caching: Whether updates are held back until the commit, so that one of several is forwarded.
        logging: Whether changes go to a changelog topic, from which the store can be restored.
        retention: How long windows and sessions are kept, in stream time; at least window size and grace, the default.
        history: Keeps old versions this long: the store is versioned. Source: KIP-889.
        engine: How bytes are kept.
        changelog_config: Settings of the changelog topic.
    """

    name: str | None
    key: Format[K] | None
    value: Format[V] | None
    caching: bool
    logging: bool
    retention_ms: int | None
    history_ms: int | None
    engine: EngineSupplier | None
    changelog_config: tuple[tuple[str, str], ...]

    @explained(positional='write Materialized("name", key=str, value=int)')
    def __init__(
        self,
        name: str | None = None,
        *,
        key: Format[K] | type[K] | None = None,
        value: Format[V] | type[V] | None = None,
        caching: bool = True,
        logging: bool = True,
        retention: Duration | None = None,
        history: Duration | None = None,
        engine: EngineSupplier | None = None,
        changelog_config: Mapping[str, str] | None = None,
    ) -> None:
        object.__setattr__(self, "name", given_name(name, "store"))
        object.__setattr__(self, "key", given_format(key))
        object.__setattr__(self, "value", given_format(value))
        object.__setattr__(self, "caching", caching)
        object.__setattr__(self, "logging", logging)
        object.__setattr__(self, "retention_ms", not_negative_ms(retention, "retention"))
        object.__setattr__(self, "history_ms", not_negative_ms(history, "history"))
        object.__setattr__(self, "engine", engine)
        object.__setattr__(self, "changelog_config", tuple((changelog_config or {}).items()))
        if retention is not None and history is not None:
            message = "a store has a retention (windows, sessions) or a history (versions), not both"
            raise TopologyError(message)


@dataclass(frozen=True, kw_only=True)
class TableJoined(Generic[K, FK]):
    """How a foreign-key join is made.

    Attributes:
        partitioner: Of the left table's topics, if they have one of their own: (topic, key, None, partitions).
        other_partitioner: The same of the right table's.
        name: What processors, topics and stores are called after.
    """

    partitioner: PartitionerOf[K, None] | None = None
    other_partitioner: PartitionerOf[FK, None] | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        given_name(self.name, "step")
