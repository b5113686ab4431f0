"""Steps on streams without state, and the way through a repartition topic."""

from __future__ import annotations

from headrace.operators.base import Operator
from headrace.operators.filter import Filter as FilterOperator
from headrace.operators.flat_map import FlatMap as FlatMapOperator
from headrace.operators.flat_map_values import FlatMapValues as FlatMapValuesOperator
from headrace.operators.key_filter import KeyFilter
from headrace.operators.map import Map as MapOperator
from headrace.operators.map_values import MapValues as MapValuesOperator
from headrace.operators.pass_through import PassThrough
from headrace.operators.peek import Peek as PeekOperator
from headrace.operators.select_key import SelectKey as SelectKeyOperator
from headrace.operators.split import Split as SplitOperator
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.stateless import (
    Branch,
    Filter,
    FlatMap,
    FlatMapValues,
    Map,
    MapValues,
    Merge,
    Peek,
    Repartition,
    SelectKey,
    Split,
)
from headrace.topology.lower.internal_topic import ThroughTopic
from headrace.topology.lower.lowering import Lowering
from headrace.topology.physical import InternalTopic


def lower_filter(node: Filter, out: Lowering) -> None:
    """One operator."""
    _add(node, FilterOperator(node.predicate, node.negate), node.parent, out)


def lower_map(node: Map, out: Lowering) -> None:
    """One operator."""
    _add(node, MapOperator(node.mapper), node.parent, out)


def lower_map_values(node: MapValues, out: Lowering) -> None:
    """One operator."""
    _add(node, MapValuesOperator(node.mapper, node.with_key), node.parent, out)


def lower_flat_map(node: FlatMap, out: Lowering) -> None:
    """One operator."""
    _add(node, FlatMapOperator(node.mapper), node.parent, out)


def lower_flat_map_values(node: FlatMapValues, out: Lowering) -> None:
    """One operator."""
    _add(node, FlatMapValuesOperator(node.mapper, node.with_key), node.parent, out)


def lower_select_key(node: SelectKey, out: Lowering) -> None:
    """One operator."""
    _add(node, SelectKeyOperator(node.mapper), node.parent, out)


def lower_peek(node: Peek, out: Lowering) -> None:
    """One operator."""
    _add(node, PeekOperator(node.action, node.terminal), node.parent, out)


def lower_split(node: Split, out: Lowering) -> None:
    """The choice; the branches attach themselves as its children."""
    _add(node, SplitOperator(node.predicates, node.branch_names), node.parent, out)


def lower_branch(node: Branch, out: Lowering) -> None:
    """A node to which the steps of the branch attach."""
    _add(node, PassThrough(), node.parent, out)


def lower_merge(node: Merge, out: Lowering) -> None:
    """A node with two parents."""
    out.topology.add_operator(node.name, PassThrough(), node.left.name, node.right.name, line=node.line)


def lower_repartition(node: Repartition, out: Lowering) -> None:
    """A filter of null keys (above a left join it lets all pass), a sink to the internal topic and the source behind it."""
    parent = node.parent.name
    if node.filter_name is not None:
        operator = PassThrough() if node.keep_null_keys else KeyFilter()
        out.topology.add_operator(node.filter_name, operator, parent, line=node.line)
        parent = node.filter_name
    through = ThroughTopic(
        topic=InternalTopic(name=node.topic, partitions=node.partitions, explicit=node.explicit),
        sink=node.sink_name,
        source=node.name,
        key_format=node.key_format,
        value_format=node.value_format,
        partitioner=node.partitioner,
        line=node.line,
    )
    through.add([parent], out)


def _add(node: Node, operator: Operator, parent: Node, out: Lowering) -> None:
    out.topology.add_operator(node.name, operator, parent.name, line=node.line)
