"""One record into one window of its key: the step that tumbling, hopping and unlimited windows share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace.core.records import Change, Headers
from headrace.core.windows import Windowed
from headrace.operators.base import OperatorContext
from headrace.state.api import WindowedStore

Update = Callable[[Any, Any, int, Headers, int, int], None]
"""(key, value, timestamp, headers, window start, window end)"""


def updating(
    store: WindowedStore[Any, Any], initializer: Callable[[], Any], aggregator: Callable[[Any, Any, Any], Any]
) -> Update:
    """Updates the store, nothing more: its cache or the window's close will forward."""
    get, put = store.get, store.put

    def update(key: Any, value: Any, timestamp: int, headers: Headers, start: int, _end: int) -> None:
        found = get(key, start)
        if found is None:
            put(key, start, aggregator(key, value, initializer()), timestamp, headers)
            return
        aggregate, newest = found
        put(key, start, aggregator(key, value, aggregate), timestamp if timestamp > newest else newest, headers)

    return update


def forwarding(
    context: OperatorContext,
    store: WindowedStore[Any, Any],
    initializer: Callable[[], Any],
    aggregator: Callable[[Any, Any, Any], Any],
    send_old: bool,
) -> Update:
    """Updates the store and forwards the change at once."""
    get, put, forward = store.get, store.put, context.forward

    def value_before(key: Any, start: int) -> Any:
        found = get(key, start)
        return initializer() if found is None else found[0]

    def update(key: Any, value: Any, timestamp: int, headers: Headers, start: int, end: int) -> None:
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
        forward(Windowed(key, start, end), Change(new, old if send_old else None), newest, headers)

    return update
