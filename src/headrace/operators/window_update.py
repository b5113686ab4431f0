"""One record into one window of its key, with an update at once: where no cache holds updates back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace.core.records import Change, Headers
from headrace.core.windows import END_OF_TIME, Windowed
from headrace.operators.base import OperatorContext
from headrace.state.api import Fold, WindowedStore


def forwarding(
    context: OperatorContext,
    store: WindowedStore[Any, Any],
    size_ms: int,
    initializer: Callable[[], Any],
    aggregator: Callable[[Any, Any, Any], Any],
    send_old: bool,
) -> Fold:
    """Folds a value into a window of a size and forwards the change."""
    get, put, forward = store.get, store.put, context.forward

    def value_before(key: Any, start: int) -> Any:
        found = get(key, start)
        return initializer() if found is None else found[0]

    def fold(key: Any, value: Any, timestamp: int, headers: Headers, start: int) -> None:
        found = get(key, start)
        if found is None:
            old, newest = initializer(), timestamp
        else:
            old, newest = found
            if timestamp > newest:
                newest = timestamp
        new = aggregator(key, value, old)
        if send_old and new is old:  # perhaps changed in place
            old = value_before(key, start)
        put(key, start, new, newest, headers)
        end = min(start + size_ms, END_OF_TIME)
        forward(Windowed(key, start, end), Change(new, old if send_old else None), newest, headers)

    return fold
