"""A whole plan → a topology, node by node in build order."""

from __future__ import annotations

from typing import assert_never, cast

from headrace.plan.graph import Plan
from headrace.plan.nodes.aggregate import (
    CogroupAggregate,
    PartialAggregate,
    SessionAggregate,
    StreamAggregate,
    TableAggregate,
    TableGroup,
    WindowAggregate,
)
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.join import StreamGlobalJoin, StreamStreamJoin, StreamTableJoin
from headrace.plan.nodes.sink import Sink
from headrace.plan.nodes.source import GlobalStore, GlobalTableSource, StateStore, StreamSource, TableSource
from headrace.plan.nodes.stateless import (
    AsyncMapValues,
    Branch,
    Filter,
    FlatMap,
    FlatMapValues,
    Map,
    MapValues,
    Merge,
    Peek,
    Process,
    Repartition,
    SelectKey,
    Split,
)
from headrace.plan.nodes.table import (
    ForeignKeyJoin,
    Suppress,
    TableFilter,
    TableMapValues,
    TableTableJoin,
    TableTransformValues,
    ToStream,
    ToTable,
)
from headrace.topology.lower.aggregate import (
    lower_cogroup_aggregate,
    lower_partial_aggregate,
    lower_session_aggregate,
    lower_stream_aggregate,
    lower_window_aggregate,
)
from headrace.topology.lower.foreign_key import lower_foreign_key_join
from headrace.topology.lower.join import (
    lower_stream_global_join,
    lower_stream_stream_join,
    lower_stream_table_join,
    lower_table_table_join,
)
from headrace.topology.lower.lowering import Lowering
from headrace.topology.lower.needs import table_needs
from headrace.topology.lower.process import lower_async_map_values, lower_process
from headrace.topology.lower.sink import lower_sink
from headrace.topology.lower.source import lower_global_store, lower_state_store, lower_stream_source
from headrace.topology.lower.stateless import (
    lower_branch,
    lower_filter,
    lower_flat_map,
    lower_flat_map_values,
    lower_map,
    lower_map_values,
    lower_merge,
    lower_peek,
    lower_repartition,
    lower_select_key,
    lower_split,
)
from headrace.topology.lower.suppress import lower_suppress
from headrace.topology.lower.table import (
    lower_global_table_source,
    lower_table_filter,
    lower_table_map_values,
    lower_table_source,
    lower_table_transform_values,
    lower_to_stream,
    lower_to_table,
)
from headrace.topology.lower.table_aggregate import lower_table_aggregate, lower_table_group
from headrace.topology.physical import Topology

_StreamNode = (
    StreamSource
    | GlobalStore
    | StateStore
    | Filter
    | Map
    | MapValues
    | FlatMap
    | FlatMapValues
    | SelectKey
    | Peek
    | Split
    | Branch
    | Merge
    | PartialAggregate
    | Repartition
    | Process
    | AsyncMapValues
    | Sink
)
_TableNode = (
    TableSource
    | GlobalTableSource
    | TableFilter
    | TableMapValues
    | TableTransformValues
    | ToStream
    | ToTable
    | Suppress
    | StreamAggregate
    | WindowAggregate
    | SessionAggregate
    | CogroupAggregate
    | TableGroup
    | TableAggregate
)
_JoinNode = TableTableJoin | ForeignKeyJoin | StreamStreamJoin | StreamTableJoin | StreamGlobalJoin
_AnyNode = _StreamNode | _TableNode | _JoinNode


def lower_plan(plan: Plan) -> Topology:
    """Builds the topology of a program.

    Raises:
        TopologyError: The program cannot be built; the message names what does not fit.
    """
    out = Lowering(table_needs(plan))
    for node in plan.nodes:
        lower_node(node, out)
    return out.topology.build()


def lower_node(node: Node, out: Lowering) -> None:
    """Adds one node, whose parents are there already."""
    one = cast("_AnyNode", node)
    match one:
        case TableTableJoin() | ForeignKeyJoin() | StreamStreamJoin() | StreamTableJoin() | StreamGlobalJoin():
            _lower_join(one, out)
        case (
            TableSource()
            | GlobalTableSource()
            | TableFilter()
            | TableMapValues()
            | TableTransformValues()
            | ToStream()
            | ToTable()
            | Suppress()
            | StreamAggregate()
            | WindowAggregate()
            | SessionAggregate()
            | CogroupAggregate()
            | TableGroup()
            | TableAggregate()
        ):
            _lower_table(one, out)
        case _:
            _lower_stream(one, out)


def _lower_stream(node: _StreamNode, out: Lowering) -> None:  # noqa: C901, PLR0912 - one case per node
    match node:
        case StreamSource():
            lower_stream_source(node, out)
        case GlobalStore():
            lower_global_store(node, out)
        case StateStore():
            lower_state_store(node, out)
        case Filter():
            lower_filter(node, out)
        case Map():
            lower_map(node, out)
        case MapValues():
            lower_map_values(node, out)
        case FlatMap():
            lower_flat_map(node, out)
        case FlatMapValues():
            lower_flat_map_values(node, out)
        case SelectKey():
            lower_select_key(node, out)
        case Peek():
            lower_peek(node, out)
        case Split():
            lower_split(node, out)
        case Branch():
            lower_branch(node, out)
        case Merge():
            lower_merge(node, out)
        case PartialAggregate():
            lower_partial_aggregate(node, out)
        case Repartition():
            lower_repartition(node, out)
        case Process():
            lower_process(node, out)
        case AsyncMapValues():
            lower_async_map_values(node, out)
        case Sink():
            lower_sink(node, out)
        case _:
            assert_never(node)


def _lower_table(node: _TableNode, out: Lowering) -> None:  # noqa: C901, PLR0912 - one case per node
    match node:
        case TableSource():
            lower_table_source(node, out)
        case GlobalTableSource():
            lower_global_table_source(node, out)
        case TableFilter():
            lower_table_filter(node, out)
        case TableMapValues():
            lower_table_map_values(node, out)
        case TableTransformValues():
            lower_table_transform_values(node, out)
        case ToStream():
            lower_to_stream(node, out)
        case ToTable():
            lower_to_table(node, out)
        case Suppress():
            lower_suppress(node, out)
        case StreamAggregate():
            lower_stream_aggregate(node, out)
        case WindowAggregate():
            lower_window_aggregate(node, out)
        case SessionAggregate():
            lower_session_aggregate(node, out)
        case CogroupAggregate():
            lower_cogroup_aggregate(node, out)
        case TableGroup():
            lower_table_group(node, out)
        case TableAggregate():
            lower_table_aggregate(node, out)
        case _:
            assert_never(node)


def _lower_join(node: _JoinNode, out: Lowering) -> None:
    match node:
        case TableTableJoin():
            lower_table_table_join(node, out)
        case ForeignKeyJoin():
            lower_foreign_key_join(node, out)
        case StreamStreamJoin():
            lower_stream_stream_join(node, out)
        case StreamTableJoin():
            lower_stream_table_join(node, out)
        case StreamGlobalJoin():
            lower_stream_global_join(node, out)
        case _:
            assert_never(node)
