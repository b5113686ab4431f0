"""A whole program as data."""

from __future__ import annotations

from dataclasses import dataclass

from headrace.plan.nodes.base import Node


@dataclass(frozen=True, slots=True)
class Plan:
    """All nodes of a program in build order, parents before children.

    The order among the children of a node is the order in which one record visits them.
    """

    nodes: tuple[Node, ...]
