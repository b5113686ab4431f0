"""Folds the values of each key and sliding window into an aggregate.

Source of the semantics: KIP-450; KStreamSlidingWindowAggregate with its order of updates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.core.windows import SlidingWindows
from headrace.operators.base import OperatorContext, RowFn
from headrace.operators.closed_windows import closed_sliding_windows
from headrace.operators.emit_on_close import emitter
from headrace.operators.sliding_windows import SlidingWindowsOfKey
from headrace.operators.update_listener import holds_back
from headrace.state.api import WindowedStore


@dataclass(frozen=True, slots=True)
class SlidingAggregate:
    """Every different set of records of a key within the time difference has one window. Null keys and values are dropped.

    A window is late when end + grace < the operator's stream time (its end is inclusive). The store should not be cached:
    each record scans it.

    Attributes:
        emit_on_close: Each window's result once, when it closes, instead of each update. A record younger than the time
            difference, or too late, triggers no emission.
        send_old: Whether updates carry the aggregate before.
    """

    needs_metadata: ClassVar[bool] = False
    store: str
    windows: SlidingWindows
    initializer: Callable[[], Any]
    aggregator: Callable[[Any, Any, Any], Any]
    emit_on_close: bool = False
    send_old: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row, with or without emission at close."""
        store: WindowedStore[Any, Any] = context.store(self.store)
        stream_time = context.time_cell(f"{context.node}.stream-time")
        difference, grace = self.windows.difference_ms, self.windows.grace_ms
        drop_null_key, drop_null_value = context.drop_counter("null-key"), context.drop_counter("null-value")
        drop_late = context.drop_counter("late")
        quiet = self.emit_on_close or holds_back(context, store, self.send_old)
        windows = SlidingWindowsOfKey(
            store=store,
            difference_ms=difference,
            initializer=self.initializer,
            aggregator=self.aggregator,
            forward=None if quiet else context.forward,
            send_old=self.send_old,
            drop_late=drop_late,
        )
        emit = emitter(context, closed_sliding_windows(difference), store.fetch_all) if self.emit_on_close else None
        add_early, add = windows.add_early, windows.add

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop_null_key()
                return
            if value is None:
                drop_null_value()
                return
            if timestamp > stream_time.value:
                stream_time.value = timestamp
            close_time = stream_time.value - grace
            if timestamp + difference < close_time:
                drop_late()
            elif timestamp < difference:
                add_early(key, value, timestamp, headers, close_time)
            else:
                add(key, value, timestamp, headers, close_time)
                if emit is not None:
                    emit(close_time, headers)

        return row
