"""From a sub-topology to one chain of bound row functions per source: no look-ups are left for the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headrace.core.errors import HeadraceError, ProcessingError
from headrace.core.records import Headers
from headrace.operators.base import RowFn
from headrace.operators.filter import Filter
from headrace.runtime.tasks.batch import DecodedBatch
from headrace.runtime.tasks.current import CurrentRecord
from headrace.runtime.tasks.failures import described
from headrace.runtime.tasks.loops import (
    Test,
    WriteBytes,
    run_rows,
    run_rows_with_bytes,
    run_tested_bytes,
    run_tested_rows,
    run_tested_rows_with_bytes,
)
from headrace.runtime.tasks.node_context import NodeContext, TaskState
from headrace.runtime.tasks.sinks import SinkCompiler
from headrace.topology.physical import ProcessorNode, SinkNode, SourceNode, Topology


@dataclass(frozen=True, slots=True)
class Tested:
    """A chain that begins with a filter, taken apart: the loop over the records asks the predicate itself.

    Attributes:
        test: The predicate.
        row: What comes below.
        write: The same for many records, if that is nothing but a sink which passes original bytes through.
    """

    test: Test
    row: RowFn
    write: WriteBytes | None = None


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where the records of a source go in.

    Attributes:
        row: The whole chain below the source.
        tested: The same taken apart, if it begins with a filter.
    """

    row: RowFn
    tested: Tested | None = None

    def run(self, batch: DecodedBatch, start: int, stop: int, current: CurrentRecord | None) -> None:
        """Sends the records [start, stop) in; with `current` the original bytes of each value are at hand."""
        tested = self.tested
        if tested is None:
            if current is None:
                run_rows(self.row, batch, start, stop)
            else:
                run_rows_with_bytes(self.row, batch, start, stop, current)
        elif current is None:
            run_tested_rows(tested.test, tested.row, batch, start, stop)
        elif tested.write is not None and batch.headers is None:
            run_tested_bytes(tested.test, tested.write, tested.row, batch, start, stop, current)
        else:
            run_tested_rows_with_bytes(tested.test, tested.row, batch, start, stop, current)


Guard = Callable[[str, RowFn], RowFn]
"""Takes a node's name and what lies below it; gives the same with errors caught while caches are flushed."""


def compile_rows(
    topology: Topology, nodes: Sequence[str], state: TaskState, sinks: SinkCompiler, guard: Guard | None = None
) -> dict[str, Entrance]:
    """The entrance of each source among the nodes.

    Raises:
        ProcessingError: A processor of the user's cannot be made.
    """
    rows: dict[str, RowFn] = {}

    def row_of(name: str) -> RowFn:
        if name not in rows:
            rows[name] = bind(name)
        return rows[name]

    def bind(name: str) -> RowFn:
        node = topology.nodes[name]
        if isinstance(node, SinkNode):
            return sinks.row(node, passes_value=passes_value(topology, node))
        children: Mapping[str, RowFn] = {child: row_of(child) for child in topology.children[name]}
        forward = fan_out(list(children.values()))
        if isinstance(node, SourceNode):
            return forward
        if guard is not None and any(getattr(state.stores.get(store), "cached", False) for store in node.stores):
            forward = guard(name, forward)
        try:
            row = node.operator.bind(NodeContext(state, name, node.stores, forward, children, node.line))
            wrap = state.services.wrap_nodes
            return row if wrap is None else wrap(name, row)
        except HeadraceError:
            raise
        except Exception as error:
            message = f"{described(error)} (task {state.task_id}, when processor {name!r} was made ready)"
            raise ProcessingError(message) from error

    for name in nodes:
        row_of(name)
    wrapped = state.services.wrap_nodes is not None
    return {
        name: Entrance(rows[name]) if wrapped else _entrance(topology, name, rows, sinks)
        for name in nodes
        if isinstance(topology.nodes[name], SourceNode)
    }


def _entrance(topology: Topology, source: str, rows: Mapping[str, RowFn], sinks: SinkCompiler) -> Entrance:
    node, children = topology.nodes[source], topology.children[source]
    assert isinstance(node, SourceNode)
    first = topology.nodes[children[0]] if len(children) == 1 else None
    if isinstance(first, ProcessorNode) and isinstance(first.operator, Filter) and not first.operator.negate:
        below = topology.children[first.name]
        kept = fan_out([rows[child] for child in below])
        last = topology.nodes[below[0]] if len(below) == 1 else None
        write = sinks.bytes_writer(last, node) if isinstance(last, SinkNode) and passes_value(topology, last) else None
        return Entrance(rows[source], Tested(first.operator.predicate, kept, write))
    return Entrance(rows[source])


def fan_out(rows: Sequence[RowFn]) -> RowFn:
    """One function that hands a row to all."""
    if not rows:
        return _nowhere
    if len(rows) == 1:
        return rows[0]
    if len(rows) == 2:
        return _to_both(*rows)
    targets = tuple(rows)

    def to_all(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
        for target in targets:
            target(key, value, timestamp, headers)

    return to_all


def _nowhere(_key: Any, _value: Any, _timestamp: int, _headers: Headers) -> None:
    """The end of a chain without a sink."""


def _to_both(first: RowFn, second: RowFn) -> RowFn:
    def to_both(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
        first(key, value, timestamp, headers)
        second(key, value, timestamp, headers)

    return to_both


def needs_metadata(topology: Topology, nodes: Sequence[str]) -> bool:
    """Whether a node wants to know where each record comes from."""
    for name in nodes:
        node = topology.nodes[name]
        if isinstance(node, ProcessorNode) and node.operator.needs_metadata:
            return True
        if isinstance(node, SinkNode) and callable(node.topic):
            return True
    return False


def passes_value(topology: Topology, sink: SinkNode) -> bool:
    """Whether every value that reaches a sink is the one that was read, in the same format: its bytes can be passed through."""
    if sink.partitioner is not None or callable(sink.topic):
        return False
    todo, seen = list(sink.parents), set[str]()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        node = topology.nodes[name]
        if isinstance(node, SourceNode):
            if node.consume.value_format != sink.value_format:
                return False
        elif isinstance(node, ProcessorNode) and getattr(node.operator, "keeps_value", False):
            todo.extend(node.parents)
        else:
            return False
    return True


def wants_raw_values(topology: Topology, nodes: Sequence[str]) -> bool:
    """Whether a sink among the nodes passes original bytes through."""
    found = (topology.nodes[name] for name in nodes)
    return any(isinstance(node, SinkNode) and passes_value(topology, node) for node in found)
