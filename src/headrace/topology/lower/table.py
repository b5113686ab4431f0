"""Tables: where they come from, and steps on them."""

from __future__ import annotations

from headrace.core.errors import TopologyError
from headrace.operators.base import Operator, TableView
from headrace.operators.table_filter import FilterView
from headrace.operators.table_filter import TableFilter as FilterOperator
from headrace.operators.table_map_values import MapValuesView
from headrace.operators.table_map_values import TableMapValues as MapValuesOperator
from headrace.operators.table_source import TableSource as SourceOperator
from headrace.operators.table_to_stream import TableToStream
from headrace.operators.table_transform_values import TableTransformValues as TransformValuesOperator
from headrace.operators.table_transform_values import TransformValuesView
from headrace.operators.views import StoreView
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.source import GlobalTableSource, TableSource
from headrace.plan.nodes.table import TableFilter, TableMapValues, TableTransformValues, ToStream, ToTable
from headrace.state.spec import StoreKind, StoreSpec
from headrace.topology.lower.lowering import Lowering
from headrace.topology.lower.versioned import is_versioned


def lower_table_source(node: TableSource, out: Lowering) -> None:
    """A source, and the table behind it, kept if it was asked for or is needed."""
    out.topology.add_source_node(node.source_name, node.topic, consume=node.consume, line=node.line)
    add_table_source(node, node.source_name, node.store, out)


def lower_to_table(node: ToTable, out: Lowering) -> None:
    """The table behind a stream, kept if it was asked for or is needed."""
    add_table_source(node, node.parent.name, node.store, out)


def add_table_source(node: Node, parent: str, store: StoreSpec | None, out: Lowering) -> None:
    """The step that makes records changes, with the table's store if the table is kept.

    Raises:
        TopologyError: The table must be kept, but the plan does not say where.
    """
    if not out.needs.is_materialized(node):
        out.topology.add_operator(node.name, SourceOperator(), parent, line=node.line)
        return
    if store is None:
        message = f"table {node.name!r} must be kept in a store, as a step downstream looks it up, but it has none"
        raise TopologyError(message, hint="give it a store: Materialized(name=...)")
    versioned = store.kind is StoreKind.VERSIONED
    operator = SourceOperator(store=store.name, versioned=versioned, send_old=out.needs.sends_old(node))
    add_kept(node, parent, operator, store, out)


def add_kept(node: Node, parent: str, operator: Operator, store: StoreSpec, out: Lowering) -> None:
    """A step with the store of its result, by which the table can be read."""
    out.topology.add_operator(node.name, operator, parent, line=node.line)
    out.topology.add_store(store, node.name)
    out.set_view(node, StoreView(store.name, store.kind is StoreKind.VERSIONED))


def lower_global_table_source(node: GlobalTableSource, out: Lowering) -> None:
    """A global store that the records of the topic are put into.

    Raises:
        TopologyError: The store is a versioned one.
    """
    if node.store.kind is StoreKind.VERSIONED:
        message = f"the global table over topic {node.topic!r} has a versioned store; global tables cannot be versioned"
        raise TopologyError(message, hint="use a plain store, or a table() instead of a global one")
    operator = SourceOperator(store=node.store.name)
    out.topology.add_global_store(node.store, node.source_name, node.topic, node.consume, node.name, operator, line=node.line)
    out.set_view(node, StoreView(node.store.name))


def lower_table_filter(node: TableFilter, out: Lowering) -> None:
    """The operator, and its store or the view over its parent."""
    store = node.store
    operator = FilterOperator(
        predicate=node.predicate,
        negate=node.negate,
        store=None if store is None else store.name,
        versioned=store is not None and store.kind is StoreKind.VERSIONED,
        send_old=out.needs.sends_old(node),
        versioned_parent=is_versioned(node.parent),
    )
    if store is not None:
        add_kept(node, node.parent.name, operator, store, out)
        return
    out.topology.add_operator(node.name, operator, node.parent.name, line=node.line)
    if out.has_view(node.parent):
        out.set_view(node, FilterView(out.view(node.parent), node.predicate, node.negate))


def lower_table_map_values(node: TableMapValues, out: Lowering) -> None:
    """The operator, and its store or the view over its parent."""
    store = node.store
    operator = MapValuesOperator(
        mapper=node.mapper,
        with_key=node.with_key,
        store=None if store is None else store.name,
        versioned=store is not None and store.kind is StoreKind.VERSIONED,
        send_old=out.needs.sends_old(node),
    )
    if store is not None:
        add_kept(node, node.parent.name, operator, store, out)
        return
    out.topology.add_operator(node.name, operator, node.parent.name, line=node.line)
    if out.has_view(node.parent):
        out.set_view(node, MapValuesView(out.view(node.parent), node.mapper, node.with_key))


def lower_table_transform_values(node: TableTransformValues, out: Lowering) -> None:
    """The operator with the transformer's stores, and its store or the view over its parent."""
    store = node.store
    operator = TransformValuesOperator(
        supplier=node.supplier,
        store=None if store is None else store.name,
        versioned=store is not None and store.kind is StoreKind.VERSIONED,
        send_old=out.needs.sends_old(node),
    )
    if store is not None:
        add_kept(node, node.parent.name, operator, store, out)
    else:
        out.topology.add_operator(node.name, operator, node.parent.name, line=node.line)
        if out.has_view(node.parent):
            view: TableView = TransformValuesView(out.view(node.parent), node.supplier, node.stores)
            out.set_view(node, view)
    out.topology.connect(node.name, *node.stores)


def lower_to_stream(node: ToStream, out: Lowering) -> None:
    """The operator."""
    out.topology.add_operator(node.name, TableToStream(), node.parent.name, line=node.line)
