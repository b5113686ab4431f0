"""The store of an unwindowed aggregate, timestamped or versioned, under one shape.

Kafka Streams calls it KeyValueStoreWrapper.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headrace.core.records import NO_HEADERS, Headers
from headrace.operators.base import OperatorContext
from headrace.state.api import NOT_PUT, VALID_TO_UNDEFINED, TimestampedStore, VersionedStore


@dataclass(frozen=True, slots=True)
class LatestValues:
    """Bound functions over a store.

    Attributes:
        get: The latest value and its timestamp, or None.
        put: Returns whether the value is the latest version now; None if the store refused it as too old.
    """

    get: Callable[[Any], tuple[Any, int] | None]
    put: Callable[[Any, Any, int, Headers], bool | None]

    def again(self, key: Any) -> Any:
        """The stored value once more: a fresh object, for when user code has changed the first one in place."""
        found = self.get(key)
        return None if found is None else found[0]


def latest_values(context: OperatorContext, name: str, *, versioned: bool) -> LatestValues:
    """The functions over a store of the task."""
    if versioned:
        return _of_versioned(context.store(name))
    store: TimestampedStore[Any, Any] = context.store(name)
    put_plain = store.put

    def put(key: Any, value: Any, timestamp: int, headers: Headers = NO_HEADERS) -> bool:
        put_plain(key, value, timestamp, headers)
        return True

    return LatestValues(store.get, put)


def _of_versioned(store: VersionedStore[Any, Any]) -> LatestValues:
    find, add = store.get, store.put

    def get(key: Any) -> tuple[Any, int] | None:
        found = find(key)
        return None if found is None else (found.value, found.timestamp)

    def put(key: Any, value: Any, timestamp: int, _headers: Headers = NO_HEADERS) -> bool | None:
        valid_to = add(key, value, timestamp)
        return None if valid_to == NOT_PUT else valid_to == VALID_TO_UNDEFINED

    return LatestValues(get, put)
