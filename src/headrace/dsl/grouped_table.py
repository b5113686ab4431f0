"""`KGroupedTable`: a regrouped table, to be aggregated. What an entry contributed is taken back when it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from headrace.core.attributes import NamesWhatItHas
from headrace.dsl import ktable
from headrace.dsl.aggregations import minus_one, plus_one, zero
from headrace.dsl.arguments import option
from headrace.dsl.graph import caller_line
from headrace.dsl.state import AnyFormat, StreamState, TableState
from headrace.dsl.stores import key_value_store
from headrace.formats.change import ChangedFormat
from headrace.formats.primitive import Int64
from headrace.plan import kinds
from headrace.plan.nodes.aggregate import Aggregation, Reduction, TableAggregate
from headrace.plan.nodes.stateless import Repartition
from headrace.plan.options import Grouped, Materialized

K = TypeVar("K")
V = TypeVar("V")
A = TypeVar("A")


class KGroupedTable(NamesWhatItHas, Generic[K, V]):
    """A table under new keys. Made by `KTable.group_by`; each aggregation has an adder and a subtractor."""

    def __init__(self, state: StreamState, grouped: Grouped[K, V]) -> None:
        self.state = state
        self._topic = grouped.name
        self._repartition: Repartition | None = None

    def count(self, materialized: Materialized[K, int] | None = None, *, name: str | None = None) -> ktable.KTable[K, int]:
        """How many entries each new key has.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> sizes = builder.table("files").group_by(lambda path, file: (file["of"], file["size"]))
        >>> sizes.count().to_stream().to("used")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("files").pipe_all([("a", {"of": "ann", "size": 3}), ("b", {"of": "ann", "size": 4}), ("a", None)])
        ...     driver.topic("used").key_values()
        [('ann', 1), ('ann', 2), ('ann', 1)]
        """
        counting = Aggregation(initializer=zero, aggregator=plus_one, subtractor=minus_one)
        return self._aggregated(kinds.TABLE_COUNT, counting, materialized, name, Int64())

    def reduce(
        self,
        adder: Callable[[V, V], V],
        subtractor: Callable[[V, V], V],
        materialized: Materialized[K, V] | None = None,
        *,
        name: str | None = None,
    ) -> ktable.KTable[K, V]:
        """Combines the values of each new key: `adder(aggregate, new)` and `subtractor(aggregate, old)`.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> sizes = builder.table("files").group_by(lambda path, file: (file["of"], file["size"]))
        >>> sizes.reduce(lambda total, size: total + size, lambda total, size: total - size).to_stream().to("used")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("files").pipe_all([("a", {"of": "ann", "size": 3}), ("b", {"of": "ann", "size": 4}), ("a", None)])
        ...     driver.topic("used").key_values()
        [('ann', 3), ('ann', 7), ('ann', 4)]
        """
        reduction = Reduction(reducer=adder, subtractor=subtractor)
        return self._aggregated(kinds.TABLE_REDUCE, reduction, materialized, name, self.state.value)

    def aggregate(
        self,
        initializer: Callable[[], A],
        adder: Callable[[K, V, A], A],
        subtractor: Callable[[K, V, A], A],
        materialized: Materialized[K, A] | None = None,
        *,
        name: str | None = None,
    ) -> ktable.KTable[K, A]:
        """Aggregates the values of each new key: `adder(key, new, aggregate)` and `subtractor(key, old, aggregate)`.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> sizes = builder.table("files").group_by(lambda path, file: (file["of"], file["size"]))
        >>> used = sizes.aggregate(int, lambda who, size, used: used + size, lambda who, size, used: used - size)
        >>> used.to_stream().to("used")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("files").pipe_all([("a", {"of": "ann", "size": 3}), ("b", {"of": "ann", "size": 4}), ("a", None)])
        ...     driver.topic("used").key_values()
        [('ann', 3), ('ann', 7), ('ann', 4)]
        """
        aggregation = Aggregation(initializer=initializer, aggregator=adder, subtractor=subtractor)
        return self._aggregated(kinds.TABLE_AGGREGATE, aggregation, materialized, name, None)

    def _aggregated(
        self,
        kind: kinds.Kind,
        aggregation: Aggregation | Reduction,
        materialized: Materialized[K, Any] | None,
        name: str | None,
        value: AnyFormat,
    ) -> ktable.KTable[K, Any]:
        here, graph, names = self.state, self.state.graph, self.state.graph.names
        options = option(materialized, Materialized)
        scope = names.scope(kind, here.node.name, name)
        # Kafka Streams counts a reduction's store as an aggregation's here
        store_name = graph.store_name(options.name, scope, kinds.TABLE_AGGREGATE.prefix)
        sink, source = names.part(scope, "-sink", kinds.STREAM_SINK), names.part(scope, "-source", kinds.STREAM_SOURCE)
        step = names.part(scope, "", kind)
        key, value = options.key or here.key, options.value or value
        store = key_value_store(store_name, options, graph.key_format(key), graph.value_format(value))
        parent = self._behind_topic(store_name, sink, source, given=options.name is not None or scope.given)
        node = TableAggregate(name=step, line=caller_line(), parent=parent, aggregation=aggregation, store=store)
        graph.add(node, stores=(store,))
        versioned = options.history_ms is not None
        return ktable.KTable(TableState(graph, node, key, value, options.name, versioned))

    def _behind_topic(self, store_name: str, sink: str, source: str, *, given: bool) -> Repartition:
        graph = self.state.graph
        if self._repartition is not None and self._topic is not None:
            graph.move_to_end(self._repartition)
            return self._repartition
        topic = f"{self._topic or store_name}-repartition"
        if self._topic is None and not given:
            graph.demand_name(f"repartition topic {topic!r}", "Grouped(name=...) or Materialized(name=...)")
        node = Repartition(
            name=source,
            line=caller_line(),
            parent=self.state.node,
            topic=topic,
            filter_name=None,
            sink_name=sink,
            key_format=graph.key_format(self.state.key),
            value_format=ChangedFormat(graph.value_format(self.state.value)),
        )
        self._repartition = graph.add_repartition(node)
        return self._repartition
