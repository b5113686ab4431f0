"""Folds the values of each key of a stream into an aggregate.

Source of the semantics: KGroupedStream.aggregate and count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Change, Headers
from headrace.operators.base import OperatorContext, RowFn
from headrace.operators.latest_value import LatestValues, latest_values
from headrace.operators.update_listener import holds_back
from headrace.state.api import TimestampedStore


@dataclass(frozen=True, slots=True)
class StreamAggregate:
    """(key, value, aggregate) -> aggregate per key, from an initializer. Null keys and null values are dropped.

    The first change of a key carries the initializer's value as its old one, as in Kafka Streams, unless the store is cached.

    Attributes:
        versioned: The store is a versioned one.
        send_old: Whether changes carry the aggregate before.
    """

    needs_metadata: ClassVar[bool] = False
    store: str
    initializer: Callable[[], Any]
    aggregator: Callable[[Any, Any, Any], Any]
    send_old: bool = False
    versioned: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """A row that only updates the store if that holds updates back, else one that forwards, too."""
        if not self.versioned:  # versioned stores are never cached
            store: TimestampedStore[Any, Any] = context.store(self.store)
            if holds_back(context, store, self.send_old):
                return self._updating(context, store)
        return self._forwarding(context, latest_values(context, self.store, versioned=self.versioned))

    def _updating(self, context: OperatorContext, store: TimestampedStore[Any, Any]) -> RowFn:
        drop_null_key, drop_null_value = context.drop_counter("null-key"), context.drop_counter("null-value")
        return store.folder(self.initializer, self.aggregator, drop_null_key, drop_null_value)

    def _forwarding(self, context: OperatorContext, values: LatestValues) -> RowFn:
        initializer, aggregator, get, put = self.initializer, self.aggregator, values.get, values.put
        send_old, forward = self.send_old, context.forward
        drop_null_key, drop_null_value = context.drop_counter("null-key"), context.drop_counter("null-value")

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop_null_key()
                return
            if value is None:
                drop_null_value()
                return
            found = get(key)
            if found is None:
                old, newest = initializer(), timestamp
            else:
                old, newest = found
                if timestamp > newest:
                    newest = timestamp
            new = aggregator(key, value, old)
            if send_old and new is old:
                old = initializer() if found is None else values.again(key)
            is_latest = put(key, new, newest, headers)
            if is_latest is not None:
                forward(key, Change(new, old if send_old else None, is_latest), newest, headers)

        return row
