"""`CogroupedKStream`: several grouped streams into one aggregate. Source of the semantics: KIP-150."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from headrace.core.attributes import NamesWhatItHas
from headrace.core.windows import SessionWindows, Windowed
from headrace.dsl import grouped, ktable
from headrace.dsl.aggregations import GroupedState
from headrace.dsl.arguments import option
from headrace.dsl.graph import PlanGraph, caller_line
from headrace.dsl.state import TableState, same_builder
from headrace.dsl.stores import key_value_store, session_store, window_store
from headrace.dsl.windowed import check_windows, windowed_format
from headrace.formats.api import Format
from headrace.plan import kinds
from headrace.plan.nodes.aggregate import CogroupAggregate, CogroupInput, Windows
from headrace.plan.nodes.base import Aggregator, Node
from headrace.plan.options import Materialized
from headrace.state.spec import StoreSpec

K = TypeVar("K")
V = TypeVar("V")
A = TypeVar("A")


class CogroupedKStream(NamesWhatItHas, Generic[K, A]):
    """Grouped streams with an aggregator each. Begun by `KGroupedStream.cogroup`."""

    def __init__(self, first: grouped.KGroupedStream[K, V], aggregator: Callable[[K, V, A], A]) -> None:
        self._inputs = _Inputs(first.state.graph, {first.state: aggregator})

    def cogroup(self, other: grouped.KGroupedStream[K, V], aggregator: Callable[[K, V, A], A]) -> CogroupedKStream[K, A]:
        """Adds a grouped stream with its aggregator: `aggregator(key, value, aggregate)`. Returns this object.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> builder = StreamsBuilder()
        >>> clicks, views = builder.stream("clicks").group_by_key(), builder.stream("views").group_by_key()
        >>> both = clicks.cogroup(lambda user, click, n: n + 2).cogroup(views, lambda user, view, n: n + 1)
        >>> both.aggregate(int, name="activity").name
        'activity-cogroup-merge'
        """
        same_builder(self._inputs.graph, other.state.graph, "a cogroup")
        self._inputs.aggregators[other.state] = aggregator
        return self

    def aggregate(
        self, initializer: Callable[[], A], materialized: Materialized[K, A] | None = None, *, name: str | None = None
    ) -> ktable.KTable[K, A]:
        """Aggregates all inputs into one table.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks = builder.stream("clicks").group_by_key().cogroup(lambda user, click, n: n + 1)
        >>> clicks.aggregate(int, name="activity").to_stream().to("counts")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/"), ("ann", "/help")])
        ...     driver.topic("counts").values()
        [1, 2]
        """
        return ktable.KTable(self._inputs.aggregated(initializer, None, None, materialized, name))

    @overload
    def windowed_by(self, windows: Windows) -> TimeWindowedCogroupedKStream[K, A]: ...
    @overload
    def windowed_by(self, windows: SessionWindows) -> SessionWindowedCogroupedKStream[K, A]: ...
    def windowed_by(
        self, windows: Windows | SessionWindows
    ) -> TimeWindowedCogroupedKStream[K, A] | SessionWindowedCogroupedKStream[K, A]:
        """Divides each key's records by time.

        >>> from headrace.core.windows import SlidingWindows
        >>> from headrace.dsl.builder import StreamsBuilder
        >>> clicks = StreamsBuilder().stream("clicks").group_by_key().cogroup(lambda user, click, n: n + 1)
        >>> clicks.windowed_by(SlidingWindows("1m", grace="5s")).aggregate(int, name="recent").name
        'recent-cogroup-merge'
        """
        check_windows(windows)
        if isinstance(windows, SessionWindows):
            return SessionWindowedCogroupedKStream(self._inputs, windows)
        return TimeWindowedCogroupedKStream(self._inputs, windows)


class TimeWindowedCogroupedKStream(NamesWhatItHas, Generic[K, A]):
    """Grouped streams by key and time window."""

    def __init__(self, inputs: _Inputs, windows: Windows) -> None:
        self._inputs = inputs
        self._windows = windows

    def aggregate(
        self, initializer: Callable[[], A], materialized: Materialized[K, A] | None = None, *, name: str | None = None
    ) -> ktable.KTable[Windowed[K], A]:
        """Aggregates all inputs into one windowed table.

        >>> from headrace import StreamsBuilder, TumblingWindows
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks = builder.stream("clicks").group_by_key().cogroup(lambda user, click, n: n + 1)
        >>> windowed = clicks.windowed_by(TumblingWindows(size="1m", grace="5s"))
        >>> windowed.aggregate(int, name="activity").to_stream().to("counts")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/", 1_000), ("ann", "/", 2_000), ("ann", "/", 61_000)])
        ...     driver.topic("counts").values()
        [1, 2, 1]
        """
        return ktable.KTable(self._inputs.aggregated(initializer, self._windows, None, materialized, name))


class SessionWindowedCogroupedKStream(NamesWhatItHas, Generic[K, A]):
    """Grouped streams by key and session."""

    def __init__(self, inputs: _Inputs, windows: SessionWindows) -> None:
        self._inputs = inputs
        self._windows = windows

    def aggregate(
        self,
        initializer: Callable[[], A],
        merger: Callable[[K, A, A], A],
        materialized: Materialized[K, A] | None = None,
        *,
        name: str | None = None,
    ) -> ktable.KTable[Windowed[K], A]:
        """Aggregates all inputs into one table of sessions; `merger(key, one, other)` when two sessions become one.

        >>> from headrace import SessionWindows, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks = builder.stream("clicks").group_by_key().cogroup(lambda user, click, n: n + 1)
        >>> sessions = clicks.windowed_by(SessionWindows("30m", grace="1m"))
        >>> sessions.aggregate(int, lambda user, one, other: one + other, name="visits").to_stream().to("counts")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/", 0), ("ann", "/", 60_000)])
        ...     driver.topic("counts").values()
        [1, None, 2]
        """
        return ktable.KTable(self._inputs.aggregated(initializer, self._windows, merger, materialized, name))


class _Inputs:
    """The grouped streams so far; their repartitions are shared by the aggregations made of them."""

    def __init__(self, graph: PlanGraph, aggregators: dict[GroupedState, Aggregator]) -> None:
        self.graph = graph
        self.aggregators = aggregators
        self._partitioned: dict[GroupedState, Node] = {}

    def aggregated(
        self,
        initializer: Callable[[], Any],
        windows: Windows | SessionWindows | None,
        merger: Callable[[Any, Any, Any], Any] | None,
        materialized: Materialized[Any, Any] | None,
        name: str | None,
    ) -> TableState:
        graph, names = self.graph, self.graph.names
        options = option(materialized, Materialized)
        first = next(iter(self.aggregators))
        scope = names.scope(kinds.COGROUP, first.node.name, name)
        store_name = graph.store_name(options.name, scope, kinds.COGROUP.prefix)
        self._repartition(store_name, given=options.name is not None or (scope.given and store_name == scope.base))
        key = graph.key_format(options.key, *(state.key for state in self.aggregators))
        store = _store(store_name, options, key, graph.value_format(options.value), windows)
        inputs = tuple(
            CogroupInput(
                name=names.part(scope, f"-cogroup-agg-{number}", kinds.COGROUP),
                parent=self._partitioned[state],
                aggregator=aggregator,
            )
            for number, (state, aggregator) in enumerate(self.aggregators.items())
        )
        node = CogroupAggregate(
            name=names.part(scope, "-cogroup-merge", kinds.COGROUP_MERGE),
            line=caller_line(),
            inputs=inputs,
            initializer=initializer,
            windows=windows,
            merger=merger,
            emit_on_close=False,
            store=store,
        )
        graph.add(node, *(each.name for each in inputs), stores=(store,))
        versioned = options.history_ms is not None
        if windows is None:
            return TableState(graph, node, key, options.value, options.name, versioned)
        return TableState(graph, node, windowed_format(key, windows), options.value, options.name, versioned)

    def _repartition(self, store_name: str, *, given: bool) -> None:
        graph = self.graph
        for state in self.aggregators:
            if not state.moved:
                self._partitioned[state] = state.node
                continue
            has_name = state.topic is not None or given
            node = graph.repartition(state.topic or store_name, state.node, state.key, state.value, given=has_name)
            if state not in self._partitioned:
                self._partitioned[state] = graph.add_repartition(node)


def _store(
    name: str, options: Materialized[Any, Any], key: Format[Any], value: Format[Any], windows: Windows | SessionWindows | None
) -> StoreSpec:
    if windows is None:
        return key_value_store(name, options, key, value)
    if isinstance(windows, SessionWindows):
        return session_store(name, options, key, value, windows, emit_on_close=False)
    return window_store(name, options, key, value, windows, emit_on_close=False)
