"""Folds the values of each key and tumbling window into an aggregate.

Source of the semantics: TimeWindowedKStream with TimeWindows; KIP-633 (grace), KIP-825 (emit on close).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.core.windows import TumblingWindows
from headrace.operators.base import OperatorContext, RowFn
from headrace.operators.closed_windows import closed_time_windows
from headrace.operators.emit_on_close import emitter
from headrace.operators.update_listener import holds_back
from headrace.operators.window_update import forwarding
from headrace.state.api import WindowedStore


@dataclass(frozen=True, slots=True)
class TumblingAggregate:
    """One window per record: the most common aggregation.

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
        """The row, with or without emission at close."""
        store: WindowedStore[Any, Any] = context.store(self.store)
        stream_time = context.time_cell(f"{context.node}.stream-time")
        size, grace = self.windows.size_ms, self.windows.grace_ms
        open_for = size + grace
        drop_null_key, drop_late = context.drop_counter("null-key"), context.drop_counter("late")
        if self.emit_on_close or holds_back(context, store, self.send_old):
            fold = store.folder(self.initializer, self.aggregator)
        else:
            fold = forwarding(context, store, size, self.initializer, self.aggregator, self.send_old)

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
            fold(key, value, timestamp, headers, start)

        if not self.emit_on_close:
            return row
        emit = emitter(context, closed_time_windows(size, size), store.fetch_all)

        def emitting_row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            row(key, value, timestamp, headers)
            if key is not None:
                emit(stream_time.value - grace, headers)

        return emitting_row
