"""Processors of the user's, and asynchronous functions."""

from __future__ import annotations

from headrace.operators.async_calls import AsyncCalls
from headrace.operators.user_processor import UserProcessor
from headrace.plan.nodes.stateless import AsyncMapValues, Process
from headrace.processor.api import stores_of
from headrace.topology.lower.lowering import Lowering


def lower_process(node: Process, out: Lowering) -> None:
    """The processor with the stores that it names and those that its supplier brings along."""
    out.topology.add_operator(node.name, UserProcessor(node.supplier, node.fixed_key), node.parent.name, line=node.line)
    for spec in stores_of(node.supplier):
        out.topology.add_store(spec, node.name)
    out.topology.connect(node.name, *node.stores)


def lower_async_map_values(node: AsyncMapValues, out: Lowering) -> None:
    """The line of calls."""
    calls = AsyncCalls(
        function=node.mapper,
        with_key=node.with_key,
        concurrency=node.concurrency,
        timeout_ms=node.timeout_ms,
        retries=node.retries,
        backoff_ms=node.retry_backoff_ms,
        result=node.kind,
        line=node.line,
    )
    out.topology.add_operator(node.name, calls, node.parent.name, line=node.line)
