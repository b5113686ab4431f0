"""How an aggregate's updates leave: at once, or when the store's cache is flushed."""

from __future__ import annotations

from typing import Any

from headrace.core.records import Change, Headers
from headrace.operators.base import OperatorContext
from headrace.state.api import Store


def holds_back(context: OperatorContext, store: Store, send_old: bool) -> bool:
    """Whether the store keeps updates until its flush and then forwards them; if not, the operator must at once."""
    forward = context.forward

    def listener(key: Any, new: Any, old: Any, timestamp: int, headers: Headers) -> None:
        forward(key, Change(new, old), timestamp, headers)

    return store.set_flush_listener(listener, send_old=send_old)
