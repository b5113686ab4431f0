"""A topology as a Mermaid flowchart, for Markdown pages and issues."""

from __future__ import annotations

from headrace.topology.draw_picture import Group, Item, Shape, picture_of
from headrace.topology.physical import Topology

_BRACKETS = {
    Shape.TOPIC: ("([", "])"),
    Shape.INTERNAL_TOPIC: ("{{", "}}"),
    Shape.SOURCE: ("(", ")"),
    Shape.PROCESSOR: ("[", "]"),
    Shape.SINK: ("(", ")"),
    Shape.STORE: ("[(", ")]"),
}
_STYLES = (
    "classDef topic fill:#dbeafe,stroke:#2563eb,color:#1e3a8a",
    "classDef internal fill:#fef3c7,stroke:#d97706,color:#78350f,stroke-dasharray:4 3",
    "classDef store fill:#dcfce7,stroke:#16a34a,color:#14532d",
)
_CLASSES = {Shape.TOPIC: ":::topic", Shape.INTERNAL_TOPIC: ":::internal", Shape.STORE: ":::store"}


def draw_mermaid(topology: Topology) -> str:
    """A flowchart from top to bottom: sub-topologies as boxes, topics outside of them, stores beside their processors.

    >>> from headrace.topology.builder import TopologyBuilder
    >>> print(draw_mermaid(TopologyBuilder().add_source("in", "clicks").add_sink("out", "copy", "in").build()))
    flowchart TD
        topic1(["clicks"]):::topic
        topic3(["copy"]):::topic
        subgraph group0["Sub-topology 0"]
            node0("in")
            node2("out")
            node0 --> node2
        end
        topic1 --> node0
        node2 --> topic3
        classDef topic fill:#dbeafe,stroke:#2563eb,color:#1e3a8a
        classDef internal fill:#fef3c7,stroke:#d97706,color:#78350f,stroke-dasharray:4 3
        classDef store fill:#dcfce7,stroke:#16a34a,color:#14532d
    """
    picture = picture_of(topology)
    lines = [_item(topic) for topic in picture.topics]
    for number, group in enumerate(picture.groups):
        lines += [f'subgraph group{number}["{group.title}"]', *(f"    {line}" for line in _group(group)), "end"]
    lines += [f"{one} --> {other}" for one, other in picture.reads + picture.writes]
    lines += _STYLES
    return "\n".join(["flowchart TD", *(f"    {line}" for line in lines)])


def _group(group: Group) -> list[str]:
    items = [_item(item) for item in group.items]
    lines = [f"{one} --> {other}" for one, other in group.lines]
    return items + lines + [f"{processor} -.- {store}" for processor, store in group.uses]


def _item(item: Item) -> str:
    left, right = _BRACKETS[item.shape]
    text = item.label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return f'{item.id}{left}"{text}"{right}{_CLASSES.get(item.shape, "")}'
