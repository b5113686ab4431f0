"""`KGroupedStream`: a stream whose records of one key are to be aggregated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from headrace.core.attributes import NamesWhatItHas
from headrace.core.windows import SessionWindows
from headrace.dsl import cogrouped, ktable, windowed
from headrace.dsl.aggregations import GroupedState, plus_one, zero
from headrace.dsl.arguments import option
from headrace.dsl.graph import caller_line
from headrace.dsl.state import AnyFormat, TableState
from headrace.dsl.stores import key_value_store
from headrace.formats.primitive import Int64
from headrace.plan import kinds
from headrace.plan.nodes.aggregate import Aggregation, Reduction, StreamAggregate, Windows
from headrace.plan.options import Materialized

K = TypeVar("K")
V = TypeVar("V")
A = TypeVar("A")


class KGroupedStream(NamesWhatItHas, Generic[K, V]):
    """Records grouped by key. Made by `KStream.group_by_key` and `group_by`. Records with a null key or value do not count."""

    def __init__(self, state: GroupedState) -> None:
        self.state = state

    def count(self, materialized: Materialized[K, int] | None = None, *, name: str | None = None) -> ktable.KTable[K, int]:
        """How many records each key has.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> counts = builder.stream("clicks").group_by_key().count(name="clicks-per-user")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/"), ("ann", "/help")])
        ...     driver.store("clicks-per-user").get("ann").value
        2
        """
        counting = Aggregation(initializer=zero, aggregator=plus_one)
        return self._aggregated(kinds.STREAM_COUNT, counting, materialized, name, Int64())

    def reduce(
        self, reducer: Callable[[V, V], V], materialized: Materialized[K, V] | None = None, *, name: str | None = None
    ) -> ktable.KTable[K, V]:
        """Combines the values of each key: `reducer(aggregate, value)`; the first value is the first aggregate.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("bids").group_by_key().reduce(max).to_stream().to("highest")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("bids").pipe_all([("car", 5), ("car", 9), ("car", 7)])
        ...     driver.topic("highest").values()
        [5, 9, 9]
        """
        return self._aggregated(kinds.STREAM_REDUCE, Reduction(reducer=reducer), materialized, name, self.state.value)

    def aggregate(
        self,
        initializer: Callable[[], A],
        aggregator: Callable[[K, V, A], A],
        materialized: Materialized[K, A] | None = None,
        *,
        name: str | None = None,
    ) -> ktable.KTable[K, A]:
        """Aggregates the values of each key: `aggregator(key, value, aggregate)`, which begins with `initializer()`.

        The aggregator returns the new aggregate and does not change the old one. None deletes the key.

        >>> from headrace import Materialized, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> orders = builder.stream("orders").group_by_key()
        >>> spent = orders.aggregate(int, lambda customer, order, total: total + order["amount"], Materialized(value=int))
        >>> spent.to_stream().to("spent")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("orders").pipe_all([("ann", {"amount": 5}), ("ann", {"amount": 7})])
        ...     driver.topic("spent").values()
        [5, 12]
        """
        aggregation = Aggregation(initializer=initializer, aggregator=aggregator)
        return self._aggregated(kinds.STREAM_AGGREGATE, aggregation, materialized, name, None)

    @overload
    def windowed_by(self, windows: Windows) -> windowed.TimeWindowedKStream[K, V]: ...
    @overload
    def windowed_by(self, windows: SessionWindows) -> windowed.SessionWindowedKStream[K, V]: ...
    def windowed_by(
        self, windows: Windows | SessionWindows
    ) -> windowed.TimeWindowedKStream[K, V] | windowed.SessionWindowedKStream[K, V]:
        """Divides each key's records by time.

        >>> from headrace import StreamsBuilder, TumblingWindows
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> per_minute = builder.stream("clicks").group_by_key().windowed_by(TumblingWindows(size="1m", grace="10s"))
        >>> per_minute.count().to_stream_with_key(lambda windowed, n: f"{windowed.key}@{windowed.start}").to("counts")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/", 1_000), ("ann", "/", 2_000), ("ann", "/", 61_000)])
        ...     driver.topic("counts").key_values()
        [('ann@0', 1), ('ann@0', 2), ('ann@60000', 1)]
        """
        windowed.check_windows(windows)
        if isinstance(windows, SessionWindows):
            return windowed.SessionWindowedKStream(self.state, windows)
        return windowed.TimeWindowedKStream(self.state, windows)

    def cogroup(self, aggregator: Callable[[K, V, A], A]) -> cogrouped.CogroupedKStream[K, A]:
        """Begins one aggregate over several grouped streams, of which this is the first. Source: KIP-150.

        >>> from headrace import Materialized, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks, views = builder.stream("clicks").group_by_key(), builder.stream("views").group_by_key()
        >>> both = clicks.cogroup(lambda user, click, n: n + 10).cogroup(views, lambda user, view, n: n + 1)
        >>> activity = both.aggregate(int, Materialized("activity", value=int))
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", "/")
        ...     driver.topic("views").pipe("ann", "/")
        ...     driver.store("activity").get("ann").value
        11
        """
        return cogrouped.CogroupedKStream[K, A](self, aggregator)

    def _aggregated(
        self,
        kind: kinds.Kind,
        aggregation: Aggregation | Reduction,
        materialized: Materialized[K, Any] | None,
        name: str | None,
        value: AnyFormat,
    ) -> ktable.KTable[K, Any]:
        here, graph = self.state, self.state.graph
        options = option(materialized, Materialized)
        names = here.names(kind, materialized, name, burns=kind is kinds.STREAM_COUNT)
        key, value = options.key or here.key, options.value or value
        store = key_value_store(names.store, options, graph.key_format(key), graph.value_format(value))
        node = StreamAggregate(
            name=names.step,
            line=caller_line(),
            parent=here.partitioned(names),
            aggregation=aggregation,
            store=store,
        )
        graph.add(node, stores=(store,))
        return ktable.KTable(TableState(graph, node, key, value, names.queryable, options.history_ms is not None))
