"""Steps on tables. `store` is None where the result is not kept (it can still be looked up through its parent)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headrace.formats.api import Format
from headrace.plan.nodes.base import KeyValueMapper, Node, Partitioner, Predicate
from headrace.state.spec import StoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFilter(Node):
    """Keeps entries for which the predicate (key, value) holds, or does not (`negate`)."""

    parent: Node
    predicate: Predicate
    negate: bool = False
    store: StoreSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapValues(Node):
    """value -> new value; (key, value) -> new value with `with_key`. Tombstones stay tombstones."""

    parent: Node
    mapper: Callable[..., Any]
    with_key: bool = False
    store: StoreSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTransformValues(Node):
    """A value transformer with stores of the user's; runs for tombstones too."""

    parent: Node
    supplier: Callable[[], Any]
    stores: tuple[str, ...] = ()
    store: StoreSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToStream(Node):
    """The table's updates as a stream (new values only)."""

    parent: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class ToTable(Node):
    """The latest value of each key of a stream. The parent is already partitioned by key; null keys are dropped."""

    parent: Node
    store: StoreSpec
    materialized: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferBound:
    """How large a suppress buffer may get. None is no bound. When full: emit the oldest early, or shut down."""

    max_records: int | None = None
    max_bytes: int | None = None
    emit_early: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppress(Node):
    """Holds updates back: until their window closes (`until_ms` is None), or for `until_ms` after a key's first update.

    Attributes:
        grace_ms: The grace of the windows upstream (until the window closes only).
        store: The buffer.
    """

    parent: Node
    until_ms: int | None
    grace_ms: int
    bound: BufferBound
    store: StoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTableJoin(Node):
    """Table-table join by key. `name` is the merge node; left and right are `left_name` and `right_name`.

    Attributes:
        how: `inner`, `left` or `outer`.
        joiner: (left, right) -> value, or (key, left, right) with `with_key`.
    """

    left: Node
    right: Node
    left_name: str
    right_name: str
    how: str
    joiner: Callable[..., Any]
    with_key: bool = False
    store: StoreSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKeyJoin(Node):
    """Table-table join in which the left row names the right row's key (KIP-213).

    `name` is the result table. The other names are the processors and internal topics on the way; topics are base names.

    Attributes:
        how: `inner` or `left`.
        extractor: (key, value) -> foreign key of a left row.
        store: Where the result is kept if it is kept.
        materialized: Whether the user asked for the store; otherwise it is kept only if something downstream needs it.
        subscription_store: Who subscribes to which right key.
        partitioner: Of the left table's key, for the response topic; None sends answers to where the subscription came from.
        other_partitioner: Of the right table's key, for the registration topic; None is the default partitioner.
    """

    left: Node
    right: Node
    how: str
    extractor: KeyValueMapper
    joiner: Callable[..., Any]
    left_key_format: Format[Any]
    left_value_format: Format[Any]
    right_key_format: Format[Any]
    right_value_format: Format[Any]
    registration_topic: str
    response_topic: str
    registration_name: str
    registration_sink: str
    registration_source: str
    receive_name: str
    subscription_join_name: str
    right_join_name: str
    response_sink: str
    response_source: str
    resolver_name: str
    subscription_store: StoreSpec
    store: StoreSpec | None = None
    materialized: bool = True
    with_key: bool = False
    partitioner: Partitioner | None = None
    other_partitioner: Partitioner | None = None
