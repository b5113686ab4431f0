"""Folds the values of each key and tumbling window into an aggregate.

Source of the semantics: TimeWindowedKStream with TimeWindows; KIP-633 (grace), KIP-825 (emit on close).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.core.windows import TumblingWindows
from headrace.operators.base import OperatorContext, RowFn, TimeCell
from headrace.operators.closed_windows import closed_time_windows
from headrace.operators.emit_on_close import emitter
from headrace.operators.update_listener import holds_back
from headrace.operators.window_update import forwarding
from headrace.state.api import WindowedStore


@dataclass(frozen=True, slots=True)
class TumblingAggregate:
    """One window per record, so this has rows of its own: it is the most common aggregation.

    Null keys are dropped and do not advance stream time; null values take part. A record is late when its window's
    end + grace <= the operator's stream time.

    Attributes:
        emit_on_close: Each window's result once, when it closes, instead of each update.
        send_old: Whether updates carry the aggregate before.
    """

    needs_metadata: ClassVar[bool] = False
    store: str
    windows: TumblingWindows
    initializer: Callable[[], Any]
    aggregator: Callable[[Any, Any, Any], Any]
    emit_on_close: bool = False
    send_old: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """One of three rows."""
        store: WindowedStore[Any, Any] = context.store(self.store)
        stream_time = context.time_cell(f"{context.node}.stream-time")
        if self.emit_on_close:
            return self._emitting(context, store, stream_time)
        if holds_back(context, store, self.send_old):
            return self._updating(context, store, stream_time)
        return self._forwarding(context, store, stream_time)

    def _updating(self, context: OperatorContext, store: WindowedStore[Any, Any], stream_time: TimeCell) -> RowFn:
        initializer, aggregator, get, put = self.initializer, self.aggregator, store.get, store.put
        size, open_for = self.windows.size_ms, self.windows.size_ms + self.windows.grace_ms
        drop_null_key, drop_late = context.drop_counter("null-key"), context.drop_counter("late")

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop_null_key()
                return
            start = timestamp - timestamp % size
            if timestamp > stream_time.value:
                stream_time.value = timestamp
            elif start + open_for <= stream_time.value:
                drop_late()
                return
            found = get(key, start)
            if found is None:
                put(key, start, aggregator(key, value, initializer()), timestamp, headers)
                return
            aggregate, newest = found
            put(key, start, aggregator(key, value, aggregate), timestamp if timestamp > newest else newest, headers)

        return row

    def _forwarding(self, context: OperatorContext, store: WindowedStore[Any, Any], stream_time: TimeCell) -> RowFn:
        update = forwarding(context, store, self.initializer, self.aggregator, self.send_old)
        size, open_for = self.windows.size_ms, self.windows.size_ms + self.windows.grace_ms
        drop_null_key, drop_late = context.drop_counter("null-key"), context.drop_counter("late")

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop_null_key()
                return
            start = timestamp - timestamp % size
            if timestamp > stream_time.value:
                stream_time.value = timestamp
            elif start + open_for <= stream_time.value:
                drop_late()
                return
            update(key, value, timestamp, headers, start, start + size)

        return row

    def _emitting(self, context: OperatorContext, store: WindowedStore[Any, Any], stream_time: TimeCell) -> RowFn:
        update, grace = self._updating(context, store, stream_time), self.windows.grace_ms
        size = self.windows.size_ms
        emit = emitter(context, closed_time_windows(size, size), store.fetch_all)

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            update(key, value, timestamp, headers)
            if key is not None:
                emit(stream_time.value - grace, headers)

        return row
