"""Which tables are versioned, so that their changes may be out of order.

Source of the semantics: KIP-914; InternalStreamsBuilder.enableVersionedSemantics.
"""

from __future__ import annotations

from headrace.plan.nodes.aggregate import CogroupAggregate, StreamAggregate, TableAggregate
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.source import TableSource
from headrace.plan.nodes.table import (
    ForeignKeyJoin,
    TableFilter,
    TableMapValues,
    TableTableJoin,
    TableTransformValues,
    ToTable,
)
from headrace.state.spec import StoreKind, StoreSpec


def versioned_store(node: Node) -> StoreSpec | None:
    """The store that makes a table versioned: its own, or, if it has none, its parent's. None: it is not versioned."""
    match node:
        case TableFilter() | TableMapValues() | TableTransformValues():
            return versioned_store(node.parent) if node.store is None else _if_versioned(node.store)
        case (
            TableSource()
            | ToTable()
            | TableTableJoin()
            | ForeignKeyJoin()
            | StreamAggregate()
            | CogroupAggregate()
            | TableAggregate()
        ):
            return _if_versioned(node.store)
        case _:
            return None


def is_versioned(node: Node) -> bool:
    """Whether a table is versioned."""
    return versioned_store(node) is not None


def _if_versioned(store: StoreSpec | None) -> StoreSpec | None:
    return store if store is not None and store.kind is StoreKind.VERSIONED else None
