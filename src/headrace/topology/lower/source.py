"""Streams over topics, and stores that stand by themselves."""

from __future__ import annotations

from dataclasses import replace

from headrace.operators.user_processor import UserProcessor
from headrace.plan.nodes.source import GlobalStore, StateStore, StreamSource
from headrace.topology.lower.lowering import Lowering


def lower_stream_source(node: StreamSource, out: Lowering) -> None:
    """A source node."""
    out.topology.add_source_node(node.name, *node.topics, consume=node.consume, pattern=node.pattern, line=node.line)


def lower_global_store(node: GlobalStore, out: Lowering) -> None:
    """A store of every instance with the processor that fills it. Its topic is its changelog, so it is never logged."""
    out.topology.add_global_store(
        replace(node.store, logging=False),
        node.source_name,
        node.topic,
        node.consume,
        node.name,
        UserProcessor(node.supplier),
        line=node.line,
    )


def lower_state_store(node: StateStore, out: Lowering) -> None:
    """A store; processors connect to it by name."""
    out.topology.add_store(node.store)
