"""A topology as text, in the words of Kafka Streams: what its `TopologyDescription` prints for the same program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from headrace.topology.java_order import TreeSet, hash_set_order
from headrace.topology.physical import GlobalStoreNode, ProcessorNode, SinkNode, SourceNode, Topology, TopologyNode


def describe(topology: Topology) -> str:
    """Sub-topologies with their nodes, topics, stores and edges, upstream first.

    Topics are shown without the application id. With `naming="kafka-streams"` the text is the one that Kafka Streams (Java)
    prints for the same program.
    """
    parts = {part.id: _subtopology(topology, part.id, part.nodes) for part in topology.subtopologies}
    for store in topology.global_stores:
        parts[store.id] = _global_store(store)
    return "Topologies:\n " + "".join(f"  {parts[number]}" for number in sorted(parts))


def _subtopology(topology: Topology, number: int, names: Sequence[str]) -> str:
    edges = _Edges(topology, names)
    nodes = "".join(f"    {_node(topology, name, edges)}\n" for name in edges.in_order())
    return f"Sub-topology: {number}\n{nodes}\n"


def _global_store(store: GlobalStoreNode) -> str:
    source, processor = store.source, store.processor
    return (
        f"Sub-topology: {store.id} for global store (will not generate tasks)\n"
        f"    Source: {source.name} (topics: [{', '.join(source.topics)}])\n      --> {processor.name}\n"
        f"    Processor: {processor.name} (stores: [{store.store.name}])\n      --> none\n      <-- {source.name}\n"
    )


class _Edges:
    """Children and parents of the nodes of one sub-topology, as Kafka Streams collects them.

    Those with more below them go first, then by name; both sets are filled while it is still being counted what is below.
    """

    def __init__(self, topology: Topology, names: Sequence[str]) -> None:
        self._sizes = dict.fromkeys(names, 1)
        self.parents = {name: TreeSet(self._before) for name in names}
        self.children = {name: TreeSet(self._before) for name in names}
        for name in hash_set_order(names):
            node = topology.nodes[name]
            for parent in () if isinstance(node, SourceNode) else node.parents:
                self.parents[name].add(parent)
                self.children[parent].add(name)
                self._grow(parent, self._sizes[name])

    def in_order(self) -> list[str]:
        """All nodes."""
        return sorted(self._sizes, key=self._rank)

    def _grow(self, name: str, size: int) -> None:
        self._sizes[name] += size
        for parent in self.parents[name]:
            self._grow(parent, size)

    def _before(self, one: str, other: str) -> bool:
        return self._rank(one) < self._rank(other)

    def _rank(self, name: str) -> tuple[int, str]:
        return -self._sizes[name], name


def _node(topology: Topology, name: str, edges: _Edges) -> str:
    node: TopologyNode = topology.nodes[name]
    down, up = _names(edges.children[node.name]), _names(edges.parents[node.name])
    match node:
        case SourceNode():
            return f"Source: {node.name} (topics: {_topics(node)})\n      --> {down}"
        case ProcessorNode():
            stores = ", ".join(hash_set_order(store for store in node.stores if store in topology.stores))
            return f"Processor: {node.name} (stores: [{stores}])\n      --> {down}\n      <-- {up}"
        case SinkNode():
            return f"Sink: {node.name} ({_target(node)})\n      <-- {up}"


def _topics(source: SourceNode) -> str:
    if source.pattern is not None:
        return source.pattern.pattern
    return f"[{', '.join(hash_set_order(source.topics))}]"


def _target(sink: SinkNode) -> str:
    if isinstance(sink.topic, str):
        return f"topic: {sink.topic}"
    extractor: Callable[..., str] = sink.topic
    return f"extractor class: {getattr(extractor, '__qualname__', type(extractor).__qualname__)}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
