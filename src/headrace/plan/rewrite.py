"""How rules change a plan: nodes are replaced, and all nodes below them are rebuilt on the new ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from headrace.plan.graph import Plan
from headrace.plan.nodes.aggregate import CogroupInput
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.join import StreamGlobalJoin, StreamTableJoin


def rebuilt(plan: Plan, change: Callable[[Node], Node]) -> Plan:
    """The plan with `change` applied to each node, parents first. A node that is to stay is returned as it is."""
    new: dict[int, Node] = {}
    for node in plan.nodes:
        new[id(node)] = change(with_parents(node, lambda parent: new[id(parent)]))
    return Plan(tuple(new[id(node)] for node in plan.nodes))


def parents_of(node: Node) -> tuple[Node, ...]:
    """The nodes from which a node gets records or looks values up."""
    found: list[Node] = []
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            found.append(value)
        elif isinstance(value, tuple):
            found.extend(item.parent for item in value if isinstance(item, CogroupInput))
    return tuple(found)


def record_parents(node: Node) -> tuple[Node, ...]:
    """The nodes from which a node gets records."""
    return (node.stream,) if isinstance(node, StreamTableJoin | StreamGlobalJoin) else parents_of(node)


def with_parents(node: Node, parent_of: Callable[[Node], Node]) -> Node:
    """The node with each parent replaced by what the function gives for it; the node itself if all stay."""
    changes: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            parent = parent_of(value)
            if parent is not value:
                changes[field.name] = parent
        elif isinstance(value, tuple) and any(isinstance(item, CogroupInput) for item in value):
            changes[field.name] = tuple(replace(item, parent=parent_of(item.parent)) for item in value)
    return replace(node, **changes) if changes else node
