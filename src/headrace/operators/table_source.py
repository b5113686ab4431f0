"""The start of a table: records of a topic or stream become changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Change, Headers
from headrace.operators.base import OperatorContext, RowFn
from headrace.operators.table_store import bind_update
from headrace.operators.views import StoreView


@dataclass(frozen=True, slots=True)
class TableSource:
    """Makes every record an update of its key; None is a tombstone. Records without a key are dropped.

    The last record in wins, also when its timestamp is older (a versioned store sorts it in instead).

    Attributes:
        store: Where the table is kept; None if it is not kept, then changes have no old value.
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
            return _not_kept(context)
        drop = context.drop_counter("null-key")
        update = bind_update(context, self.store, versioned=self.versioned, send_old=self.send_old)
        cached = context.store(self.store).cached
        if self.send_old and not cached:
            get = StoreView(self.store, self.versioned).bind(context)

            def row_with_old(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
                if key is None:
                    drop()
                    return
                old = get(key)
                update(key, value, None if old is None else old[0], timestamp, headers)

            return row_with_old

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop()
                return
            update(key, value, None, timestamp, headers)

        return row


def _not_kept(context: OperatorContext) -> RowFn:
    drop, forward = context.drop_counter("null-key"), context.forward

    def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
        if key is None:
            drop()
            return
        forward(key, Change(value), timestamp, headers)

    return row
