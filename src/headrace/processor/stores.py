"""Stores as processors and queries see them, under Kafka's names.

| kind | class | values |
|---|---|---|
| key-value, lru | `KeyValueStore` | plain |
| timestamped key-value (tables) | `TimestampedKeyValueStore` | `ValueAndTimestamp` |
| window | `WindowStore` | plain |
| timestamped window (windowed tables) | `TimestampedWindowStore` | `ValueAndTimestamp` |
| session | `SessionStore` | plain |
| versioned | `VersionedKeyValueStore` | `VersionedRecord` |
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

from headrace.core.errors import StateError
from headrace.core.records import ValueAndTimestamp
from headrace.processor.read_only_key_value_store import ReadOnlyKeyValueStore
from headrace.processor.session_store import SessionStore
from headrace.processor.versioned_store import VersionedKeyValueStore
from headrace.processor.window_store import TimestampedWindowStore, WindowStore
from headrace.state.api import NOT_PUT, VALID_TO_UNDEFINED, KeyValueStore
from headrace.state.spec import StoreKind, StoreSpec

K = TypeVar("K")
V = TypeVar("V")

TimestampedKeyValueStore: TypeAlias = KeyValueStore[K, ValueAndTimestamp[V]]
"""A key-value store with a timestamp per value (Kafka's TimestampedKeyValueStore)."""

PublicStore: TypeAlias = (
    KeyValueStore[Any, Any]
    | ReadOnlyKeyValueStore[Any, Any]
    | WindowStore[Any, Any]
    | SessionStore[Any, Any]
    | VersionedKeyValueStore[Any, Any]
)

__all__ = [
    "NOT_PUT",
    "VALID_TO_UNDEFINED",
    "KeyValueStore",
    "PublicStore",
    "ReadOnlyKeyValueStore",
    "SessionStore",
    "TimestampedKeyValueStore",
    "TimestampedWindowStore",
    "VersionedKeyValueStore",
    "WindowStore",
    "public_store",
]


def public_store(store: Any, spec: StoreSpec, *, read_only: bool = False) -> PublicStore:
    """The face of a store that user code sees; with `read_only` each write raises StateError.

    Raises:
        StateError: The store is a buffer of the engine's own.
    """
    match spec.kind:
        case StoreKind.KEY_VALUE | StoreKind.LRU:
            return ReadOnlyKeyValueStore(store) if read_only else store
        case StoreKind.TIMESTAMPED_KEY_VALUE:
            return ReadOnlyKeyValueStore(store.view()) if read_only else store.view()
        case StoreKind.WINDOW:
            return WindowStore(store, read_only=read_only)
        case StoreKind.TIMESTAMPED_WINDOW:
            return TimestampedWindowStore(store, read_only=read_only)
        case StoreKind.SESSION:
            return SessionStore(store, read_only=read_only)
        case StoreKind.VERSIONED:
            return VersionedKeyValueStore(store, read_only=read_only)
        case StoreKind.SUPPRESS_BUFFER | StoreKind.OUTER_JOIN_BUFFER | StoreKind.STREAM_TABLE_BUFFER:
            message = f"store {spec.name!r} is a buffer of the engine's own and cannot be read"
            raise StateError(message, hint="read the store of a table instead")
