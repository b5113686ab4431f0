"""Reductions as aggregations: windowed operators know one form only."""

from __future__ import annotations

from typing import Any

from headrace.core.errors import TopologyError
from headrace.plan.nodes.aggregate import Aggregation, Reduction
from headrace.plan.nodes.base import Aggregator, Initializer, Merger, Reducer


def folded(aggregation: Reduction | Aggregation) -> tuple[Initializer, Aggregator]:
    """Initializer and aggregator; those of a reduction start from nothing.

    >>> initializer, aggregator = folded(Reduction(reducer=lambda aggregate, value: aggregate + value))
    >>> aggregator("key", 2, aggregator("key", 1, initializer()))
    3
    """
    match aggregation:
        case Aggregation(initializer=initializer, aggregator=aggregator):
            return initializer, aggregator
        case Reduction(reducer=reducer):
            return _nothing, _aggregator_of(reducer)


def merger_of(aggregation: Reduction | Aggregation, name: str) -> Merger:
    """What merges two sessions; a reduction's reducer does.

    Raises:
        TopologyError: An aggregation without a merger.
    """
    match aggregation:
        case Aggregation(merger=merger):
            if merger is None:
                message = f"the sessions of {name!r} have no merger"
                raise TopologyError(message, hint="give the aggregation a merger: (key, aggregate, aggregate) -> aggregate")
            return merger
        case Reduction(reducer=reducer):
            return _merger_of(reducer)


def _nothing() -> None:
    return None


def _aggregator_of(reducer: Reducer) -> Aggregator:
    def aggregate(_key: Any, value: Any, reduced: Any) -> Any:
        return value if reduced is None else reducer(reduced, value)

    return aggregate


def _merger_of(reducer: Reducer) -> Merger:
    def merge(_key: Any, one: Any, other: Any) -> Any:
        return other if one is None else reducer(one, other)

    return merge
