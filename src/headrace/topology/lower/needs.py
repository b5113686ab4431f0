"""Which tables must be kept, and which must send old values: decided over the whole plan before lowering.

Source of the semantics: Kafka Streams' lazy materialisation (KTableImpl.enableSendingOldValues and valueGetterSupplier).
There each DSL call changes what stands above it, and a filter looks at its parent as it is at that moment. So the order of
calls matters, and the walk here takes the nodes in that order.
"""

from __future__ import annotations

from dataclasses import dataclass

from headrace.plan.graph import Plan
from headrace.plan.nodes.aggregate import TableGroup
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.join import StreamTableJoin
from headrace.plan.nodes.source import TableSource
from headrace.plan.nodes.table import (
    ForeignKeyJoin,
    Suppress,
    TableFilter,
    TableMapValues,
    TableTableJoin,
    TableTransformValues,
    ToTable,
)


@dataclass(frozen=True, slots=True)
class TableNeeds:
    """Names of plan nodes."""

    materialized: frozenset[str]
    send_old: frozenset[str]

    def is_materialized(self, node: Node) -> bool:
        """Whether the table is kept in its store."""
        return node.name in self.materialized

    def sends_old(self, node: Node) -> bool:
        """Whether its changes carry old values."""
        return node.name in self.send_old


def table_needs(plan: Plan) -> TableNeeds:
    """What all nodes together need of the tables."""
    walk = _Walk()
    for node in plan.nodes:
        walk.visit(node)
    return TableNeeds(frozenset(walk.materialized), frozenset(walk.send_old))


class _Walk:
    """The state of Kafka Streams' table objects while a program is being written.

    Attributes:
        materialized: Tables that are kept; only those that need not be are noted here and asked about.
        send_old: Operators that send old values.
        enabled: Tables whose old values have been asked for with success. A filter may send old values without that, as it
            asks its parent on its own account.
    """

    def __init__(self) -> None:
        self.materialized: set[str] = set()
        self.send_old: set[str] = set()
        self.enabled: set[str] = set()

    def visit(self, node: Node) -> None:
        """What one DSL call does to the tables above it, and to its own."""
        match node:
            case TableSource() | ToTable():
                if node.materialized:
                    self.materialized.add(node.name)
            case TableFilter():
                self._note_store(node)
                if self.enable_old(node.parent, force=False):
                    self.send_old.add(node.name)
            case TableMapValues() | TableTransformValues():
                self._note_store(node)
            case TableTableJoin():
                self._visit_table_join(node)
            case ForeignKeyJoin():
                self._visit_foreign_key_join(node)
            case TableGroup() | Suppress():
                self.enable_old(node.parent, force=True)
            case StreamTableJoin():
                self.need_view(node.table)
            case _:
                pass

    def _note_store(self, node: TableFilter | TableMapValues | TableTransformValues | TableTableJoin) -> None:
        if node.store is not None:
            self.materialized.add(node.name)

    def _visit_table_join(self, node: TableTableJoin) -> None:
        if node.how != "inner":
            self.enable_old(node.left, force=True)
        if node.how == "outer":
            self.enable_old(node.right, force=True)
        self.need_view(node.left)
        self.need_view(node.right)
        self._note_store(node)

    def _visit_foreign_key_join(self, node: ForeignKeyJoin) -> None:
        for side in (node.right, node.left):
            self.enable_old(side, force=True)
            self.need_view(side)
        if node.materialized and node.store is not None:
            self.materialized.add(node.name)

    def enable_old(self, node: Node, *, force: bool) -> bool:
        """Asks a table for old values. Without `force` a table that is not kept refuses rather than becoming kept."""
        if node.name in self.enabled:
            return True
        match node:
            case TableSource() | ToTable() | ForeignKeyJoin():
                if not force and node.name not in self.materialized:
                    return False
                self.materialized.add(node.name)
                self.send_old.add(node.name)
            case TableFilter() | TableMapValues() | TableTransformValues():
                if node.store is not None or self.enable_old(node.parent, force=force):
                    self.send_old.add(node.name)
                if node.name not in self.send_old:
                    return False
            case Suppress():
                if not self.enable_old(node.parent, force=force):
                    return False
                self.send_old.add(node.name)
            case TableTableJoin():
                self.enable_old(node.left, force=True)
                self.enable_old(node.right, force=True)
                self.send_old.add(node.name)
            case _:
                self.send_old.add(node.name)
        self.enabled.add(node.name)
        return True

    def need_view(self, node: Node) -> None:
        """Asks that a table can be looked up: through its store, or its parent's."""
        match node:
            case TableSource() | ToTable() | ForeignKeyJoin():
                self.materialized.add(node.name)
            case TableFilter() | TableMapValues() | TableTransformValues():
                if node.store is None:
                    self.need_view(node.parent)
            case Suppress():
                self.need_view(node.parent)
            case _:
                pass
