"""`KTable`: the latest value of each key; and `GlobalKTable`, of which every instance has all keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from headrace.core.attributes import NamesWhatItHas
from headrace.dsl import grouped_table, kstream, suppress
from headrace.dsl.arguments import option
from headrace.dsl.graph import PlanGraph, caller_line
from headrace.dsl.state import StreamState, TableState
from headrace.dsl.stores import key_value_store
from headrace.dsl.table_joins import TableJoins
from headrace.plan import kinds
from headrace.plan.nodes.aggregate import TableGroup
from headrace.plan.nodes.base import Node
from headrace.plan.nodes.table import TableFilter, TableMapValues, TableTransformValues, ToStream
from headrace.plan.options import Grouped, Materialized
from headrace.plan.suppressed import Suppressed
from headrace.processor.transformer import ValueTransformer
from headrace.state.spec import StoreSpec

K = TypeVar("K")
V = TypeVar("V")
K2 = TypeVar("K2")
V2 = TypeVar("V2")


class KTable(TableJoins[K, V], NamesWhatItHas):
    """A table: a stream of updates, of which the last one of a key counts; None deletes a key.

    Made by `StreamsBuilder.table`, `KStream.to_table` and aggregations. With `materialized` and a name, a step keeps its result
    in a store that can be read from outside; without, it is kept only if something downstream needs it.
    """

    def __init__(self, state: TableState) -> None:
        self.state = state

    @property
    def name(self) -> str:
        """Name of the step that makes this table."""
        return self.state.node.name

    @property
    def store_name(self) -> str | None:
        """Name of the store by which the table can be read from outside; None without one."""
        return self.state.store_name

    def filter(
        self,
        predicate: Callable[[K, V], bool],
        materialized: Materialized[K, V] | None = None,
        *,
        name: str | None = None,
    ) -> KTable[K, V]:
        """Keeps entries for which `predicate(key, value)` is true; others are deleted downstream. Not called for tombstones.

        >>> from headrace import Materialized, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> adults = builder.table("ages").filter(lambda user, age: age > 17, Materialized("adults"))
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("ages").pipe_all([("ann", 20), ("bob", 9)])
        ...     driver.store("adults").get("ann").value, driver.store("adults").get("bob")
        (20, None)
        """
        return self._filtered(predicate, materialized, name, negate=False)

    def filter_not(
        self,
        predicate: Callable[[K, V], bool],
        materialized: Materialized[K, V] | None = None,
        *,
        name: str | None = None,
    ) -> KTable[K, V]:
        """Drops entries for which `predicate(key, value)` is true: they are deleted downstream. Not called for tombstones.

        >>> from headrace import Materialized, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> minors = builder.table("ages").filter_not(lambda user, age: age > 17, Materialized("minors"))
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("ages").pipe_all([("ann", 20), ("bob", 9)])
        ...     driver.store("minors").get("ann"), driver.store("minors").get("bob").value
        (None, 9)
        """
        return self._filtered(predicate, materialized, name, negate=True)

    def _filtered(
        self, predicate: Callable[[K, V], bool], options: Materialized[K, V] | None, name: str | None, *, negate: bool
    ) -> KTable[K, V]:
        here = self.state
        step, store = self._step(kinds.TABLE_FILTER, options, name, here.value)
        node = TableFilter(name=step, line=caller_line(), parent=here.node, predicate=predicate, negate=negate, store=store)
        return KTable(_table(here, node, store, options, here.value))

    def map_values(
        self, mapper: Callable[[V], V2], materialized: Materialized[K, V2] | None = None, *, name: str | None = None
    ) -> KTable[K, V2]:
        """Makes a new value of each value. Not called for tombstones, which stay tombstones.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.table("users").map_values(lambda user: user["city"]).to_stream().to("cities")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe_all([("ann", {"city": "Riga"}), ("ann", None)])
        ...     driver.topic("cities").key_values()
        [('ann', 'Riga'), ('ann', None)]
        """
        return self._mapped(mapper, materialized, name, with_key=False)

    def map_values_with_key(
        self, mapper: Callable[[K, V], V2], materialized: Materialized[K, V2] | None = None, *, name: str | None = None
    ) -> KTable[K, V2]:
        """Makes a new value of each `mapper(key, value)`; the key must not be changed.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.table("users").map_values_with_key(lambda name, user: {**user, "name": name}).to_stream().to("named")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe("ann", {"city": "Riga"})
        ...     driver.topic("named").values()
        [{'city': 'Riga', 'name': 'ann'}]
        """
        return self._mapped(mapper, materialized, name, with_key=True)

    def _mapped(
        self, mapper: Callable[..., V2], options: Materialized[K, V2] | None, name: str | None, *, with_key: bool
    ) -> KTable[K, V2]:
        here = self.state
        step, store = self._step(kinds.TABLE_MAP_VALUES, options, name, None)
        node = TableMapValues(name=step, line=caller_line(), parent=here.node, mapper=mapper, with_key=with_key, store=store)
        return KTable(_table(here, node, store, options, None))

    def transform_values(
        self,
        supplier: Callable[[], ValueTransformer[K, V, V2]],
        *stores: str,
        materialized: Materialized[K, V2] | None = None,
        name: str | None = None,
    ) -> KTable[K, V2]:
        """Makes a new value of each value by a transformer with stores; it is called for tombstones, too.

        Raises:
            TopologyError: At `build`, if the program has no store of one of these names.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> class Shout(ValueTransformer[str, str, str]):
        ...     def transform(self, key, value):
        ...         return "GONE" if value is None else value.upper()
        >>>
        >>> builder.table("users").transform_values(Shout).to_stream().to("loud")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe_all([("ann", "riga"), ("ann", None)])
        ...     driver.topic("loud").values()
        ['RIGA', 'GONE']
        """
        here = self.state
        scope = here.graph.names.scope(kinds.TRANSFORM_VALUES, here.node.name, name)
        step = here.graph.names.part(scope, "", kinds.TRANSFORM_VALUES)
        store = _named_store(here, materialized, None)
        node = TableTransformValues(
            name=step, line=caller_line(), parent=here.node, supplier=supplier, stores=stores, store=store
        )
        return KTable(_table(here, node, store, materialized, None))

    def _step(
        self, kind: kinds.Kind, options: Materialized[K, Any] | None, name: str | None, value: Any
    ) -> tuple[str, StoreSpec | None]:
        here = self.state
        if options is not None and option(options, Materialized).name is None:
            here.graph.names.burn()
        step = here.graph.step(kind, here.node.name, name)
        return step, _named_store(here, options, value)

    def to_stream(self, *, name: str | None = None) -> kstream.KStream[K, V]:
        """The table's updates as a stream; deletions are records with the value None.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.table("users").to_stream().to("updates")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe_all([("ann", "Riga"), ("ann", None)])
        ...     driver.topic("updates").key_values()
        [('ann', 'Riga'), ('ann', None)]
        """
        here = self.state
        node = ToStream(name=here.graph.step(kinds.TO_STREAM, here.node.name, name), line=caller_line(), parent=here.node)
        here.graph.add(node)
        return kstream.KStream(StreamState(here.graph, node, here.key, here.value))

    def to_stream_with_key(self, key: Callable[[K, V], K2], *, name: str | None = None) -> kstream.KStream[K2, V]:
        """The table's updates as a stream under new keys: `to_stream` and `select_key`.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.table("users").to_stream_with_key(lambda name, city: city).to("cities")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe("ann", "Riga")
        ...     driver.topic("cities").key_values()
        [('Riga', 'Riga')]
        """
        return self.to_stream(name=name).select_key(key)

    def group_by(
        self, selector: Callable[[K, V], tuple[K2, V2]], grouped: Grouped[K2, V2] | None = None
    ) -> grouped_table.KGroupedTable[K2, V2]:
        """Regroups the table: `selector(key, value)` returns the new key and the value that counts there.

        Not called for tombstones; what a key contributed before is taken back. Always repartitions.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.table("users").group_by(lambda name, city: (city, name)).count().to_stream().to("per-city")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe_all([("ann", "Riga"), ("bob", "Riga"), ("ann", "Oslo")])
        ...     driver.topic("per-city").key_values()
        [('Riga', 1), ('Riga', 2), ('Riga', 1), ('Oslo', 1)]
        """
        here, options = self.state, option(grouped, Grouped)
        scope = here.graph.names.scope(kinds.TABLE_GROUP, here.node.name, options.name)
        step = here.graph.names.part(scope, "", kinds.TABLE_GROUP)
        node = here.graph.add(TableGroup(name=step, line=caller_line(), parent=here.node, selector=selector))
        return grouped_table.KGroupedTable(StreamState(here.graph, node, options.key, options.value), options)

    def suppress(self, suppressed: Suppressed[K]) -> KTable[K, V]:
        """Holds updates back until their window closes, or for a time. Source of the semantics: KIP-328.

        Raises:
            TopologyError: Until the window closes, and there is no window upstream; or the table is versioned.

        >>> from headrace import BufferConfig, StreamsBuilder, TumblingWindows
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks = builder.stream("clicks").group_by_key().windowed_by(TumblingWindows(size="1m", grace="5s"))
        >>> final = clicks.count().suppress(Suppressed.until_window_closes(BufferConfig.unbounded()))
        >>> final.to_stream_with_key(lambda windowed, count: windowed.key).to("final")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/", 1_000), ("ann", "/", 2_000), ("bob", "/", 70_000)])
        ...     driver.topic("final").key_values()
        [('ann', 2)]
        """
        return KTable(suppress.suppressed_table(self.state, suppressed))


def _named_store(here: TableState, options: Materialized[Any, Any] | None, value: Any) -> StoreSpec | None:
    if options is None:
        return None
    options = option(options, Materialized)
    if options.name is None:
        return None
    key_format = here.graph.key_format(options.key, here.key)
    return key_value_store(options.name, options, key_format, here.graph.value_format(options.value, value))


def _table(
    here: TableState, node: Node, store: StoreSpec | None, options: Materialized[Any, Any] | None, value: Any
) -> TableState:
    here.graph.add(node, stores=(store,))
    if options is None:
        return TableState(here.graph, node, here.key, value, None, here.versioned)
    versioned = options.name is not None and options.history_ms is not None
    return TableState(here.graph, node, options.key or here.key, options.value or value, options.name, versioned)


class GlobalKTable(NamesWhatItHas, Generic[K, V]):
    """A table of which every instance holds all partitions, complete before records are processed. For joins by any key."""

    def __init__(self, graph: PlanGraph, node: Node, store_name: str | None) -> None:
        self.graph = graph
        self.node = node
        self.store_name = store_name

    @property
    def name(self) -> str:
        """Name of the step that makes this table."""
        return self.node.name
