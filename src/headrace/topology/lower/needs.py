"""Which tables must be kept, and which must send old values: decided over the whole plan before lowering.

Source of the semantics: Kafka Streams' lazy materialisation (KTableImpl.enableSendingOldValues and valueGetterSupplier).
"""

from __future__ import annotations

from dataclasses import dataclass

from headrace.plan.nodes.base import Node


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
