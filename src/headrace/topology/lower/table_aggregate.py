"""Aggregations of regrouped tables."""

from __future__ import annotations

from headrace.core.errors import TopologyError
from headrace.operators.base import Operator
from headrace.operators.table_aggregate import TableAggregate as AggregateOperator
from headrace.operators.table_aggregate import TableReduce
from headrace.operators.table_group import TableGroup as GroupOperator
from headrace.plan.nodes.aggregate import Aggregation, Reduction, TableAggregate, TableGroup
from headrace.state.spec import StoreKind
from headrace.topology.lower.lowering import Lowering
from headrace.topology.lower.table import add_kept
from headrace.topology.lower.versioned import is_versioned


def lower_table_group(node: TableGroup, out: Lowering) -> None:
    """The operator in front of the repartition topic."""
    operator = GroupOperator(node.selector, skip_out_of_order=is_versioned(node.parent))
    out.topology.add_operator(node.name, operator, node.parent.name, line=node.line)


def lower_table_aggregate(node: TableAggregate, out: Lowering) -> None:
    """The operator behind the repartition topic, with its store.

    Raises:
        TopologyError: The aggregation has no subtractor.
    """
    add_kept(node, node.parent.name, _operator(node, send_old=out.needs.sends_old(node)), node.store, out)


def _operator(node: TableAggregate, *, send_old: bool) -> Operator:
    store, versioned = node.store.name, node.store.kind is StoreKind.VERSIONED
    match node.aggregation:
        case Reduction(reducer=reducer, subtractor=subtractor) if subtractor is not None:
            return TableReduce(reducer, subtractor, store, versioned, send_old)
        case Aggregation(initializer=initializer, aggregator=adder, subtractor=remover) if remover is not None:
            return AggregateOperator(initializer, adder, remover, store, versioned, send_old)
        case _:
            message = f"the aggregation {node.name!r} of a grouped table has no subtractor"
            raise TopologyError(message, hint="say how the old value of a row is taken out of the aggregate")
