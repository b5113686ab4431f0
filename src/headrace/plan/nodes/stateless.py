"""Steps on streams without state of the engine's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headrace.formats.api import Format
from headrace.plan.nodes.base import FlatMapper, KeyValueMapper, Node, Partitioner, Predicate
from headrace.processor.api import ProcessorSupplier


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Node):
    """Keeps records for which the predicate (key, value) holds, or does not (`negate`)."""

    parent: Node
    predicate: Predicate
    negate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(Node):
    """(key, value) -> (new key, new value)."""

    parent: Node
    mapper: Callable[[Any, Any], tuple[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapValues(Node):
    """value -> new value; (key, value) -> new value with `with_key`."""

    parent: Node
    mapper: Callable[..., Any]
    with_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatMap(Node):
    """(key, value) -> any number of (key, value)."""

    parent: Node
    mapper: FlatMapper


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatMapValues(Node):
    """value (or key, value) -> any number of values."""

    parent: Node
    mapper: Callable[..., Any]
    with_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectKey(Node):
    """(key, value) -> new key."""

    parent: Node
    mapper: KeyValueMapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek(Node):
    """Calls (key, value) and passes the record on; `terminal` ends the stream (foreach, print)."""

    parent: Node
    action: Callable[[Any, Any], object]
    terminal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Node):
    """Sends each record to the first branch whose predicate holds, else to the default, else nowhere.

    Attributes:
        predicates: One per branch, in order.
        branch_names: Names of the `Branch` nodes, the default's last if there is one.
        has_default: Whether the last branch takes what no predicate takes.
    """

    parent: Node
    predicates: tuple[Predicate, ...]
    branch_names: tuple[str, ...]
    has_default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch(Node):
    """One branch of a split."""

    parent: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Node):
    """The records of both streams, in the order in which they come."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Repartition(Node):
    """Through an internal topic, so that records of one key meet in one partition.

    `name` is the source node behind the topic. Null keys are dropped unless `keep_null_keys` (left joins).

    Attributes:
        topic: Base name, which ends with `-repartition`; the topic is `<application id>-<topic>`.
        filter_name: The processor that drops null keys; None where none can come.
        partitions: Partition count; None takes the largest of the upstreams, or what co-partitioning asks for.
        value_format: May be a ChangedFormat (grouped tables).
        explicit: Written by the user: never merged or optimised away.
    """

    parent: Node
    topic: str
    filter_name: str | None
    sink_name: str
    key_format: Format[Any]
    value_format: Format[Any]
    partitions: int | None = None
    partitioner: Partitioner | None = None
    keep_null_keys: bool = False
    explicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Node):
    """A processor of the user's; `fixed_key`: it cannot change the key (process_values)."""

    parent: Node
    supplier: ProcessorSupplier
    stores: tuple[str, ...] = ()
    fixed_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncMapValues(Node):
    """An async function per record with bounded concurrency; order and time as if it were synchronous.

    Attributes:
        mapper: value (or key, value) -> awaitable of the new value.
        concurrency: How many calls are under way at once per task.
        timeout_ms: How long one attempt may take; None is no limit.
        retries: How many further attempts after a failed one.
    """

    parent: Node
    mapper: Callable[..., Any]
    with_key: bool = False
    concurrency: int = 16
    timeout_ms: int | None = None
    retries: int = 0
    retry_backoff_ms: int = 100
    # What is made of the result.
    kind: str = "map"
    """`map` replaces the value, `filter` keeps the record if the result is true, `flat_map` gives several values,
    `foreach` ends the stream."""
