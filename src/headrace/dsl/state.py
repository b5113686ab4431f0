"""What a stream or table in the hands of the user knows: its place in the plan, its formats, and what it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headrace.core.errors import TopologyError
from headrace.dsl.graph import PlanGraph, caller_line
from headrace.formats.api import Format
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.stateless import Repartition

AnyFormat = Format[Any] | None
"""None: the format is not known, as after a step that changes the type; a default takes its place."""


@dataclass(slots=True, eq=False)
class StreamState:
    """A stream.

    Attributes:
        moved: The key may have changed since the records were partitioned: a step that needs partitioning repartitions first.
        shared: The repartition that joins of this stream share.
    """

    graph: PlanGraph
    node: Node
    key: AnyFormat
    value: AnyFormat
    moved: bool = False
    shared: Repartition | None = None

    def then(self, node: Node) -> StreamState:
        """The stream after a step that changes neither type."""
        return StreamState(self.graph, self.graph.add(node), self.key, self.value, self.moved)

    def with_values(self, node: Node, value: AnyFormat = None) -> StreamState:
        """The stream after a step that changes values."""
        return StreamState(self.graph, self.graph.add(node), self.key, value, self.moved)

    def with_keys(self, node: Node, value: AnyFormat = None) -> StreamState:
        """The stream after a step that changes keys."""
        return StreamState(self.graph, self.graph.add(node), None, value, moved=True)


@dataclass(slots=True, eq=False)
class TableState:
    """A table.

    Attributes:
        store_name: By which it can be read from outside; None if it is not kept under a name of its own.
        versioned: Whether updates carry the table's history, here or inherited.
    """

    graph: PlanGraph
    node: Node
    key: AnyFormat
    value: AnyFormat
    store_name: str | None
    versioned: bool


def same_builder(one: PlanGraph, other: PlanGraph, what: str) -> None:
    """Refuses to mix programs.

    Raises:
        TopologyError: They come from two builders.
    """
    if one is not other:
        message = f"{what} at {caller_line()} takes streams or tables of two different builders"
        raise TopologyError(message, hint="make both with the same StreamsBuilder")


def equal_or_none(one: AnyFormat, other: AnyFormat) -> AnyFormat:
    """The format of both, if it is one."""
    return one if one == other else None
