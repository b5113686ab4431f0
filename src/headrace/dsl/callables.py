"""Checks the user's functions when a step is made, instead of when its first record comes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from headrace.core.errors import TopologyError
from headrace.core.functions import is_async, is_plain, name_of
from headrace.plan.nodes.aggregate import (
    Aggregation,
    CogroupAggregate,
    PartialAggregate,
    Reduction,
    SessionAggregate,
    StreamAggregate,
    TableAggregate,
    TableGroup,
    WindowAggregate,
)
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.join import StreamGlobalJoin, StreamStreamJoin, StreamTableJoin
from headrace.plan.nodes.sink import Sink
from headrace.plan.nodes.source import GlobalStore, GlobalTableSource, StreamSource, TableSource
from headrace.plan.nodes.stateless import (
    AsyncMapValues,
    Filter,
    FlatMap,
    FlatMapValues,
    Map,
    MapValues,
    Peek,
    Process,
    Repartition,
    SelectKey,
    Split,
)
from headrace.plan.nodes.table import ForeignKeyJoin, TableFilter, TableMapValues, TableTableJoin, TableTransformValues
from headrace.processor.timestamps import CustomTime

_ASYNC_OF: dict[type[Node], str] = {Filter: "filter_async", FlatMapValues: "flat_map_values_async", Peek: "foreach_async"}
_ASYNC_METHODS = "map_values_async, flat_map_values_async, filter_async and foreach_async"
_METHODS_OF_SUPPLIED = ("process", "transform")

_KEY_VALUE = ("key", "value")
_AGGREGATOR = ("key", "value", "aggregate")
_MERGER = ("key", "one", "other")

_Join = StreamStreamJoin | StreamTableJoin | StreamGlobalJoin | TableTableJoin | ForeignKeyJoin
_Use = tuple[str, Any, tuple[str, ...]]
"""What a function is for, the function, and what it is called with."""

_ONE_FUNCTION: dict[type[Node], tuple[str, str, tuple[str, ...]]] = {
    Filter: ("predicate", "predicate", _KEY_VALUE),
    TableFilter: ("predicate", "predicate", _KEY_VALUE),
    Map: ("mapper", "mapper", _KEY_VALUE),
    FlatMap: ("mapper", "mapper", _KEY_VALUE),
    SelectKey: ("mapper", "mapper", _KEY_VALUE),
    Peek: ("action", "action", _KEY_VALUE),
    Process: ("supplier", "supplier", ()),
    GlobalStore: ("supplier", "supplier", ()),
    TableTransformValues: ("supplier", "supplier", ()),
    TableGroup: ("selector", "selector", _KEY_VALUE),
}


def check_callables(node: Node) -> None:
    """Checks that the functions of a step can be called as they will be.

    Raises:
        TopologyError: One is no function, takes other arguments, or is async where a plain one is called or the other way
            round. Functions that do not tell are believed.
    """
    for use, function, arguments in _uses(node):
        called = ", ".join(arguments)
        if not callable(function):
            message = f"the {use} of step {node.name!r}, made at {node.line}, is {function!r}, which cannot be called"
            raise TopologyError(message, hint=f"give a function of ({called})")
        if not _takes(function, len(arguments)):
            name = name_of(function)
            message = f"the {use} of step {node.name!r}, made at {node.line}, is called with ({called}), not as {name} wants it"
            raise TopologyError(message, hint=_hint(node, called))
        if isinstance(node, AsyncMapValues):
            _check_async(node, use, function)
        else:
            _check_plain(node, use, function)


def _check_async(node: AsyncMapValues, use: str, function: Any) -> None:
    name = name_of(function)
    if is_plain(function):
        message = f"the {use} of step {node.name!r}, made at {node.line}, has to be an async function, and {name} is none"
        raise TopologyError(message, hint=f"write `async def`, or use {_plain_method(node)}")
    if inspect.isasyncgenfunction(function):
        message = f"the {use} of step {node.name!r}, made at {node.line}, is an async generator, {name}"
        raise TopologyError(message, hint="return a list instead of yielding")


def _plain_method(node: AsyncMapValues) -> str:
    return {"map": "map_values", "filter": "filter", "flat_map": "flat_map_values", "foreach": "foreach"}[node.kind]


def _check_plain(node: Node, use: str, function: Any) -> None:
    supplied = [getattr(function, name, None) for name in _METHODS_OF_SUPPLIED] if use == "supplier" else []
    found = next((each for each in (function, *supplied) if each is not None and is_async(each)), None)
    if found is None:
        return
    name = name_of(found)
    message = f"the {use} of step {node.name!r}, made at {node.line}, is called as a plain function, and {name} is async"
    method = _async_method(node)
    if method is None:
        hint = f"call async functions in a step of their own before this one: {_ASYNC_METHODS} take them"
    else:
        hint = f"use {method}, or write `def` instead of `async def`"
    raise TopologyError(message, hint=hint)


def _async_method(node: Node) -> str | None:
    if isinstance(node, MapValues):
        return "map_values_async" if not node.with_key else None
    if (isinstance(node, Peek) and not node.terminal) or (isinstance(node, FlatMapValues) and node.with_key):
        return None
    return _ASYNC_OF.get(type(node))


def _takes(function: Any, count: int) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _hint(node: Node, called: str) -> str:
    if isinstance(node, MapValues | FlatMapValues | TableMapValues):
        return "the method that ends with _with_key calls (key, value), the other one (value)"
    if isinstance(node, StreamStreamJoin | StreamTableJoin | StreamGlobalJoin):
        return "the method that ends with _with_key calls the joiner with (key, left, right), the other one with (left, right)"
    return f"give a function of ({called})"


def _uses(node: Node) -> Iterator[_Use]:
    yield from _uses_of_topics(node)
    if type(node) in _ONE_FUNCTION:
        use, attribute, arguments = _ONE_FUNCTION[type(node)]
        yield use, getattr(node, attribute), arguments
    elif isinstance(node, MapValues | FlatMapValues | TableMapValues | AsyncMapValues):
        yield "function", node.mapper, _KEY_VALUE if node.with_key else ("value",)
    elif isinstance(node, Split):
        yield from (("predicate", predicate, _KEY_VALUE) for predicate in node.predicates)
    elif isinstance(node, StreamAggregate | PartialAggregate | WindowAggregate | SessionAggregate | TableAggregate):
        yield from _uses_of_aggregation(node.aggregation)
    elif isinstance(node, CogroupAggregate):
        yield from _uses_of_cogroup(node)
    elif isinstance(node, _Join):
        yield from _uses_of_join(node)


def _uses_of_topics(node: Node) -> Iterator[_Use]:
    if isinstance(node, StreamSource | TableSource | GlobalTableSource | GlobalStore):
        if isinstance(node.consume.timestamp, CustomTime):
            yield "timestamp extractor", node.consume.timestamp.function, ("record", "partition_time")
    elif isinstance(node, Sink | Repartition):
        if node.partitioner is not None:
            yield "partitioner", node.partitioner, ("topic", "key", "value", "partitions")
        if callable(node.topic):
            yield "topic", node.topic, ("key", "value", "metadata")


def _uses_of_cogroup(node: CogroupAggregate) -> Iterator[_Use]:
    yield "initializer", node.initializer, ()
    yield from (("aggregator", each.aggregator, _AGGREGATOR) for each in node.inputs)
    if node.merger is not None:
        yield "merger", node.merger, _MERGER


def _uses_of_aggregation(aggregation: Aggregation | Reduction) -> Iterator[_Use]:
    if isinstance(aggregation, Reduction):
        yield "reducer", aggregation.reducer, ("aggregate", "value")
        if aggregation.subtractor is not None:
            yield "subtractor", aggregation.subtractor, ("aggregate", "value")
        return
    yield "initializer", aggregation.initializer, ()
    yield "aggregator", aggregation.aggregator, _AGGREGATOR
    if aggregation.subtractor is not None:
        yield "subtractor", aggregation.subtractor, _AGGREGATOR
    if aggregation.merger is not None:
        yield "merger", aggregation.merger, _MERGER


def _uses_of_join(
    node: StreamStreamJoin | StreamTableJoin | StreamGlobalJoin | TableTableJoin | ForeignKeyJoin,
) -> Iterator[_Use]:
    yield "joiner", node.joiner, ("key", "left", "right") if node.with_key else ("left", "right")
    if isinstance(node, StreamGlobalJoin):
        yield "key selector", node.key, _KEY_VALUE
    if isinstance(node, ForeignKeyJoin):
        yield "foreign key", node.extractor, _KEY_VALUE
