"""Where records go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headrace.formats.api import Format
from headrace.plan.nodes.base import Node, Partitioner, TopicNameExtractor


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink(Node):
    """Writes to a topic, or to the topic that the extractor names per record."""

    parent: Node
    topic: str | TopicNameExtractor
    key_format: Format[Any]
    value_format: Format[Any]
    partitioner: Partitioner | None = None
