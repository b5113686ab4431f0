"""What the lowering of one plan knows while it goes from node to node."""

from __future__ import annotations

from headrace.operators.base import TableView
from headrace.plan.nodes.base import Node
from headrace.topology.builder import TopologyBuilder
from headrace.topology.lower.needs import TableNeeds


class Lowering:
    """The topology so far, how each table can be read, and what the tables downstream need of it.

    Attributes:
        topology: Nodes and stores are added here. A plan node's physical counterpart, to which children attach, always has
            the plan node's name.
        needs: Which tables are kept in their store, and which send old values.
    """

    def __init__(self, needs: TableNeeds) -> None:
        self.topology = TopologyBuilder()
        self.needs = needs
        self._views: dict[str, TableView] = {}

    def set_view(self, node: Node, view: TableView) -> None:
        """Notes how a table can be read by other operators."""
        self._views[node.name] = view

    def has_view(self, node: Node) -> bool:
        """Whether a table can be read: it is kept, or computed from tables that are."""
        return node.name in self._views

    def view(self, node: Node) -> TableView:
        """How to read a table. `needs` has seen to it that it can be, wherever a plan node asks for it."""
        return self._views[node.name]
