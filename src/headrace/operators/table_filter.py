"""Filter of a table, and how a filtered table that is not kept is read through its parent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Change, Headers
from headrace.operators.base import Getter, OperatorContext, RowFn, TableView
from headrace.operators.table_store import bind_update
from headrace.operators.views import GetterAsOf, StoreView

Predicate = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class TableFilter:
    """Turns values for which the predicate does not hold into tombstones.

    With `send_old` tombstones go out only for keys that were visible before. A table over a versioned parent never leaves
    them out, as an out-of-order tombstone still changes history.

    Attributes:
        predicate: Called with key and value, never with None.
        negate: Keeps what the predicate does not hold for.
        store: Where the result is kept; None if it is not.
        versioned: Whether that store is a versioned one.
        send_old: Whether changes carry the old value.
        versioned_parent: Whether the parent's changes may be out of order.
    """

    needs_metadata: ClassVar[bool] = False
    predicate: Predicate
    negate: bool = False
    store: str | None = None
    versioned: bool = False
    send_old: bool = False
    versioned_parent: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        if self.store is not None:
            return self._bind_kept(context, self.store)
        return self._bind_with_old(context) if self.send_old else self._bind_without_old(context)

    def _bind_without_old(self, context: OperatorContext) -> RowFn:
        predicate, negate, forward = self.predicate, self.negate, context.forward

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            new = change.new
            if new is not None and bool(predicate(key, new)) is negate:
                new = None
            forward(key, Change(new, None, change.is_latest), timestamp, headers)

        return row

    def _bind_with_old(self, context: OperatorContext) -> RowFn:
        predicate, negate, forward, send_all = self.predicate, self.negate, context.forward, self.versioned_parent

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            new, old = change.new, change.old
            if new is not None and bool(predicate(key, new)) is negate:
                new = None
            if old is not None and bool(predicate(key, old)) is negate:
                old = None
            if new is not None or old is not None or send_all:
                forward(key, Change(new, old, change.is_latest), timestamp, headers)

        return row

    def _bind_kept(self, context: OperatorContext, store: str) -> RowFn:
        predicate, negate, send_old = self.predicate, self.negate, self.send_old
        send_all = self.versioned_parent or not send_old
        get = StoreView(store, self.versioned).bind(context)
        update = bind_update(context, store, versioned=self.versioned, send_old=send_old)

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            new = change.new
            if new is not None and bool(predicate(key, new)) is negate:
                new = None
            found = get(key) if send_old else None
            if new is not None or found is not None or send_all:
                update(key, new, None if found is None else found[0], timestamp, headers)

        return row


@dataclass(frozen=True, slots=True)
class FilterView:
    """Reads a filtered table through its parent."""

    parent: TableView
    predicate: Predicate
    negate: bool = False

    @property
    def stores(self) -> tuple[str, ...]:
        """The parent's."""
        return self.parent.stores

    @property
    def versioned(self) -> bool:
        """As the parent."""
        return self.parent.versioned

    def bind(self, context: OperatorContext) -> Getter:
        """The latest value, if the predicate holds for it."""
        predicate, negate, get = self.predicate, self.negate, self.parent.bind(context)

        def get_filtered(key: Any) -> tuple[Any, int] | None:
            found = get(key)
            return None if found is None or bool(predicate(key, found[0])) is negate else found

        return get_filtered

    def bind_as_of(self, context: OperatorContext) -> GetterAsOf:
        """The value at a time, if the predicate holds for it."""
        predicate, negate, get = self.predicate, self.negate, self.parent.bind_as_of(context)

        def get_filtered(key: Any, timestamp: int) -> tuple[Any, int] | None:
            found = get(key, timestamp)
            return None if found is None or bool(predicate(key, found[0])) is negate else found

        return get_filtered
