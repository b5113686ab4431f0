"""The functions of counts, and what aggregations of grouped streams have in common: names and repartitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headrace.core.windows import TumblingWindows
from headrace.dsl.graph import PlanGraph, caller_line
from headrace.dsl.state import AnyFormat
from headrace.plan.kinds import Kind
from headrace.plan.names import Scope
from headrace.plan.nodes.aggregate import Aggregation, PartialAggregate
from headrace.plan.nodes.base import Aggregator, Merger, Node
from headrace.plan.nodes.stateless import Repartition
from headrace.plan.options import Materialized


def zero() -> int:
    """A count's beginning."""
    return 0


def plus_one(key: object, value: object, count: int) -> int:
    """One more."""
    return count + 1


def minus_one(key: object, value: object, count: int) -> int:
    """One less."""
    return count - 1


def sum_of_counts(key: object, one: int, other: int) -> int:
    """Two sessions become one."""
    return one + other


def merging(merger: Merger) -> Aggregator:
    """An aggregator whose values are aggregates themselves."""

    def aggregate(key: Any, part: Any, aggregate: Any) -> Any:
        return merger(key, aggregate, part)

    return aggregate


@dataclass(slots=True, eq=False)
class GroupedState:
    """A grouped stream.

    Attributes:
        moved: Records have to be repartitioned before they are aggregated.
        topic: The user's name of the repartition topic.
        repartition: The last one made; aggregations share it if it has the user's name.
    """

    graph: PlanGraph
    node: Node
    key: AnyFormat
    value: AnyFormat
    moved: bool
    topic: str | None
    repartition: Repartition | None = None

    def names(
        self, kind: Kind, options: Materialized[Any, Any] | None, name: str | None, *, burns: bool = False
    ) -> AggregateNames:
        """Names of an aggregation. `burns`: Kafka Streams counts one more for a count whose store is described, not named."""
        graph = self.graph
        if burns and options is not None and options.name is None:
            graph.names.burn()
        scope = graph.names.scope(kind, self.node.name, name)
        given = None if options is None else options.name
        store = graph.store_name(given, scope, kind.prefix)
        return AggregateNames(graph.names.part(scope, "", kind), store, scope, given)

    def partitioned(self, names: AggregateNames) -> Node:
        """The node to aggregate: behind a repartition if there has to be one."""
        if not self.moved:
            return self.node
        graph, given = self.graph, self.topic is not None or names.store_is_given
        node = graph.repartition(self.topic or names.store, self.node, self.key, self.value, given=given)
        if self.repartition is None or self.topic is None:
            self.repartition = graph.add_repartition(node)
        else:
            graph.move_to_end(self.repartition)
        return self.repartition

    def merged(
        self, names: AggregateNames, aggregation: Aggregation, windows: TumblingWindows, value: AnyFormat
    ) -> tuple[Node, Aggregation]:
        """The same in two steps: parts in front of a repartition that nobody shares, and what merges them behind it."""
        assert aggregation.merger is not None
        graph, given = self.graph, self.topic is not None or names.store_is_given
        name, line = f"{names.step}-partial", caller_line()
        parts = graph.add(PartialAggregate(name=name, line=line, parent=self.node, aggregation=aggregation, windows=windows))
        moved = graph.add_repartition(graph.repartition(self.topic or names.store, parts, self.key, value, given=given))
        return moved, Aggregation(initializer=aggregation.initializer, aggregator=merging(aggregation.merger))


@dataclass(frozen=True, slots=True)
class AggregateNames:
    """Names of one aggregation.

    Attributes:
        queryable: The store's name if the user gave it.
    """

    step: str
    store: str
    scope: Scope
    queryable: str | None

    @property
    def store_is_given(self) -> bool:
        """Whether the store's name goes back to the user's."""
        return self.queryable is not None or (self.scope.given and self.store == self.scope.base)
