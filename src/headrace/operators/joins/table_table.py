"""Table-table joins by key: one operator per side, and the one that merges what both send.

A side joins each of its changes, new and old value alike, with the current value of the other table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Change, Headers
from headrace.operators.base import OperatorContext, RowFn, TableView
from headrace.operators.handed_out import handed_out
from headrace.operators.joins.joiner import Joiner, keyed
from headrace.operators.table_store import bind_update


@dataclass(frozen=True, slots=True)
class TableTableJoinSide:
    """One side of a join; the result's timestamp is the larger one of both sides.

    Attributes:
        other: The other table.
        right: Whether this is the right side.
        mine_optional: Whether a row of the other table alone gives a result.
        other_optional: Whether a row of this table alone gives a result.
        send_old: Whether changes carry the old value.
        skip_out_of_order: Drops updates that are not the latest version (KIP-914): this side's table is versioned.
    """

    needs_metadata: ClassVar[bool] = False
    other: TableView
    joiner: Joiner
    with_key: bool
    right: bool
    mine_optional: bool
    other_optional: bool
    send_old: bool = False
    skip_out_of_order: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        get, forward = handed_out(self.other, context), context.forward
        join = keyed(self.joiner, with_key=self.with_key, swapped=self.right)
        drop_null_key, drop_out_of_order = context.drop_counter("null-key"), context.drop_counter("out-of-order")
        skip_out_of_order, send_old = self.skip_out_of_order, self.send_old
        mine_optional, other_optional = self.mine_optional, self.other_optional

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop_null_key()
                return
            if skip_out_of_order and not change.is_latest:
                drop_out_of_order()
                return
            new, old = change.new, change.old
            found = get(key)
            if found is None:
                if not other_optional or (new is None and old is None):
                    return
                other, alone = None, False
            else:
                other, alone = found[0], mine_optional
                if found[1] > timestamp:
                    timestamp = found[1]
            joined = join(key, new, other) if alone or new is not None else None
            joined_old = join(key, old, other) if send_old and (alone or old is not None) else None
            forward(key, Change(joined, joined_old, change.is_latest), timestamp, headers)

        return row


@dataclass(frozen=True, slots=True)
class TableTableMerge:
    """Takes the results of both sides and, with a store, keeps them.

    Attributes:
        store: Where the result is kept; None if it is not.
        versioned: Whether that store is a versioned one.
        send_old: Whether changes carry the old value.
    """

    needs_metadata: ClassVar[bool] = False
    store: str | None = None
    versioned: bool = False
    send_old: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        if self.store is None:
            return context.forward
        update = bind_update(context, self.store, versioned=self.versioned, send_old=self.send_old)

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            update(key, change.new, change.old, timestamp, headers)

        return row
