"""Source nodes of streams; one per set of topics, as a topic can be read once in a program."""

from __future__ import annotations

import re
from typing import Any

from headrace.core.errors import TopologyError
from headrace.dsl.graph import PlanGraph, caller_line
from headrace.dsl.state import AnyFormat, StreamState
from headrace.plan import kinds
from headrace.plan.names import name_of_pattern, name_of_topics
from headrace.plan.nodes.source import Consume, StreamSource
from headrace.plan.options import Consumed


def stream_source(
    graph: PlanGraph,
    topics: tuple[str, ...],
    pattern: re.Pattern[str] | None,
    consumed: Consumed[Any, Any],
    key: AnyFormat = None,
    value: AnyFormat = None,
) -> StreamState:
    """A stream over topics or a pattern. Asked for again, the source that is there serves both, as in Kafka Streams.

    Raises:
        TopologyError: The second time asks for another way of reading, or for some of the topics only.
    """
    key, value = consumed.key or key, consumed.value or value
    consume = consume_of(graph, consumed, key, value)
    known = _already_read(graph, topics, pattern)
    if known is not None:
        _check_same(known, consume)
        graph.names.burn()
        return StreamState(graph, known, key, value)
    derived = name_of_topics(topics) if pattern is None else name_of_pattern(pattern.pattern)
    scope = graph.names.scope(kinds.STREAM_SOURCE, derived, consumed.name)
    name = graph.names.part(scope, "", kinds.STREAM_SOURCE)
    node = StreamSource(name=name, line=caller_line(), topics=topics, pattern=pattern, consume=consume)
    graph.sources.append(graph.add(node))
    return StreamState(graph, node, key, value)


def consume_of(graph: PlanGraph, consumed: Consumed[Any, Any], key: AnyFormat, value: AnyFormat) -> Consume:
    """How a source reads."""
    return Consume(
        key_format=graph.key_format(key),
        value_format=graph.value_format(value),
        timestamp=consumed.timestamp,
        offset_reset=consumed.offset_reset,
        on_decode_error=consumed.on_decode_error,
    )


def _already_read(graph: PlanGraph, topics: tuple[str, ...], pattern: re.Pattern[str] | None) -> StreamSource | None:
    for source in graph.sources:
        if source.topics == topics and source.pattern == pattern:
            return source
        both = set(source.topics) & set(topics)
        if both and set(source.topics) != set(topics):
            message = f"topic {min(both)!r}, asked for at {caller_line()}, is read together with other topics at {source.line}"
            raise TopologyError(message, hint="read each topic by itself and merge the streams")
        if both:
            return source
    return None


def _check_same(source: StreamSource, consume: Consume) -> None:
    if source.consume != consume:
        topics = ", ".join(source.topics) or str(source.pattern)
        message = f"{topics} is read in another way at {caller_line()} than at {source.line}"
        raise TopologyError(message, hint="use one stream twice, or read it with the same formats, timestamps and offset reset")
