"""What a store is, before it is opened: part of a topology, pure data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from headrace.formats.api import Format
from headrace.state.engines.api import EngineSupplier


class StoreKind(Enum):
    """What a store can be asked."""

    KEY_VALUE = "key-value"
    TIMESTAMPED_KEY_VALUE = "timestamped-key-value"
    WINDOW = "window"
    TIMESTAMPED_WINDOW = "timestamped-window"
    SESSION = "session"
    VERSIONED = "versioned"
    LRU = "lru"
    SUPPRESS_BUFFER = "suppress-buffer"
    OUTER_JOIN_BUFFER = "outer-join-buffer"
    STREAM_TABLE_BUFFER = "stream-table-buffer"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSpec:
    """One store of a topology.

    Attributes:
        name: Unique in the topology; the changelog topic is `<application id>-<name>-changelog`.
        kind: What it can be asked.
        key_format: Format of keys (the inner key for windowed and session stores).
        value_format: Format of values.
        engine: How bytes are kept; None takes the application's default engine.
        caching: Whether updates are held back, and forwarded, until the commit.
        logging: Whether changes go to a changelog topic.
        changelog_topic: A source topic that serves as the changelog; None for one of the store's own.
        changelog_config: Settings of the changelog topic that differ from the kind's defaults.
        retention_ms: How long windows and sessions are kept, in stream time.
        window_size_ms: Length of a window.
        retain_duplicates: Whether a window store keeps several values for one key and time (stream joins).
        history_ms: How long old versions are kept.
        max_entries: Bound of an LRU store.
        right_value_format: Format of the right side's values in an outer-join buffer; `value_format` is the left side's.
    """

    name: str
    kind: StoreKind
    key_format: Format[Any]
    value_format: Format[Any]
    engine: EngineSupplier | None = None
    caching: bool = False
    logging: bool = True
    changelog_topic: str | None = None
    changelog_config: tuple[tuple[str, str], ...] = ()
    retention_ms: int = 0
    window_size_ms: int = 0
    retain_duplicates: bool = False
    history_ms: int = 0
    max_entries: int = 0
    right_value_format: Format[Any] | None = None
