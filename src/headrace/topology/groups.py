"""Which nodes form one sub-topology: those connected by edges or by a shared store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headrace.state.spec import StoreSpec
from headrace.topology.physical import ProcessorNode, SourceNode, Subtopology, TopologyNode


def subtopologies_of(
    nodes: Mapping[str, TopologyNode],
    children: Mapping[str, Sequence[str]],
    stores: Mapping[str, StoreSpec],
    global_places: Sequence[int] = (),
) -> tuple[Subtopology, ...]:
    """Groups in the order of their first source, numbered as in Kafka Streams: from 0, and global stores take a number, too.

    Stores that no processor uses belong to no group. `global_places` tells before how many nodes each global store was added.
    """
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    def unite(one: str, other: str) -> None:
        leader[find(other)] = find(one)

    first_user: dict[str, str] = {}
    for name, node in nodes.items():
        find(name)
        for child in children[name]:
            unite(name, child)
        if isinstance(node, ProcessorNode):
            for store in node.stores:
                if store in stores:
                    unite(first_user.setdefault(store, name), name)
    order = dict.fromkeys(find(name) for name, node in nodes.items() if isinstance(node, SourceNode))
    groups: list[Subtopology] = []
    places = {name: place for place, name in enumerate(nodes)}
    for number, head in enumerate(order):
        members = tuple(name for name in nodes if find(name) == head)
        before = sum(place <= places[members[0]] for place in global_places)
        used = {store for name in members if isinstance(node := nodes[name], ProcessorNode) for store in node.stores}
        groups.append(Subtopology(id=number + before, nodes=members, stores=tuple(s for s in stores if s in used)))
    return tuple(groups)
