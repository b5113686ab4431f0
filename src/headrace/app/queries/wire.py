"""Questions and answers between instances: msgpack, with keys and values in the bytes of the store's own formats.

So an answer from another instance has the same types as one from here, and nothing but what the formats can read is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from headrace.app.queries.reading import Entry, Verb, Wanted
from headrace.core.identifiers import TaskId
from headrace.core.records import ValueAndTimestamp, VersionedRecord
from headrace.core.windows import Windowed
from headrace.state.spec import StoreSpec

FORWARD_PATH = "/forward"
FORWARDED = "headrace-forwarded"
"""Header of a question that was passed on once: whoever gets it answers it or says no, and never passes it on again."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a store, as it travels.

    Attributes:
        tasks: The tasks that are asked.
        limit: Most entries per task.
        stale: Whether copies may answer.
    """

    store: str
    verb: Verb
    tasks: tuple[tuple[int, int], ...] = ()
    key: bytes | None = None
    low: bytes | None = None
    high: bytes | None = None
    since: int = 0
    until: int = 2**63 - 1
    as_of: int | None = None
    read: str = "latest"
    limit: int | None = None
    stale: bool = False

    def task_ids(self) -> list[TaskId]:
        """The tasks that are asked."""
        return [TaskId(*task) for task in self.tasks]

    def wanted(self, spec: StoreSpec) -> Wanted:
        """The same with keys decoded."""
        decode = spec.key_format.decoder(spec.name, is_key=True)
        key, low, high = (None if data is None else decode(data) for data in (self.key, self.low, self.high))
        return Wanted(verb=self.verb, key=key, low=low, high=high, since=self.since, until=self.until, as_of=self.as_of)


class _WireEntry(msgspec.Struct, frozen=True, array_like=True):
    key: bytes
    value: bytes
    window: tuple[int, int] | None = None
    timestamp: int | None = None
    versioned: bool = False
    valid_to: int | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one task answers.

    Attributes:
        count: For `count`.
        lag: Changelog records that a copy is behind; 0 from the task itself.
    """

    entries: tuple[_WireEntry, ...] = ()
    count: int = 0
    lag: int = 0


class Answer(msgspec.Struct, frozen=True):
    """Answers by task. A task that is missing was not there."""

    parts: dict[str, Part]


def encode_entries(spec: StoreSpec, found: Iterable[tuple[Any, Any]]) -> tuple[_WireEntry, ...]:
    """Entries of a store as they travel."""
    key_bytes = spec.key_format.encoder(spec.name, is_key=True)
    value_bytes = spec.value_format.encoder(spec.name, is_key=False)

    def encoded(key: Any, value: Any) -> _WireEntry:
        window = None
        if isinstance(key, Windowed):
            window, key = (key.start, key.end), key.key
        match value:
            case ValueAndTimestamp():
                return _WireEntry(key_bytes(key), value_bytes(value.value), window, value.timestamp)
            case VersionedRecord():
                return _WireEntry(key_bytes(key), value_bytes(value.value), window, value.timestamp, True, value.valid_to)
        return _WireEntry(key_bytes(key), value_bytes(value), window)

    return tuple(encoded(key, value) for key, value in found)


def decode_entries(spec: StoreSpec, task: str, part: Part) -> list[Entry]:
    """What came from a task."""
    key_of = spec.key_format.decoder(spec.name, is_key=True)
    value_of = spec.value_format.decoder(spec.name, is_key=False)

    def decoded(entry: _WireEntry) -> Entry:
        key: Any = key_of(entry.key)
        if entry.window is not None:
            key = Windowed(key, *entry.window)
        value: Any = value_of(entry.value)
        if entry.versioned:
            assert entry.timestamp is not None
            value = VersionedRecord(value, entry.timestamp, entry.valid_to)
        elif entry.timestamp is not None:
            value = ValueAndTimestamp(value, entry.timestamp)
        return Entry(task, key, value)

    return [decoded(entry) for entry in part.entries]
