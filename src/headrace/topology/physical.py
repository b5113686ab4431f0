"""A topology as frozen data: nodes, stores, sub-topologies. What the runtime executes and what `describe` prints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from headrace.formats.api import Format
from headrace.operators.base import Operator
from headrace.plan.nodes.base import Partitioner, TopicNameExtractor
from headrace.plan.nodes.source import Consume
from headrace.state.spec import StoreSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNode:
    """Reads topics, or all topics that match a pattern.

    Attributes:
        internal: The topic is an internal one: `topics` has its base name, to be prefixed with the application id.
    """

    name: str
    topics: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    consume: Consume
    internal: bool = False
    line: str = ""

    def described(self) -> str:
        """Its name, and its line in the program if that is known."""
        return f"source {self.name!r}, made at {self.line}" if self.line else f"source {self.name!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorNode:
    """One operator with its parents, in the order in which they were attached, and the stores it may use."""

    name: str
    operator: Operator
    parents: tuple[str, ...]
    stores: tuple[str, ...] = ()
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkNode:
    """Writes to a topic, to the topic an extractor names, or (`internal`) to an internal topic by its base name."""

    name: str
    topic: str | TopicNameExtractor
    key_format: Format[Any]
    value_format: Format[Any]
    partitioner: Partitioner | None = None
    parents: tuple[str, ...]
    internal: bool = False
    line: str = ""


TopologyNode = SourceNode | ProcessorNode | SinkNode


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalTopic:
    """A repartition, foreign-key or changelog topic by its base name: the real one is `<application id>-<name>`.

    Attributes:
        partitions: A fixed count, or None to derive it from the upstreams.
        kind: `repartition` (delete, kept until purged) or `changelog`.
    """

    name: str
    kind: str = "repartition"
    partitions: int | None = None
    config: tuple[tuple[str, str], ...] = ()
    explicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CopartitionGroup:
    """Topics that must have the same number of partitions, and what asks for it (for the message)."""

    sources: tuple[str, ...]
    """Names of source nodes."""
    reason: str
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalStoreNode:
    """A store filled from a topic on every instance. `operator` is a processor that writes to it.

    Attributes:
        id: Its number among the sub-topologies.
    """

    source: SourceNode
    processor: ProcessorNode
    store: StoreSpec
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtopology:
    """Nodes that are connected without a topic in between; one task per partition runs them.

    Attributes:
        nodes: Names in build order (sources, processors, sinks).
        stores: Names of the stores, in the order in which they are flushed (upstream first).
    """

    id: int
    nodes: tuple[str, ...]
    stores: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """A whole program, ready to be executed or described.

    Attributes:
        nodes: By name, in build order.
        children: Per node the names of its children, in the order in which they were attached.
        stores: By name; global ones are only in `global_stores`.
        internal_topics: Repartition and foreign-key topics by base name. Changelogs follow from the stores.
    """

    nodes: dict[str, TopologyNode]
    children: dict[str, tuple[str, ...]]
    stores: dict[str, StoreSpec]
    global_stores: tuple[GlobalStoreNode, ...]
    internal_topics: dict[str, InternalTopic]
    copartition: tuple[CopartitionGroup, ...]
    subtopologies: tuple[Subtopology, ...]
