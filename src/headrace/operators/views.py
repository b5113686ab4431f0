"""How tables are read by other operators, through the store they are kept in.

Views that are computed from a parent's view stand beside the operator they mirror.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headrace.core.windows import Windowed
from headrace.operators.base import Getter, OperatorContext
from headrace.state.api import SessionsStore, TimestampedStore, VersionedStore, WindowedStore

GetterAsOf = Callable[[Any, int], tuple[Any, int] | None]
"""Looks up what a key had at a time in ms: value and timestamp, or None."""


@dataclass(frozen=True, slots=True)
class StoreView:
    """A table kept in a timestamped or (`versioned`) a versioned key-value store."""

    store: str
    versioned: bool = False

    @property
    def stores(self) -> tuple[str, ...]:
        """The store."""
        return (self.store,)

    def bind(self, context: OperatorContext) -> Getter:
        """The latest value."""
        if not self.versioned:
            timestamped: TimestampedStore[Any, Any] = context.store(self.store)
            return timestamped.get
        versioned: VersionedStore[Any, Any] = context.store(self.store)

        def get(key: Any) -> tuple[Any, int] | None:
            found = versioned.get(key)
            return None if found is None else (found.value, found.timestamp)

        return get

    def bind_as_of(self, context: OperatorContext) -> GetterAsOf:
        """The value at a time; None also when that time is out of history."""
        versioned: VersionedStore[Any, Any] = context.store(self.store)

        def get_as_of(key: Any, timestamp: int) -> tuple[Any, int] | None:
            found = versioned.get_as_of(key, timestamp)
            return None if found is None else (found.value, found.timestamp)

        return get_as_of


@dataclass(frozen=True, slots=True)
class WindowStoreView:
    """A table of windowed keys kept in a timestamped window store."""

    store: str
    versioned: bool = False

    @property
    def stores(self) -> tuple[str, ...]:
        """The store."""
        return (self.store,)

    def bind(self, context: OperatorContext) -> Getter:
        """The value of a window."""
        store: WindowedStore[Any, Any] = context.store(self.store)
        fetch = store.get

        def get(windowed: Windowed[Any]) -> tuple[Any, int] | None:
            return fetch(windowed.key, windowed.start)

        return get

    def bind_as_of(self, context: OperatorContext) -> GetterAsOf:
        """There are no versions of windows: the latest value."""
        return _ignoring_time(self.bind(context))


@dataclass(frozen=True, slots=True)
class SessionStoreView:
    """A table of sessions kept in a session store. A session's timestamp is its end."""

    store: str
    versioned: bool = False

    @property
    def stores(self) -> tuple[str, ...]:
        """The store."""
        return (self.store,)

    def bind(self, context: OperatorContext) -> Getter:
        """The value of a session."""
        store: SessionsStore[Any, Any] = context.store(self.store)
        fetch = store.get

        def get(windowed: Windowed[Any]) -> tuple[Any, int] | None:
            value = fetch(windowed.key, windowed.start, windowed.end)
            return None if value is None else (value, windowed.end)

        return get

    def bind_as_of(self, context: OperatorContext) -> GetterAsOf:
        """There are no versions of sessions: the latest value."""
        return _ignoring_time(self.bind(context))


def _ignoring_time(get: Getter) -> GetterAsOf:
    def get_as_of(key: Any, _timestamp: int) -> tuple[Any, int] | None:
        return get(key)

    return get_as_of
