"""Where records go out."""

from __future__ import annotations

from headrace.plan.nodes.sink import Sink
from headrace.topology.lower.lowering import Lowering


def lower_sink(node: Sink, out: Lowering) -> None:
    """A sink node."""
    out.topology.add_sink_node(
        node.name,
        node.topic,
        node.parent.name,
        key_format=node.key_format,
        value_format=node.value_format,
        partitioner=node.partitioner,
        line=node.line,
    )
