"""Aggregations of streams (plain, windowed, sessions, cogrouped) and of tables."""

from __future__ import annotations

from dataclasses import dataclass

from headrace.core.windows import SessionWindows, SlidingWindows, TimeWindows, TumblingWindows, UnlimitedWindows
from headrace.plan.nodes.base import Aggregator, Initializer, KeyValueMapper, Merger, Node, Reducer
from headrace.state.spec import StoreSpec

Windows = TimeWindows | UnlimitedWindows | SlidingWindows


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """Aggregation whose first value is the aggregate; `subtractor` is there for tables."""

    reducer: Reducer
    subtractor: Reducer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """Aggregation from an initializer; `subtractor` is there for tables, `merger` for sessions and for parts."""

    initializer: Initializer
    aggregator: Aggregator
    subtractor: Aggregator | None = None
    merger: Merger | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAggregate(Node):
    """Per key; the result is a table. The parent is already partitioned by key."""

    parent: Node
    aggregation: Reduction | Aggregation
    store: StoreSpec
    materialized: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowAggregate(Node):
    """Per key and time window, unlimited window or sliding window; the result is a table of Windowed keys."""

    parent: Node
    aggregation: Reduction | Aggregation
    windows: Windows
    emit_on_close: bool
    store: StoreSpec
    materialized: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialAggregate(Node):
    """What one task has of each key and window, before the repartition behind which a WindowAggregate merges the parts."""

    parent: Node
    aggregation: Aggregation
    windows: TumblingWindows


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAggregate(Node):
    """Per key and session; the aggregation has a merger, or is a reduction (whose reducer merges)."""

    parent: Node
    aggregation: Reduction | Aggregation
    windows: SessionWindows
    emit_on_close: bool
    store: StoreSpec
    materialized: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CogroupInput:
    """One grouped stream of a cogroup, with its own aggregator. `name` is that processor's."""

    name: str
    parent: Node
    aggregator: Aggregator


@dataclass(frozen=True, slots=True, kw_only=True)
class CogroupAggregate(Node):
    """Several grouped streams into one aggregate and store; `name` is the node that merges their results."""

    inputs: tuple[CogroupInput, ...]
    initializer: Initializer
    windows: Windows | SessionWindows | None
    merger: Merger | None
    emit_on_close: bool
    store: StoreSpec
    materialized: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TableGroup(Node):
    """Regroups a table: (key, value) -> (new key, new value), as changes on their way to a repartition topic."""

    parent: Node
    selector: KeyValueMapper
    """Returns a (key, value) tuple."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAggregate(Node):
    """Adds new and subtracts old values of a regrouped table. The parent is the Repartition of a TableGroup."""

    parent: Node
    aggregation: Reduction | Aggregation
    store: StoreSpec
    materialized: bool = True
