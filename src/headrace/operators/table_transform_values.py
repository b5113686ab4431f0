"""Transformation of a table's values by an object of the user's that may have stores.

Source of the semantics: KTable.transformValues (KIP-292).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.errors import TopologyError
from headrace.core.records import Change, Headers, Record
from headrace.operators.base import Getter, OperatorContext, RowFn, TableView
from headrace.operators.table_store import bind_update
from headrace.operators.user_processor import UserContext
from headrace.operators.views import GetterAsOf, StoreView
from headrace.processor.transformer import ValueTransformer

Supplier = Callable[[], ValueTransformer[Any, Any, Any]]
Transform = Callable[[Any, Any], Any]


class TransformerContext(UserContext):
    """A context without `forward`: a transformer answers with its result only."""

    def forward(self, record: Record[Any, Any], to: str | None = None) -> None:
        """Always refused."""
        message = f"a value transformer cannot forward records ({record!r} to {to or 'all children'})"
        raise TopologyError(message, hint="return the value, or use process() on the table's stream")


def _transform_of(context: OperatorContext, supplier: Supplier) -> Transform:
    """Makes and initialises a transformer."""
    transformer = supplier()
    if not callable(getattr(transformer, "transform", None)):
        message = f"step {context.node!r}: the supplier made {transformer!r}, which has no method 'transform'"
        raise TopologyError(message, hint="return an instance of a subclass of ValueTransformer")
    context.on_close(transformer.close)
    transformer.init(TransformerContext(context))
    return transformer.transform


@dataclass(frozen=True, slots=True)
class TableTransformValues:
    """Transforms the values of changes, tombstones included.

    Attributes:
        supplier: Makes a transformer.
        store: Where the result is kept; None if it is not. Then old values are transformed, too, one more call per change.
        versioned: Whether that store is a versioned one.
        send_old: Whether changes carry the old value.
    """

    needs_metadata: ClassVar[bool] = True
    supplier: Supplier
    store: str | None = None
    versioned: bool = False
    send_old: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        transform, send_old = _transform_of(context, self.supplier), self.send_old
        if self.store is not None:
            return self._bind_kept(context, self.store, transform)
        forward = context.forward

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            new = transform(key, change.new)
            old = transform(key, change.old) if send_old else None
            forward(key, Change(new, old, change.is_latest), timestamp, headers)

        return row

    def _bind_kept(self, context: OperatorContext, store: str, transform: Transform) -> RowFn:
        send_old = self.send_old
        get = StoreView(store, self.versioned).bind(context)
        update = bind_update(context, store, versioned=self.versioned, send_old=send_old)

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            new = transform(key, change.new)
            found = get(key) if send_old else None
            update(key, new, None if found is None else found[0], timestamp, headers)

        return row


@dataclass(frozen=True, slots=True)
class TransformValuesView:
    """Reads a transformed table through its parent, with a transformer of its own.

    Attributes:
        own_stores: The transformer's stores.
    """

    parent: TableView
    supplier: Supplier
    own_stores: tuple[str, ...] = ()

    @property
    def stores(self) -> tuple[str, ...]:
        """The parent's and the transformer's."""
        return tuple(dict.fromkeys(self.parent.stores + self.own_stores))

    @property
    def versioned(self) -> bool:
        """As the parent."""
        return self.parent.versioned

    def bind(self, context: OperatorContext) -> Getter:
        """The latest value, transformed; a missing one, too."""
        transform, get = _transform_of(context, self.supplier), self.parent.bind(context)
        return lambda key: _transformed(transform, key, get(key))

    def bind_as_of(self, context: OperatorContext) -> GetterAsOf:
        """The value at a time, transformed."""
        transform, get = _transform_of(context, self.supplier), self.parent.bind_as_of(context)
        return lambda key, timestamp: _transformed(transform, key, get(key, timestamp))


def _transformed(transform: Transform, key: Any, found: tuple[Any, int] | None) -> tuple[Any, int] | None:
    value = transform(key, None if found is None else found[0])
    if value is None:
        return None
    return value, -1 if found is None else found[1]
