"""Several repartition topics behind one change of the key become one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from headrace.plan.graph import Plan
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.stateless import Branch, Filter, FlatMap, Map, Peek, Process, Repartition, SelectKey, Split
from headrace.plan.rewrite import record_parents, with_parents


class _Route:
    """How records come from a change of the key to one repartition: by way of which steps, the first one first."""

    def __init__(self, changer: Node, steps: tuple[Node, ...], repartition: Repartition) -> None:
        self.changer = changer
        self.steps = steps
        self.repartition = repartition

    @property
    def first(self) -> Node:
        """The child of the key changer."""
        return self.steps[0] if self.steps else self.repartition

    def fits(self, other: _Route) -> bool:
        """Whether one topic serves both."""
        mine, its = self.repartition, other.repartition
        same_bytes = mine.key_format == its.key_format and mine.value_format == its.value_format
        return self.changer is other.changer and same_bytes and mine.keep_null_keys == its.keep_null_keys


def merge_repartitions(plan: Plan) -> Plan:
    """Repartitions behind one key-changing step become one, right behind it; steps in between move behind the topic.

    Those that the user wrote stay, as do those behind a step that changes values, merges streams, or has other users: these
    must not pass a topic that drops records without a key. The topic is the first one's. A single one stays where it is.
    """
    for routes in _groups(plan):
        plan = _merged(plan, routes)
    return plan


def _groups(plan: Plan) -> list[list[_Route]]:
    groups: list[list[_Route]] = []
    for node in plan.nodes:
        route = _route_to(node) if isinstance(node, Repartition) else None
        if route is not None:
            group = next((group for group in groups if group[0].fits(route)), None)
            if group is None:
                groups.append([route])
            else:
                group.append(route)
    kept = [_without_other_users(plan, group) for group in groups]
    return [group for group in kept if len(group) > 1]


def _route_to(repartition: Repartition) -> _Route | None:
    if repartition.explicit or repartition.partitions is not None or repartition.partitioner is not None:
        return None
    steps: list[Node] = []
    node = repartition.parent
    while isinstance(node, Filter | Peek | Split | Branch):
        steps.insert(0, node)
        node = node.parent
    if isinstance(node, SelectKey | Map | FlatMap) or (isinstance(node, Process) and not node.fixed_key):
        return _Route(node, tuple(steps), repartition)
    return None


def _without_other_users(plan: Plan, routes: list[_Route]) -> list[_Route]:
    """The routes whose steps lead to repartitions of the group only."""
    while True:
        inside = {id(step) for route in routes for step in (*route.steps, route.repartition)}
        shared = {id(parent) for node in plan.nodes if id(node) not in inside for parent in record_parents(node)}
        kept = [route for route in routes if not any(id(step) in shared for step in route.steps)]
        if len(kept) == len(routes):
            return kept
        routes = kept


def _merged(plan: Plan, routes: Iterable[_Route]) -> Plan:
    routes = tuple(routes)
    changer, gone = routes[0].changer, {id(route.repartition): route for route in routes}
    behind = {id(route.first) for route in routes}
    new: dict[int, Node] = {}
    nodes: list[Node] = []

    def parent_of(node: Node, parent: Node) -> Node:
        if id(parent) in gone:
            route = gone[id(parent)]
            return new[id(route.steps[-1])] if route.steps else merged
        return merged if parent is changer and id(node) in behind else new[id(parent)]

    for node in plan.nodes:
        if id(node) in gone:
            continue
        new[id(node)] = with_parents(node, lambda parent, node=node: parent_of(node, parent))  # type: ignore[misc]
        nodes.append(new[id(node)])
        if node is changer:
            merged = replace(routes[0].repartition, parent=new[id(node)])
            nodes.append(merged)
    return Plan(tuple(nodes))
