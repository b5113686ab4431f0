"""Map over the values of a table, and how a mapped table that is not kept is read through its parent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Change, Headers
from headrace.operators.base import Getter, OperatorContext, RowFn, TableView
from headrace.operators.table_store import bind_update
from headrace.operators.views import GetterAsOf, StoreView


def _keyed(mapper: Callable[..., Any], with_key: bool) -> Callable[[Any, Any], Any]:
    return mapper if with_key else lambda _key, value: mapper(value)


@dataclass(frozen=True, slots=True)
class TableMapValues:
    """Maps the values of changes. Tombstones stay tombstones.

    Attributes:
        mapper: Called with the value, or (`with_key`) with key and value; never with None. It should be pure: where the
            result is not kept, it also computes old values and look-ups.
        store: Where the result is kept; None if it is not.
        versioned: Whether that store is a versioned one.
        send_old: Whether changes carry the old value.
    """

    needs_metadata: ClassVar[bool] = False
    mapper: Callable[..., Any]
    with_key: bool = False
    store: str | None = None
    versioned: bool = False
    send_old: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        if self.store is not None:
            return self._bind_kept(context, self.store)
        mapper, forward, send_old = _keyed(self.mapper, self.with_key), context.forward, self.send_old

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            new, old = change.new, change.old
            forward(
                key,
                Change(
                    None if new is None else mapper(key, new),
                    mapper(key, old) if send_old and old is not None else None,
                    change.is_latest,
                ),
                timestamp,
                headers,
            )

        return row

    def _bind_kept(self, context: OperatorContext, store: str) -> RowFn:
        mapper, send_old = _keyed(self.mapper, self.with_key), self.send_old
        get = StoreView(store, self.versioned).bind(context)
        update = bind_update(context, store, versioned=self.versioned, send_old=send_old)

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            new = change.new
            if new is not None:
                new = mapper(key, new)
            found = get(key) if send_old else None
            update(key, new, None if found is None else found[0], timestamp, headers)

        return row


@dataclass(frozen=True, slots=True)
class MapValuesView:
    """Reads a mapped table through its parent."""

    parent: TableView
    mapper: Callable[..., Any]
    with_key: bool = False

    @property
    def stores(self) -> tuple[str, ...]:
        """The parent's."""
        return self.parent.stores

    @property
    def versioned(self) -> bool:
        """As the parent."""
        return self.parent.versioned

    def bind(self, context: OperatorContext) -> Getter:
        """The latest value, mapped."""
        mapper, get = _keyed(self.mapper, self.with_key), self.parent.bind(context)

        def get_mapped(key: Any) -> tuple[Any, int] | None:
            return _mapped(mapper, key, get(key))

        return get_mapped

    def bind_as_of(self, context: OperatorContext) -> GetterAsOf:
        """The value at a time, mapped."""
        mapper, get = _keyed(self.mapper, self.with_key), self.parent.bind_as_of(context)

        def get_mapped(key: Any, timestamp: int) -> tuple[Any, int] | None:
            return _mapped(mapper, key, get(key, timestamp))

        return get_mapped


def _mapped(mapper: Callable[[Any, Any], Any], key: Any, found: tuple[Any, int] | None) -> tuple[Any, int] | None:
    if found is None:
        return None
    value = mapper(key, found[0])
    return None if value is None else (value, found[1])
