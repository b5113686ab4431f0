"""Joins that start from a stream."""

from __future__ import annotations

from dataclasses import dataclass

from headrace.core.windows import JoinWindows
from headrace.plan.nodes.base import Joiner, KeyValueMapper, Node
from headrace.state.spec import StoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStreamJoin(Node):
    """Windowed join of two streams (or of one with itself). `name` is the merge node.

    Attributes:
        how: `inner`, `left` or `outer`.
        left_windowed / right_windowed: Names of the processors that keep each side's records.
        left_name / right_name: Names of the processors that join.
        left_store / right_store: Window stores with duplicates.
        outer_store: Records not joined yet; there for left and outer.
        one_store: Set by an optimization: left and right are one stream, which is kept in `left_store` only.
    """

    left: Node
    right: Node
    how: str
    joiner: Joiner
    with_key: bool
    windows: JoinWindows
    left_windowed: str
    right_windowed: str
    left_name: str
    right_name: str
    left_store: StoreSpec
    right_store: StoreSpec
    outer_store: StoreSpec | None
    one_store: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTableJoin(Node):
    """Each stream record with the table's value at that moment, or, with a grace, at the record's time.

    Attributes:
        how: `inner` or `left`.
        grace_ms: How long records are held back; None joins at once. Needs a versioned table.
        buffer: The store of held-back records; there with a grace.
    """

    stream: Node
    table: Node
    how: str
    joiner: Joiner
    with_key: bool
    grace_ms: int | None = None
    buffer: StoreSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamGlobalJoin(Node):
    """Each stream record with a global table's value under any key that the record names."""

    stream: Node
    table: Node
    how: str
    key: KeyValueMapper
    joiner: Joiner
    with_key: bool
