"""Folds all values of each key since a start into an aggregate.

Source of the semantics: TimeWindowedKStream with UnlimitedWindows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.core.windows import END_OF_TIME, UnlimitedWindows
from headrace.operators.base import OperatorContext, RowFn
from headrace.operators.update_listener import holds_back
from headrace.operators.window_update import forwarding
from headrace.state.api import WindowedStore


@dataclass(frozen=True, slots=True)
class UnlimitedAggregate:
    """One window that never closes, so nothing is ever late; records from before its start are dropped."""

    needs_metadata: ClassVar[bool] = False
    store: str
    windows: UnlimitedWindows
    initializer: Callable[[], Any]
    aggregator: Callable[[Any, Any, Any], Any]
    send_old: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row."""
        store: WindowedStore[Any, Any] = context.store(self.store)
        first = self.windows.start_ms
        drop_null_key, drop_early = context.drop_counter("null-key"), context.drop_counter("before-window")
        if holds_back(context, store, self.send_old):
            fold = store.folder(self.initializer, self.aggregator)
        else:
            fold = forwarding(context, store, END_OF_TIME, self.initializer, self.aggregator, self.send_old)

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop_null_key()
            elif timestamp < first:
                drop_early()
            else:
                fold(key, value, timestamp, headers, first)

        return row
