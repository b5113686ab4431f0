"""Joins by key: tables, streams, and streams with tables."""

from __future__ import annotations

from headrace.core.errors import TopologyError
from headrace.operators.base import Operator
from headrace.operators.joins.stream_global import StreamGlobalJoin as GlobalOperator
from headrace.operators.joins.stream_self import StreamSelfJoin
from headrace.operators.joins.stream_stream import StreamJoinWindow, StreamStreamJoinSide
from headrace.operators.joins.stream_table import BufferedStreamTableJoin
from headrace.operators.joins.stream_table import StreamTableJoin as StreamTableOperator
from headrace.operators.joins.table_table import TableTableJoinSide, TableTableMerge
from headrace.operators.joins.table_table_view import TableTableJoinView
from headrace.operators.pass_through import PassThrough
from headrace.operators.views import StoreView
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.join import StreamGlobalJoin, StreamStreamJoin, StreamTableJoin
from headrace.plan.nodes.table import TableTableJoin
from headrace.state.spec import StoreKind
from headrace.topology.lower.lowering import Lowering
from headrace.topology.lower.versioned import is_versioned, versioned_store


def lower_table_table_join(node: TableTableJoin, out: Lowering) -> None:
    """Both sides, each connected to the stores of the other, and the node that merges them."""
    left, right, topology = out.view(node.left), out.view(node.right), out.topology
    left_side, right_side = _table_side(node, out, right=False), _table_side(node, out, right=True)
    topology.add_operator(node.left_name, left_side, node.left.name, stores=right.stores, line=node.line)
    topology.add_operator(node.right_name, right_side, node.right.name, stores=left.stores, line=node.line)
    _copartition(node, node.left, node.right, "table-table join", out)
    store, send_old = node.store, out.needs.sends_old(node)
    if store is None:
        topology.add_operator(node.name, TableTableMerge(), node.left_name, node.right_name, line=node.line)
        left_optional, right_optional = node.how == "outer", node.how != "inner"
        view = TableTableJoinView(left, right, node.joiner, node.with_key, left_optional, right_optional)
        out.set_view(node, view)
        return
    merge = TableTableMerge(store.name, store.kind is StoreKind.VERSIONED, send_old)
    topology.add_operator(node.name, merge, node.left_name, node.right_name, line=node.line)
    topology.add_store(store, node.name)
    out.set_view(node, StoreView(store.name, store.kind is StoreKind.VERSIONED))


def _table_side(node: TableTableJoin, out: Lowering, *, right: bool) -> TableTableJoinSide:
    mine, other = (node.right, node.left) if right else (node.left, node.right)
    left_optional, right_optional = node.how == "outer", node.how != "inner"
    return TableTableJoinSide(
        other=out.view(other),
        joiner=node.joiner,
        with_key=node.with_key,
        right=right,
        mine_optional=right_optional if right else left_optional,
        other_optional=left_optional if right else right_optional,
        send_old=out.needs.sends_old(node),
        skip_out_of_order=is_versioned(mine),
    )


def lower_stream_stream_join(node: StreamStreamJoin, out: Lowering) -> None:
    """Per side a step that keeps its records and one that joins, and the node that merges them."""
    topology = out.topology
    if node.one_store:
        _lower_self_join(node, out)
        return
    for name, parent, store in (
        (node.left_windowed, node.left, node.left_store),
        (node.right_windowed, node.right, node.right_store),
    ):
        topology.add_operator(name, StreamJoinWindow(store.name), parent.name, line=node.line)
        topology.add_store(store, name)
    topology.add_operator(node.left_name, _stream_side(node, right=False), node.left_windowed, line=node.line)
    topology.add_operator(node.right_name, _stream_side(node, right=True), node.right_windowed, line=node.line)
    topology.connect(node.left_name, node.right_store.name)
    topology.connect(node.right_name, node.left_store.name)
    if node.outer_store is not None:
        topology.add_store(node.outer_store, node.left_name, node.right_name)
    topology.add_operator(node.name, PassThrough(), node.left_name, node.right_name, line=node.line)
    _copartition(node, node.left, node.right, "stream-stream join", out)


def _lower_self_join(node: StreamStreamJoin, out: Lowering) -> None:
    store, windows = node.left_store.name, node.windows
    operator = StreamSelfJoin(
        store, node.joiner, node.with_key, windows.before_ms, windows.after_ms, node.left_store.retention_ms
    )
    out.topology.add_operator(node.left_windowed, StreamJoinWindow(store), node.left.name, line=node.line)
    out.topology.add_store(node.left_store, node.left_windowed)
    out.topology.add_operator(node.name, operator, node.left_windowed, stores=(store,), line=node.line)


def _stream_side(node: StreamStreamJoin, *, right: bool) -> StreamStreamJoinSide:
    windows = node.windows
    return StreamStreamJoinSide(
        join=node.name,
        other_store=node.left_store.name if right else node.right_store.name,
        joiner=node.joiner,
        with_key=node.with_key,
        right=right,
        outer=node.how == "outer" or (node.how == "left" and not right),
        before_ms=windows.after_ms if right else windows.before_ms,
        after_ms=windows.before_ms if right else windows.after_ms,
        grace_ms=windows.grace_ms,
        buffer=None if node.outer_store is None else node.outer_store.name,
    )


def lower_stream_table_join(node: StreamTableJoin, out: Lowering) -> None:
    """The operator, connected to the stores of the table, with the buffer if there is a grace.

    Raises:
        TopologyError: There is a grace, but the table is not versioned, or its history is shorter.
    """
    table, left, buffer = out.view(node.table), node.how == "left", node.buffer
    operator: Operator
    if node.grace_ms is None or buffer is None:
        operator = StreamTableOperator(table, node.joiner, node.with_key, left)
    else:
        _check_history(node, node.grace_ms)
        operator = BufferedStreamTableJoin(table, node.joiner, node.with_key, left, node.grace_ms, buffer.name)
    out.topology.add_operator(node.name, operator, node.stream.name, line=node.line)
    if buffer is not None:
        out.topology.add_store(buffer, node.name)
    out.topology.connect(node.name, *table.stores)
    _copartition(node, node.stream, node.table, "stream-table join", out)


def _check_history(node: StreamTableJoin, grace_ms: int) -> None:
    store = versioned_store(node.table)
    if store is None:
        message = f"join {node.name!r} has a grace of {grace_ms} ms, but table {node.table.name!r} is not versioned"
        raise TopologyError(message, hint="keep the table in a versioned store whose history is at least the grace")
    if store.history_ms < grace_ms:
        message = (
            f"join {node.name!r} has a grace of {grace_ms} ms, but store {store.name!r} of table {node.table.name!r} "
            f"keeps a history of {store.history_ms} ms only"
        )
        raise TopologyError(message, hint="make the history at least as long as the grace")


def lower_stream_global_join(node: StreamGlobalJoin, out: Lowering) -> None:
    """The operator. Global stores need no co-partitioning and make no sub-topologies one."""
    table = out.view(node.table)
    operator = GlobalOperator(table, node.key, node.joiner, node.with_key, node.how == "left")
    out.topology.add_operator(node.name, operator, node.stream.name, stores=table.stores, line=node.line)


def _copartition(node: Node, left: Node, right: Node, what: str, out: Lowering) -> None:
    sources = out.topology.sources_above(left.name, right.name)
    out.topology.copartition(sources, f"{what} {node.name!r} of {left.name!r} with {right.name!r}", node.line)
