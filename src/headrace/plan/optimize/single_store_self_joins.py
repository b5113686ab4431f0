"""A stream that is joined with itself is kept once."""

from __future__ import annotations

from dataclasses import replace

from headrace.plan.graph import Plan
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.join import StreamStreamJoin
from headrace.plan.rewrite import rebuilt


def single_store_self_joins(plan: Plan) -> Plan:
    """Inner joins of a stream with itself use one window store.

    Left out are windows in which a record is not its own partner, and left and outer joins.
    """
    return rebuilt(plan, _with_one_store)


def _with_one_store(node: Node) -> Node:
    if not isinstance(node, StreamStreamJoin) or node.left is not node.right or node.how != "inner":
        return node
    own_partner = node.windows.before_ms >= 0 and node.windows.after_ms >= 0
    return replace(node, one_store=True) if own_partner else node
