"""What each kind of store answers: by key, between keys, by prefix, between times; and its entries as they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from headrace.core.errors import StateError
from headrace.core.records import ValueAndTimestamp, VersionedRecord
from headrace.core.windows import END_OF_TIME, Windowed
from headrace.formats.plain import plain
from headrace.processor.stores import SessionStore, VersionedKeyValueStore, WindowStore
from headrace.state.spec import StoreKind, StoreSpec

BUFFERS = frozenset({StoreKind.SUPPRESS_BUFFER, StoreKind.OUTER_JOIN_BUFFER, StoreKind.STREAM_TABLE_BUFFER})
"""Kinds of stores that only the engine can read."""

Verb = Literal["get", "range", "prefix", "windows", "count"]

Found = tuple[Any, Any]
"""A key (windowed in stores of windows and sessions) and its value as the store has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of a store.

    Attributes:
        verb: `get`: all that there is for a key; `range`: keys from low to high, both inclusive, None is open; `prefix`: keys
            whose bytes begin with those of `key`; `windows`: windows that start from `since` to `until`, or sessions that
            overlap that time, of one key or of all; `count`: about how many entries there are.
        as_of: Versioned stores: the value at this time, in ms.
    """

    verb: Verb
    key: Any = None
    low: Any = None
    high: Any = None
    since: int = 0
    until: int = END_OF_TIME
    as_of: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a store, with the task that has it."""

    task: str
    key: Any
    value: Any

    def document(self) -> dict[str, Any]:
        """The entry as JSON can hold it; times in ms."""
        document: dict[str, Any] = {"key": plain(self.key)}
        if isinstance(self.key, Windowed):
            document = {"key": plain(self.key.key), "start": self.key.start, "end": self.key.end}
        value = self.value
        if isinstance(value, ValueAndTimestamp | VersionedRecord):
            document |= {"value": plain(value.value), "timestamp": value.timestamp}
            if isinstance(value, VersionedRecord):
                document["valid_to"] = value.valid_to
        else:
            document["value"] = plain(value)
        return document | {"task": self.task}


def check_readable(spec: StoreSpec) -> None:
    """Raises StateError for a buffer of the engine's own."""
    if spec.kind in BUFFERS:
        message = f"store {spec.name!r} is a buffer of the engine's own and cannot be read"
        raise StateError(message, hint="read the store of a table instead")


def read(store: Any, spec: StoreSpec, wanted: Wanted) -> Iterator[Found]:
    """The entries of a store (as user code sees it) that are wanted. `count` is not for this.

    Raises:
        StateError: Stores of this kind cannot be asked that.
    """
    if wanted.as_of is not None and not isinstance(store, VersionedKeyValueStore):
        message = f"store {spec.name!r} keeps the latest value only: it cannot be asked for an earlier time"
        raise StateError(message, hint="leave as_of out, or make the store a versioned one")
    match wanted.verb:
        case "get":
            return _of_key(store, wanted)
        case "range":
            return _between(store, spec, wanted)
        case "prefix" if hasattr(store, "prefix_scan"):
            found: Iterator[Found] = store.prefix_scan(wanted.key)
            return found
        case "windows" if isinstance(store, WindowStore):
            return store.fetch_keys(wanted.key, wanted.key, wanted.since, wanted.until)
        case "windows" if isinstance(store, SessionStore):
            return store.find_sessions_of_keys(wanted.key, wanted.key, wanted.since, wanted.until)
    message = f"store {spec.name!r} is a {spec.kind.value} store and cannot be asked for {wanted.verb}"
    raise StateError(message, hint="ask for get or range")


def count(store: Any) -> int:
    """About how many entries there are; where nothing keeps count they are counted."""
    counted = getattr(store, "approximate_count", None)
    if counted is not None:
        return int(counted())
    if isinstance(store, VersionedKeyValueStore):
        message = f"store {store.name!r} is versioned: its entries are not counted"
        raise StateError(message)
    entries = store.all() if isinstance(store, WindowStore) else store.fetch_keys(None, None)
    return sum(1 for _ in entries)


def _of_key(store: Any, wanted: Wanted) -> Iterator[Found]:
    key = wanted.key
    match store:
        case WindowStore():
            yield from store.fetch_keys(key, key, 0, END_OF_TIME)
        case SessionStore():
            yield from store.fetch(key)
        case VersionedKeyValueStore():
            version = store.get(key, wanted.as_of)
            if version is not None:
                yield key, version
        case _:
            value = store.get(key)
            if value is not None:
                yield key, value


def _between(store: Any, spec: StoreSpec, wanted: Wanted) -> Iterator[Found]:
    low, high = wanted.low, wanted.high
    match store:
        case WindowStore():
            return store.all() if low is None and high is None else store.fetch_keys(low, high, 0, END_OF_TIME)
        case SessionStore():
            return store.fetch_keys(low, high)
        case VersionedKeyValueStore():
            message = f"store {spec.name!r} is versioned: it can be asked for single keys only"
            raise StateError(message, hint="get a key, with as_of if need be")
        case _:
            found: Iterator[Found] = store.range(low, high)
            return found
