"""Suppression of a table's updates."""

from __future__ import annotations

from headrace.operators.suppress import Suppress as SuppressOperator
from headrace.operators.suppress import SuppressView
from headrace.plan.nodes.table import Suppress
from headrace.topology.lower.lowering import Lowering


def lower_suppress(node: Suppress, out: Lowering) -> None:
    """The operator with its buffer; the table can be read through the buffer and the parent's view."""
    final = node.until_ms is None
    operator = SuppressOperator(
        store=node.store.name,
        wait_ms=node.grace_ms if node.until_ms is None else node.until_ms,
        final=final,
        max_records=node.bound.max_records,
        max_bytes=node.bound.max_bytes,
        emit_early=node.bound.emit_early,
    )
    out.topology.add_operator(node.name, operator, node.parent.name, line=node.line)
    out.topology.add_store(node.store, node.name)
    out.set_view(node, SuppressView(node.store.name, out.view(node.parent)))
