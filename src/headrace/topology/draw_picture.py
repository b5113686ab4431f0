"""What a drawing of a topology shows, without saying where: shapes, groups and lines. Mermaid and SVG are made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from headrace.topology.physical import ProcessorNode, SinkNode, SourceNode, Topology


class Shape(Enum):
    """Kinds of things in a drawing."""

    TOPIC = "topic"
    INTERNAL_TOPIC = "internal topic"
    SOURCE = "source"
    PROCESSOR = "processor"
    SINK = "sink"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing with its text. `id` is unique in the picture and a legal identifier."""

    id: str
    shape: Shape
    label: str


@dataclass(slots=True)
class Group:
    """A sub-topology or global store: a box around its items.

    Attributes:
        lines: From item to item along which records go.
        uses: (processor, store) pairs.
    """

    title: str
    items: list[Item] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    uses: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Picture:
    """The whole. `reads` are (topic, source) pairs and `writes` (sink, topic) pairs of item ids."""

    topics: list[Item] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    reads: list[tuple[str, str]] = field(default_factory=list)
    writes: list[tuple[str, str]] = field(default_factory=list)


def picture_of(topology: Topology) -> Picture:
    """All that is to be drawn of a topology."""
    drawing = _Drawing(topology)
    for part in topology.subtopologies:
        drawing.add_group(f"Sub-topology {part.id}", part.nodes, part.stores)
    for store in topology.global_stores:
        drawing.add_global(store.id, store.source, store.processor, store.store.name)
    return drawing.picture


class _Drawing:
    def __init__(self, topology: Topology) -> None:
        self.picture = Picture()
        self._topology = topology
        self._ids: dict[tuple[str, str], str] = {}

    def add_group(self, title: str, nodes: tuple[str, ...], stores: tuple[str, ...]) -> None:
        group = Group(title)
        for name in nodes:
            node = self._topology.nodes[name]
            match node:
                case SourceNode():
                    self._add_source(group, node)
                case ProcessorNode():
                    group.items.append(Item(self._id("node", name), Shape.PROCESSOR, name))
                case SinkNode():
                    self._add_sink(group, node)
        for store in stores:
            group.items.append(Item(self._id("store", store), Shape.STORE, store))
        for name in nodes:
            here, node = self._id("node", name), self._topology.nodes[name]
            group.lines.extend((here, self._id("node", child)) for child in self._topology.children[name])
            if isinstance(node, ProcessorNode):
                group.uses.extend((here, self._id("store", store)) for store in node.stores if store in stores)
        self.picture.groups.append(group)

    def add_global(self, number: int, source: SourceNode, processor: ProcessorNode, store: str) -> None:
        group = Group(f"Global store {number}")
        self._add_source(group, source)
        here = self._id("node", processor.name)
        group.items.append(Item(here, Shape.PROCESSOR, processor.name))
        group.items.append(Item(self._id("store", store), Shape.STORE, store))
        group.lines.append((self._id("node", source.name), here))
        group.uses.append((here, self._id("store", store)))
        self.picture.groups.append(group)

    def _add_source(self, group: Group, node: SourceNode) -> None:
        here = self._id("node", node.name)
        group.items.append(Item(here, Shape.SOURCE, node.name))
        topics = node.topics if node.pattern is None else (f"/{node.pattern.pattern}/",)
        self.picture.reads.extend((self._topic(topic, internal=node.internal), here) for topic in topics)

    def _add_sink(self, group: Group, node: SinkNode) -> None:
        here = self._id("node", node.name)
        group.items.append(Item(here, Shape.SINK, node.name))
        topic = node.topic if isinstance(node.topic, str) else "topic chosen per record"
        self.picture.writes.append((here, self._topic(topic, internal=node.internal)))

    def _topic(self, name: str, *, internal: bool) -> str:
        known = ("topic", name) in self._ids
        here = self._id("topic", name)
        if not known:
            self.picture.topics.append(Item(here, Shape.INTERNAL_TOPIC if internal else Shape.TOPIC, name))
        return here

    def _id(self, what: str, name: str) -> str:
        return self._ids.setdefault((what, name), f"{what}{len(self._ids)}")
