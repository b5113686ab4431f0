"""Aggregations over a regrouped table: new values are added, old ones subtracted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import Getter, OperatorContext, RowFn
from headrace.operators.table_store import bind_update
from headrace.operators.views import StoreView


@dataclass(frozen=True, slots=True)
class TableAggregate:
    """Aggregates with an adder and a subtractor, both (key, value, aggregate) -> aggregate.

    The old value is subtracted first, if there is an aggregate to subtract from; adding to no aggregate starts from the
    initializer. The result's timestamp is the larger one of record and aggregate.

    Attributes:
        store: Where the aggregates are kept.
        versioned: Whether that store is a versioned one.
        send_old: Whether changes carry the old aggregate.
    """

    needs_metadata: ClassVar[bool] = False
    initializer: Callable[[], Any]
    adder: Callable[[Any, Any, Any], Any]
    subtractor: Callable[[Any, Any, Any], Any]
    store: str
    versioned: bool = False
    send_old: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        initializer, add, subtract = self.initializer, self.adder, self.subtractor
        get = StoreView(self.store, self.versioned).bind(context)
        update, send_old = bind_update(context, self.store, versioned=self.versioned, send_old=self.send_old), self.send_old

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            found = get(key)
            before = after = None
            if found is not None:
                before = after = found[0]
                if found[1] > timestamp:
                    timestamp = found[1]
                if change.old is not None:
                    after = subtract(key, change.old, before)
            if change.new is not None:
                after = add(key, change.new, initializer() if after is None else after)
            if send_old and found is not None and after is before:
                before = _again(get, key)
            update(key, after, before, timestamp, headers)

        return row


@dataclass(frozen=True, slots=True)
class TableReduce:
    """Aggregates with two reducers, (aggregate, value) -> aggregate. The first value is the aggregate.

    Attributes:
        store: Where the aggregates are kept.
        versioned: Whether that store is a versioned one.
        send_old: Whether changes carry the old aggregate.
    """

    needs_metadata: ClassVar[bool] = False
    adder: Callable[[Any, Any], Any]
    subtractor: Callable[[Any, Any], Any]
    store: str
    versioned: bool = False
    send_old: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        add, subtract = self.adder, self.subtractor
        get = StoreView(self.store, self.versioned).bind(context)
        update, send_old = bind_update(context, self.store, versioned=self.versioned, send_old=self.send_old), self.send_old

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            found = get(key)
            before = after = None
            if found is not None:
                before = after = found[0]
                if found[1] > timestamp:
                    timestamp = found[1]
                if change.old is not None:
                    after = subtract(before, change.old)
            if change.new is not None:
                after = change.new if after is None else add(after, change.new)
            if send_old and found is not None and after is before:
                before = _again(get, key)
            update(key, after, before, timestamp, headers)

        return row


def _again(get: Getter, key: Any) -> Any:
    """The stored value once more: a fresh object, as user code may have changed the first one in place."""
    found = get(key)
    return None if found is None else found[0]
