"""A step through an internal topic: a sink in front of it and a source behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headrace.formats.api import Format
from headrace.plan.nodes.base import Partitioner
from headrace.plan.nodes.source import Consume
from headrace.processor.timestamps import RecordTime
from headrace.topology.lower.lowering import Lowering
from headrace.topology.physical import InternalTopic


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughTopic:
    """The names and formats of such a step.

    What is in the topic was written by this program: all of it counts, and an unusable record is a fault.
    """

    topic: InternalTopic
    sink: str
    source: str
    key_format: Format[Any]
    value_format: Format[Any]
    partitioner: Partitioner | None = None
    line: str = ""

    def add(self, parents: Sequence[str], out: Lowering) -> None:
        """Adds topic, sink and source."""
        topology, name = out.topology, self.topic.name
        topology.add_internal_topic(self.topic)
        topology.add_sink_node(
            self.sink,
            name,
            *parents,
            key_format=self.key_format,
            value_format=self.value_format,
            partitioner=self.partitioner,
            internal=True,
            line=self.line,
        )
        consume = Consume(
            key_format=self.key_format,
            value_format=self.value_format,
            timestamp=RecordTime(on_invalid="fail"),
            offset_reset="earliest",
            on_decode_error="fail",
        )
        topology.add_source_node(self.source, name, consume=consume, internal=True, line=self.line)
