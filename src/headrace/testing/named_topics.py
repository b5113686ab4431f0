"""The topics of a topology as a test sees them: which there are, how they are written, and that each has one partition."""

from __future__ import annotations

from typing import Any

from headrace.formats.api import Format
from headrace.log.api import Admin, NewTopic
from headrace.runtime.topics import TopicLayout, ensure_topics
from headrace.topology.physical import SinkNode, SourceNode, Topology

Formats = tuple[Format[Any], Format[Any]]
"""Of keys and values."""


def named_topics(topology: Topology) -> list[str]:
    """Topics by name that the topology reads or writes, internal ones left out."""
    named: dict[str, None] = {}
    for node in topology.nodes.values():
        if isinstance(node, SourceNode) and not node.internal:
            named.update(dict.fromkeys(node.topics))
        elif isinstance(node, SinkNode) and not node.internal and isinstance(node.topic, str):
            named[node.topic] = None
    for entry in topology.global_stores:
        named.update(dict.fromkeys(entry.source.topics))
    return list(named)


def read_topics(topology: Topology) -> list[str]:
    """Those that records can be piped into."""
    sources = [node for node in topology.nodes.values() if isinstance(node, SourceNode) and not node.internal]
    sources += [entry.source for entry in topology.global_stores]
    return list(dict.fromkeys(topic for source in sources for topic in source.topics))


def may_appear(topology: Topology, topic: str) -> bool:
    """Whether a topic that no step names can be read or written: by a pattern, or by a sink that names topics per record."""
    for node in topology.nodes.values():
        if isinstance(node, SinkNode) and callable(node.topic):
            return True
        if isinstance(node, SourceNode) and node.pattern is not None and node.pattern.fullmatch(topic):
            return True
    return False


def formats_of(topology: Topology, topic: str) -> Formats | None:
    """The formats of the step that reads or writes a topic."""
    for node in topology.nodes.values():
        if isinstance(node, SourceNode) and (topic in node.topics or (node.pattern and node.pattern.fullmatch(topic))):
            return node.consume.key_format, node.consume.value_format
        if isinstance(node, SinkNode) and node.topic == topic:
            return node.key_format, node.value_format
    for entry in topology.global_stores:
        if topic in entry.source.topics:
            return entry.source.consume.key_format, entry.source.consume.value_format
    # Only a sink that names its topics per record is left to have written to it.
    sinks = (node for node in topology.nodes.values() if isinstance(node, SinkNode) and callable(node.topic))
    return next(((sink.key_format, sink.value_format) for sink in sinks), None)


class OnePartition:
    """A layout in which every topic has one partition, and one that a sink names for the first time is made."""

    def __init__(self, layout: TopicLayout, admin: Admin) -> None:
        self._layout = layout
        self._admin = admin

    def real_name(self, base: str) -> str:
        """The name of an internal topic."""
        return self._layout.real_name(base)

    def partitions(self, topic: str) -> int:
        """Always one."""
        ensure_topics(self._admin, [NewTopic(topic, 1)])
        return 1
