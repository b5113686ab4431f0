"""What all streams and tables of one builder share: the nodes so far, their names, and who asked for what."""

from __future__ import annotations

import heapq
import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from headrace.core.errors import TopologyError
from headrace.dsl.callables import check_callables
from headrace.formats.api import Format
from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.plan.graph import Plan
from headrace.plan.kinds import Kind
from headrace.plan.names import Names, Scope
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.join import StreamGlobalJoin, StreamStreamJoin, StreamTableJoin
from headrace.plan.nodes.source import StateStore, StreamSource
from headrace.plan.nodes.stateless import Repartition
from headrace.plan.rewrite import parents_of, rebuilt, record_parents
from headrace.state.spec import StoreSpec

N = TypeVar("N", bound=Node)

_PACKAGE = str(Path(__file__).resolve().parents[1])


def caller_line() -> str:
    """`file:line` of the first frame outside the package."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


class PlanGraph:
    """The nodes of a program while it is being written.

    Nodes get a place when they are added; `plan` gives them out by place, parents first. Adding a node again moves it to the
    end, as in Kafka Streams, where a shared repartition comes after what was built since.
    """

    def __init__(self, names: Names, *, strict: bool) -> None:
        self.names = names
        self._strict = strict
        self._nodes: dict[int, Node] = {}
        self._places: dict[int, int] = {}
        self._next_place = 0
        self._processors: dict[str, str] = {}
        self._stores: dict[str, str] = {}
        self._topics: dict[str, str] = {}
        self._unfinished: dict[int, str] = {}
        self.sources: list[StreamSource] = []
        """Stream sources so far; a topic is read by one of them only."""

    # ---- nodes ----------------------------------------------------------------------------------------------------

    def add(self, node: N, *parts: str, stores: tuple[StoreSpec | None, ...] = ()) -> N:
        """Adds a node with the names of its parts and its stores, all of which have to be new."""
        check_callables(node)
        self._claim(self._processors, (node.name, *parts), "step", node.line)
        self._claim(self._stores, tuple(store.name for store in stores if store is not None), "store", node.line)
        self._nodes[id(node)] = node
        self.move_to_end(node)
        return node

    def add_store(self, node: StateStore) -> None:
        """Adds a store that stands by itself; processors may have its name."""
        self._claim(self._stores, (node.name,), "store", node.line)
        self._nodes[id(node)] = node
        self.move_to_end(node)

    def move_to_end(self, node: Node) -> None:
        """Gives a node a new place."""
        self._places[id(node)] = self.take_place()

    def take_place(self) -> int:
        """A place of its own for a node that is made later."""
        self._next_place += 1
        return self._next_place

    def put_at(self, node: Node, place: int) -> None:
        """Puts a node at a place that was taken for it."""
        self._places[id(node)] = place

    def expect(self, owner: object, line: str) -> None:
        """Notes that a split has been begun; `finished` has to follow."""
        self._unfinished[id(owner)] = line

    def finished(self, owner: object) -> None:
        """Notes that it was finished."""
        self._unfinished.pop(id(owner), None)

    # ---- names ----------------------------------------------------------------------------------------------------

    def step(self, kind: Kind, parent: str, given: str | None) -> str:
        """Name of a step that has one processor."""
        return self.names.part(self.names.scope(kind, parent, given), "", kind)

    def uncounted(self, scope: Scope, kind: Kind) -> str:
        """Name of the one processor of a step of the few for which Kafka Streams counts no name if one is given."""
        return scope.base if scope.given and scope.base is not None else self.names.part(scope, "", kind)

    def store_name(self, given: str | None, scope: Scope, prefix: str, suffix: str = "") -> str:
        """The store's given name, or one of its own. Under strict names it has to be given, there or by the step's name."""
        if given is not None:
            return given
        name = self.names.store(scope, prefix, suffix)
        if not name.startswith(scope.base or "\0") or not scope.given:
            self.demand_name(f"store {name!r}", "Materialized(name=...) or name=...")
        return name

    def demand_name(self, what: str, how: str) -> None:
        """Under strict names: the error that something has no name given by the user."""
        if self._strict:
            message = f"{what}, made at {caller_line()}, has no name of its own, and names are strict"
            raise TopologyError(message, hint=f"give {how}, so that its state and topics are found again when steps change")

    def repartition(
        self,
        prefix: str,
        parent: Node,
        key: Format[Any] | None,
        value: Format[Any] | None,
        *,
        given: bool,
    ) -> Repartition:
        """A repartition node that is not added yet; its names count whether it is used or not."""
        names = self.names.repartition(prefix)
        if not given:
            self.demand_name(f"repartition topic {names.topic!r}", "Grouped(name=...), Joined(name=...) or a named store")
        return Repartition(
            name=names.source,
            line=caller_line(),
            parent=parent,
            topic=names.topic,
            filter_name=names.filter,
            sink_name=names.sink,
            key_format=self.key_format(key),
            value_format=self.value_format(value),
        )

    def add_repartition(self, node: Repartition) -> Repartition:
        """Adds it; the topic has to be new."""
        self._claim(self._topics, (node.topic,), "repartition topic", node.line)
        return self.add(node, node.sink_name, *([node.filter_name] if node.filter_name else []))

    def _claim(self, known: dict[str, str], names: tuple[str, ...], what: str, line: str) -> None:
        for name in names:
            if name in known:
                message = f"{what} {name!r}, made at {line}, has the name of another one, made at {known[name]}"
                raise TopologyError(message, hint="give each one a name of its own")
            known[name] = line

    # ---- formats --------------------------------------------------------------------------------------------------

    def key_format(self, *formats: Format[Any] | None) -> Format[Any]:
        """The first that is there, else String()."""
        return next((f for f in formats if f is not None), String())

    def value_format(self, *formats: Format[Any] | None) -> Format[Any]:
        """The first that is there, else Json()."""
        return next((f for f in formats if f is not None), Json())

    # ---- the whole ------------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """All nodes in build order; repartitions above a left or outer join keep null keys.

        Raises:
            TopologyError: A split was not finished.
        """
        for line in self._unfinished.values():
            message = f"the split made at {line} was not finished, so its branches are lost"
            raise TopologyError(message, hint="end it with default_branch() or no_default_branch()")
        return _keeping_null_keys(Plan(tuple(self._in_order())))

    def _in_order(self) -> list[Node]:
        waiting = {key: {id(parent) for parent in parents_of(node)} for key, node in self._nodes.items()}
        children: dict[int, list[int]] = {}
        for key, parents in waiting.items():
            for parent in parents:
                children.setdefault(parent, []).append(key)
        ready = [(self._places[key], key) for key, parents in waiting.items() if not parents]
        heapq.heapify(ready)
        order: list[Node] = []
        while ready:
            _, key = heapq.heappop(ready)
            order.append(self._nodes[key])
            for child in children.get(key, ()):
                waiting[child].discard(key)
                if not waiting[child]:
                    heapq.heappush(ready, (self._places[child], child))
        return order


def _keeping_null_keys(plan: Plan) -> Plan:
    above: set[str] = set()
    for node in reversed(plan.nodes):
        if node.name in above or _takes_null_keys(node):
            above.update(parent.name for parent in record_parents(node))

    def kept(node: Node) -> Node:
        return replace(node, keep_null_keys=True) if isinstance(node, Repartition) and node.name in above else node

    return rebuilt(plan, kept)


def _takes_null_keys(node: Node) -> bool:
    return isinstance(node, StreamStreamJoin | StreamTableJoin | StreamGlobalJoin) and node.how != "inner"
