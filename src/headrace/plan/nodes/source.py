"""Where records come in, and stores that stand by themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from headrace.formats.api import Format
from headrace.plan.nodes.base import Node
from headrace.processor.api import ProcessorSupplier
from headrace.processor.timestamps import TimestampExtractor
from headrace.state.spec import StoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Consume:
    """How a source reads: formats, time, where to begin without a position, what to do with undecodable records.

    Attributes:
        offset_reset: `earliest`, `latest`, `none`, a duration as `by-duration:<ms>`, or None for the application's default.
        on_decode_error: `fail`, `skip`, `dlq`, or None for the application's default.
    """

    key_format: Format[Any]
    value_format: Format[Any]
    timestamp: TimestampExtractor | None = None
    offset_reset: str | None = None
    on_decode_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSource(Node):
    """A stream over topics, or over all topics that match a pattern."""

    topics: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    consume: Consume


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource(Node):
    """A table over a topic. `name` is the table processor, `source_name` the source node.

    Attributes:
        store: Where the table is kept if it is kept.
        materialized: Whether the user asked for the store; otherwise it is kept only if something downstream needs it.
    """

    source_name: str
    topic: str
    consume: Consume
    store: StoreSpec
    materialized: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalTableSource(Node):
    """A table of which every instance holds all partitions; complete before records are processed. Never logged."""

    source_name: str
    topic: str
    consume: Consume
    store: StoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalStore(Node):
    """A store on every instance that a processor of the user's fills from a topic."""

    source_name: str
    topic: str
    consume: Consume
    store: StoreSpec
    supplier: ProcessorSupplier


@dataclass(frozen=True, slots=True, kw_only=True)
class StateStore(Node):
    """A store added by the user, connected to processors by name. `name` is the store's."""

    store: StoreSpec
