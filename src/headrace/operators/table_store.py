"""How an operator changes a table that is kept in a store, and tells the operators downstream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace.core.records import Change, Headers
from headrace.operators.base import OperatorContext
from headrace.operators.update_listener import holds_back
from headrace.state.api import NOT_PUT, VALID_TO_UNDEFINED, TimestampedStore, VersionedStore

Update = Callable[[Any, Any, Any, int, Headers], None]
"""Key, new value, old value, event time in ms, headers."""


def bind_update(context: OperatorContext, store: str, *, versioned: bool, send_old: bool) -> Update:
    """A function that puts a new value and forwards the change: at once, or, from a cached store, when it is flushed.

    The old value is passed in, as every operator knows it from elsewhere; it is forwarded only with `send_old`. A versioned
    store that refuses a value as too old forwards nothing; one that is not the latest version says so in the change.
    """
    if versioned:
        return _versioned_update(context, context.store(store), send_old=send_old)
    return _timestamped_update(context, context.store(store), send_old=send_old)


def _timestamped_update(context: OperatorContext, store: TimestampedStore[Any, Any], *, send_old: bool) -> Update:
    put, forward = store.put, context.forward

    def hold(key: Any, new: Any, _old: Any, timestamp: int, headers: Headers) -> None:
        put(key, new, timestamp, headers)

    def update_with_old(key: Any, new: Any, old: Any, timestamp: int, headers: Headers) -> None:
        put(key, new, timestamp, headers)
        forward(key, Change(new, old), timestamp, headers)

    def update(key: Any, new: Any, _old: Any, timestamp: int, headers: Headers) -> None:
        put(key, new, timestamp, headers)
        forward(key, Change(new), timestamp, headers)

    if holds_back(context, store, send_old):
        return hold
    return update_with_old if send_old else update


def _versioned_update(context: OperatorContext, store: VersionedStore[Any, Any], *, send_old: bool) -> Update:
    put, forward = store.put, context.forward

    def update(key: Any, new: Any, old: Any, timestamp: int, headers: Headers) -> None:
        valid_to = put(key, new, timestamp)
        if valid_to != NOT_PUT:
            forward(key, Change(new, old if send_old else None, valid_to == VALID_TO_UNDEFINED), timestamp, headers)

    return update
