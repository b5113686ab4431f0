"""Folds the values of each key and hopping window into an aggregate.

Source of the semantics: TimeWindowedKStream with TimeWindows.advanceBy; KIP-633 (grace), KIP-825 (emit on close).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.core.windows import HoppingWindows
from headrace.operators.base import OperatorContext, RowFn
from headrace.operators.closed_windows import closed_time_windows
from headrace.operators.emit_on_close import emitter
from headrace.operators.update_listener import holds_back
from headrace.operators.window_update import forwarding
from headrace.state.api import WindowedStore


@dataclass(frozen=True, slots=True)
class HoppingAggregate:
    """A record goes into each of its windows that is open, in the order of their starts; the others count as late.

    Null keys, null values and lateness as for tumbling windows.

    Attributes:
        emit_on_close: Each window's result once, when it closes, instead of each update.
        send_old: Whether updates carry the aggregate before.
    """

    needs_metadata: ClassVar[bool] = False
    store: str
    windows: HoppingWindows
    initializer: Callable[[], Any]
    aggregator: Callable[[Any, Any, Any], Any]
    emit_on_close: bool = False
    send_old: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row, with or without emission at close."""
        store: WindowedStore[Any, Any] = context.store(self.store)
        stream_time = context.time_cell(f"{context.node}.stream-time")
        size, advance, grace = self.windows.size_ms, self.windows.advance_ms, self.windows.grace_ms
        drop_null_key, drop_late = context.drop_counter("null-key"), context.drop_counter("late")
        if self.emit_on_close or holds_back(context, store, self.send_old):
            fold = store.folder(self.initializer, self.aggregator)
        else:
            fold = forwarding(context, store, size, self.initializer, self.aggregator, self.send_old)

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop_null_key()
                return
            if timestamp > stream_time.value:
                stream_time.value = timestamp
            close_time = stream_time.value - grace
            first = timestamp - size + advance
            first = first - first % advance if first > 0 else 0
            for start in range(first, timestamp + 1, advance):
                if start + size > close_time:
                    fold(key, value, timestamp, headers, start)
                else:
                    drop_late()

        if not self.emit_on_close:
            return row
        emit = emitter(context, closed_time_windows(size, advance), store.fetch_all)

        def emitting_row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            row(key, value, timestamp, headers)
            if key is not None:
                emit(stream_time.value - grace, headers)

        return emitting_row
