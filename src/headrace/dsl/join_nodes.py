"""How the joins of a stream become plan nodes: repartitions, names and stores."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headrace.core.errors import TopologyError
from headrace.core.windows import JoinWindows
from headrace.dsl import ktable
from headrace.dsl.arguments import option
from headrace.dsl.graph import caller_line
from headrace.dsl.state import AnyFormat, StreamState, TableState, same_builder
from headrace.plan import kinds
from headrace.plan.names import Scope
from headrace.plan.nodes.join import StreamGlobalJoin, StreamStreamJoin, StreamTableJoin
from headrace.plan.options import Joined, StreamJoined
from headrace.state.spec import StoreKind, StoreSpec

_STREAM_JOIN = {"inner": kinds.STREAM_JOIN, "left": kinds.STREAM_LEFT_JOIN, "outer": kinds.STREAM_OUTER_JOIN}
_COUNTED_JOIN = re.compile(r"KSTREAM-(?:OUTER|JOIN)THIS-([0-9]{10})\Z")


@dataclass(frozen=True, slots=True)
class Join:
    """What is common to all joins of a stream."""

    how: str
    joiner: Callable[..., Any]
    with_key: bool


# ---- with a stream ----------------------------------------------------------------------------------------------------


def join_streams(
    left: StreamState,
    right: StreamState,
    join: Join,
    windows: Any,
    joined: StreamJoined[Any, Any, Any] | None = None,
) -> StreamState:
    """Stream-stream join; each side whose key may have changed is repartitioned first."""
    same_builder(left.graph, right.graph, "a join")
    if not isinstance(windows, JoinWindows):
        message = f"the join of two streams at {caller_line()} takes JoinWindows, got {windows!r}"
        raise TopologyError(message, hint='write JoinWindows.within("5m", grace="10s")')
    options = option(joined, StreamJoined)
    scope = left.graph.names.scope(_STREAM_JOIN[join.how], left.node.name, options.name)
    left = _repartitioned(left, options.name, "-left", options.key, options.left)
    right = _repartitioned(right, options.name, "-right", options.key, options.right)
    graph, names = left.graph, left.graph.names
    left_outer, right_outer = join.how != "inner", join.how == "outer"
    left_suffix = "-outer-this-join" if right_outer else "-this-join"
    right_suffix = "-outer-other-join" if left_outer else "-other-join"
    left_windowed = names.part(scope, "-this-windowed", kinds.WINDOWED)
    right_windowed = names.part(scope, "-other-windowed", kinds.WINDOWED)
    left_fresh = names.fresh(scope, left_suffix, kinds.OUTER_THIS if right_outer else kinds.JOIN_THIS)
    right_fresh = names.fresh(scope, right_suffix, kinds.OUTER_OTHER if left_outer else kinds.JOIN_OTHER)
    stores = _JoinStores(options, windows, left, right, graph.key_format(options.key, left.key, right.key))
    left_store, right_store, outer_store = _store_names(options, scope, left_fresh, right_fresh, join.how)
    if not _are_given(options, scope, left_fresh):
        graph.demand_name(f"store {left_store!r}", "StreamJoined(name=..., store_name=...)")
    node = StreamStreamJoin(
        name=names.part(scope, "-merge", kinds.STREAM_MERGE),
        line=caller_line(),
        left=left.node,
        right=right.node,
        how=join.how,
        joiner=join.joiner,
        with_key=join.with_key,
        windows=windows,
        left_windowed=left_windowed,
        right_windowed=right_windowed,
        left_name=left_fresh if scope.base is None else scope.base + left_suffix,
        right_name=right_fresh if scope.base is None else scope.base + right_suffix,
        left_store=stores.window(left_store, options.left, left.value),
        right_store=stores.window(right_store, options.right, right.value),
        outer_store=stores.outer(outer_store) if left_outer else None,
    )
    parts = (node.left_windowed, node.right_windowed, node.left_name, node.right_name)
    graph.add(node, *parts, stores=(node.left_store, node.right_store, node.outer_store))
    return StreamState(graph, node, options.key or left.key or right.key, None)


def _store_names(
    options: StreamJoined[Any, Any, Any], scope: Scope, left_fresh: str, right_fresh: str, how: str
) -> tuple[str, str, str]:
    """Names of the left, right and shared outer store."""
    given, outer_suffix = options.store_name, "-outer-shared-join" if how == "outer" else "-left-shared-join"
    if isinstance(given, tuple):
        return *given, f"{given[0]}{outer_suffix}-store"
    left = left_fresh if given is None else given + ("-outer-this-join" if how == "outer" else "-this-join")
    right = right_fresh if given is None else given + ("-other-join" if how == "inner" else "-outer-other-join")
    counted = _COUNTED_JOIN.match(left_fresh)
    if given is None and counted is not None:
        return f"{left}-store", f"{right}-store", f"KSTREAM-OUTERSHARED-{counted[1]}-store"
    return f"{left}-store", f"{right}-store", f"{given or scope.base}{outer_suffix}-store"


def _are_given(options: StreamJoined[Any, Any, Any], scope: Scope, left_fresh: str) -> bool:
    if options.store_name is not None:
        return True
    return scope.given and scope.base is not None and left_fresh.startswith(scope.base)


@dataclass(frozen=True, slots=True)
class _JoinStores:
    options: StreamJoined[Any, Any, Any]
    windows: JoinWindows
    left: StreamState
    right: StreamState
    key: Any

    def window(self, name: str, given: AnyFormat, inherited: AnyFormat) -> StoreSpec:
        options, windows = self.options, self.windows
        return StoreSpec(
            name=name,
            kind=StoreKind.WINDOW,
            key_format=self.key,
            value_format=self.left.graph.value_format(given, inherited),
            engine=options.engine,
            logging=options.logging,
            changelog_config=(*options.changelog_config, ("cleanup.policy", "delete")),
            retention_ms=windows.size_ms + windows.grace_ms,
            window_size_ms=windows.size_ms,
            retain_duplicates=True,
        )

    def outer(self, name: str) -> StoreSpec:
        options, graph = self.options, self.left.graph
        return StoreSpec(
            name=name,
            kind=StoreKind.OUTER_JOIN_BUFFER,
            key_format=self.key,
            value_format=graph.value_format(options.left, self.left.value),
            right_value_format=graph.value_format(options.right, self.right.value),
            engine=options.engine,
            logging=options.logging,
            changelog_config=options.changelog_config,
        )


# ---- with a table -----------------------------------------------------------------------------------------------------


def join_table(stream: StreamState, table: TableState, join: Join, joined: Joined[Any, Any, Any] | None = None) -> StreamState:
    """Stream-table join. A grace needs a versioned table and a buffer."""
    same_builder(stream.graph, table.graph, "a join")
    options, graph = option(joined, Joined), stream.graph
    kind = kinds.STREAM_LEFT_JOIN if join.how == "left" else kinds.STREAM_JOIN
    scope = graph.names.scope(kind, stream.node.name, options.name)
    stream = _repartitioned(stream, options.name, "", options.key, options.left)
    name = graph.names.part(scope, "", kind)
    buffer = None
    if options.grace_ms is not None:
        if not table.versioned:
            message = f"the join {name!r} at {caller_line()} has a grace, and its table {table.node.name!r} is not versioned"
            raise TopologyError(message, hint='keep the table\'s versions: Materialized("name", history=...)')
        if not scope.given:
            graph.demand_name(f"store '{name}-Buffer'", "Joined(name=...)")
        buffer = StoreSpec(
            name=f"{name}-Buffer",
            kind=StoreKind.STREAM_TABLE_BUFFER,
            key_format=graph.key_format(options.key, stream.key, table.key),
            value_format=graph.value_format(options.left, stream.value),
        )
    node = StreamTableJoin(
        name=name,
        line=caller_line(),
        stream=stream.node,
        table=table.node,
        how=join.how,
        joiner=join.joiner,
        with_key=join.with_key,
        grace_ms=options.grace_ms,
        buffer=buffer,
    )
    graph.add(node, stores=(buffer,))
    return StreamState(graph, node, options.key or stream.key, None)


def join_global(
    stream: StreamState,
    table: ktable.GlobalKTable[Any, Any],
    join: Join,
    *,
    key: Callable[[Any, Any], Any],
    name: str | None = None,
) -> StreamState:
    """Join with a global table; the stream stays partitioned as it is."""
    same_builder(stream.graph, table.graph, "a join")
    graph = stream.graph
    slug = "left-join" if join.how == "left" else "join"
    scope = graph.names.scope(kinds.GLOBAL_JOIN, stream.node.name, name, slug)
    node = StreamGlobalJoin(
        name=graph.names.part(scope, "", kinds.GLOBAL_JOIN),
        line=caller_line(),
        stream=stream.node,
        table=table.node,
        how=join.how,
        key=key,
        joiner=join.joiner,
        with_key=join.with_key,
    )
    graph.add(node)
    return StreamState(graph, node, stream.key, None, stream.moved)


def _repartitioned(stream: StreamState, given: str | None, suffix: str, key: AnyFormat, value: AnyFormat) -> StreamState:
    """The stream behind a repartition if its key may have changed. Joins of one stream share the topic unless it is named."""
    if not stream.moved:
        return stream
    prefix = stream.node.name if given is None else given + suffix
    key, value = key or stream.key, value or stream.value
    node = stream.graph.repartition(prefix, stream.node, key, value, given=given is not None)
    if stream.shared is None or stream.node.name != prefix:
        stream.shared = stream.graph.add_repartition(node)
    return StreamState(stream.graph, stream.shared, key, value)
