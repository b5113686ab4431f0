"""How a suppression becomes a plan node."""

from __future__ import annotations

from typing import Any

from headrace.core.errors import TopologyError
from headrace.core.windows import SessionWindows, UnlimitedWindows
from headrace.dsl.graph import caller_line
from headrace.dsl.state import TableState
from headrace.plan import kinds
from headrace.plan.nodes.aggregate import CogroupAggregate, SessionAggregate, WindowAggregate, Windows
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.table import Suppress
from headrace.plan.rewrite import record_parents
from headrace.plan.suppressed import Suppressed
from headrace.state.spec import StoreKind, StoreSpec


def suppressed_table(here: TableState, suppressed: Suppressed[Any]) -> TableState:
    """The table behind a suppression."""
    line, graph = caller_line(), here.graph
    if here.versioned:
        message = f"suppress at {line}: table {here.node.name!r} is versioned, and suppression would lose its versions"
        raise TopologyError(message, hint="suppress another table, or keep this one without history")
    grace = 0 if suppressed.until_ms is not None else _grace(here.node, line)
    scope = graph.names.scope(kinds.SUPPRESS, here.node.name, suppressed.name)
    name = graph.uncounted(scope, kinds.SUPPRESS)
    given = f"{suppressed.name}-store" if suppressed.name else None
    store = StoreSpec(
        name=graph.store_name(given, scope, kinds.SUPPRESS.prefix, "-store"),
        kind=StoreKind.SUPPRESS_BUFFER,
        key_format=graph.key_format(here.key),
        value_format=graph.value_format(here.value),
        logging=suppressed.buffer.logging,
    )
    node = Suppress(
        name=name,
        line=line,
        parent=here.node,
        until_ms=suppressed.until_ms,
        grace_ms=grace,
        bound=suppressed.buffer.bound,
        store=store,
    )
    graph.add(node, stores=(store,))
    return TableState(graph, node, here.key, here.value, None, versioned=False)


def _grace(node: Node, line: str) -> int:
    grace = _grace_above(node)
    if grace is None:
        message = f"suppress at {line} waits for windows to close, and {node.name!r} has no windows upstream"
        raise TopologyError(message, hint="use windowed_by(...) upstream, or Suppressed.until_time_limit(...)")
    return grace


def _grace_above(node: Node) -> int | None:
    if isinstance(node, WindowAggregate | SessionAggregate):
        return _grace_of(node.windows)
    if isinstance(node, CogroupAggregate) and node.windows is not None:
        return _grace_of(node.windows)
    above = [_grace_above(parent) for parent in record_parents(node)]
    known = [grace for grace in above if grace is not None]
    return max(known) if known and len(known) == len(above) else None


def _grace_of(windows: Windows | SessionWindows) -> int:
    if isinstance(windows, UnlimitedWindows):
        return 0
    if isinstance(windows, SessionWindows):
        return windows.gap_ms + windows.grace_ms
    return windows.grace_ms
