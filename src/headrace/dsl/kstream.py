"""`KStream`: records on their way. Its operators stand in families, one a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from headrace.core.attributes import NamesWhatItHas
from headrace.dsl import branches, grouped, ktable
from headrace.dsl.aggregations import GroupedState
from headrace.dsl.arguments import option
from headrace.dsl.async_steps import AsyncSteps
from headrace.dsl.graph import caller_line
from headrace.dsl.joins import Joins
from headrace.dsl.sinks import Sinks
from headrace.dsl.state import StreamState, TableState, equal_or_none, same_builder
from headrace.dsl.stores import key_value_store
from headrace.dsl.transforms import Transforms
from headrace.plan import kinds
from headrace.plan.nodes.stateless import Merge, Process, Repartition, SelectKey
from headrace.plan.nodes.table import ToTable
from headrace.plan.options import Grouped, Materialized, Repartitioned
from headrace.processor.api import Processor

K = TypeVar("K")
V = TypeVar("V")
K2 = TypeVar("K2")
V2 = TypeVar("V2")


class KStream(Transforms[K, V], Joins[K, V], Sinks[K, V], AsyncSteps[K, V], NamesWhatItHas):
    """A stream of records with keys K and values V.

    Made by `StreamsBuilder.stream`. Every operator adds a step to the program and returns what comes out of it; nothing runs
    before the program is built and handed to a driver or an application. Key or value may be None where the topic has none.
    """

    def __init__(self, state: StreamState) -> None:
        self.state = state

    @property
    def name(self) -> str:
        """Name of the step that makes this stream."""
        return self.state.node.name

    # ---- grouping -------------------------------------------------------------------------------------------------

    def group_by_key(self, grouped_as: Grouped[K, V] | None = None) -> grouped.KGroupedStream[K, V]:
        """Groups records by their key, for an aggregation. Repartitions if the key was changed upstream.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").group_by_key().count().to_stream().to("counts")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/"), ("bob", "/"), ("ann", "/help")])
        ...     driver.topic("counts").key_values()
        [('ann', 1), ('bob', 1), ('ann', 2)]
        """
        here, options = self.state, option(grouped_as, Grouped)
        key, value = options.key or here.key, options.value or here.value
        return grouped.KGroupedStream(GroupedState(here.graph, here.node, key, value, here.moved, options.name))

    def group_by(
        self, selector: Callable[[K, V], K2], grouped_as: Grouped[K2, V] | None = None
    ) -> grouped.KGroupedStream[K2, V]:
        """Groups records by `selector(key, value)`, for an aggregation. Always repartitions.

        >>> from headrace import Grouped, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> by_page = builder.stream("clicks").group_by(lambda user, page: page, Grouped(name="by-page"))
        >>> by_page.count().to_stream().to("counts")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/"), ("bob", "/")])
        ...     driver.topic("counts").key_values()
        [('/', 1), ('/', 2)]
        """
        here, options = self.state, option(grouped_as, Grouped)
        step = here.graph.step(kinds.GROUP_BY, here.node.name, options.name)
        node = here.graph.add(SelectKey(name=step, line=caller_line(), parent=here.node, mapper=selector))
        value = options.value or here.value
        return grouped.KGroupedStream(GroupedState(here.graph, node, options.key, value, True, options.name))

    # ---- several streams ------------------------------------------------------------------------------------------

    def split(self, *, name: str | None = None) -> branches.BranchedKStream[K, V]:
        """Begins to split the stream into branches by predicates. The names of the branches begin with `name`.

        >>> from headrace import Branched, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> split = builder.stream("bids").split(name="bids-").branch(lambda key, bid: bid > 100, Branched("high"))
        >>> streams = split.default_branch(Branched("low"))
        >>> streams["bids-high"].to("high")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("bids").pipe_all([("a", 50), ("b", 200)])
        ...     sorted(streams), driver.topic("high").values()
        (['bids-high', 'bids-low'], [200])
        """
        return branches.BranchedKStream(self.state, name)

    def merge(self, other: KStream[K, V2], *, name: str | None = None) -> KStream[K, V | V2]:
        """The records of both streams, in the order in which they come.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").merge(builder.stream("views")).to("both")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", 1)
        ...     driver.topic("views").pipe("bob", 2)
        ...     driver.topic("both").key_values()
        [('ann', 1), ('bob', 2)]
        """
        here, there = self.state, other.state
        same_builder(here.graph, there.graph, "a merge")
        step = here.graph.step(kinds.STREAM_MERGE, here.node.name, name)
        node = here.graph.add(Merge(name=step, line=caller_line(), left=here.node, right=there.node))
        key, value = equal_or_none(here.key, there.key), equal_or_none(here.value, there.value)
        return KStream(StreamState(here.graph, node, key, value, here.moved or there.moved))

    # ---- repartition and table ------------------------------------------------------------------------------------

    def repartition(self, repartitioned: Repartitioned[K, V] | None = None) -> KStream[K, V]:
        """Sends the stream through an internal topic, so that records of one key meet in one partition.

        Records with a null key are dropped. Source of the semantics: KIP-221.

        >>> from headrace import Repartitioned, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> spread = builder.stream("clicks").repartition(Repartitioned(name="spread", partitions=12))
        >>> spread.to("out")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/"), (None, "/")])
        ...     driver.topic("out").key_values()
        [('ann', '/')]
        """
        here, options = self.state, option(repartitioned, Repartitioned)
        graph = here.graph
        scope = graph.names.scope(kinds.REPARTITION, here.node.name, options.name)
        prefix = graph.uncounted(scope, kinds.REPARTITION)
        key, value = options.key or here.key, options.value or here.value
        made = graph.repartition(prefix, here.node, key, value, given=scope.given)
        node = Repartition(
            name=made.name,
            line=made.line,
            parent=made.parent,
            topic=made.topic,
            filter_name=made.filter_name,
            sink_name=made.sink_name,
            key_format=made.key_format,
            value_format=made.value_format,
            partitions=options.partitions,
            partitioner=options.partitioner,
            explicit=True,
        )
        return KStream(StreamState(graph, graph.add_repartition(node), key, value))

    def to_table(self, materialized: Materialized[K, V] | None = None, *, name: str | None = None) -> ktable.KTable[K, V]:
        """The latest value of each key as a table; None deletes a key. Repartitions if the key was changed upstream.

        >>> from headrace import Materialized, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> cities = builder.stream("cities").to_table(Materialized("cities-now"))
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("cities").pipe_all([("ann", "Riga"), ("ann", "Oslo")])
        ...     driver.store("cities-now").get("ann").value
        'Oslo'
        """
        here, graph = self.state, self.state.graph
        options = option(materialized, Materialized)
        scope = graph.names.scope(kinds.TO_TABLE, here.node.name, name)
        step = graph.names.part(scope, "", kinds.TO_TABLE)
        store_name = graph.store_name(options.name, scope, kinds.TO_TABLE.prefix)
        key, value = options.key or here.key, options.value or here.value
        parent = here.node
        if here.moved:
            parent = graph.add_repartition(graph.repartition(step, here.node, key, value, given=scope.given))
        store = key_value_store(store_name, options, graph.key_format(key), graph.value_format(value))
        node = ToTable(name=step, line=caller_line(), parent=parent, store=store, materialized=options.name is not None)
        graph.add(node, stores=(store,))
        return ktable.KTable(TableState(graph, node, key, value, options.name, options.history_ms is not None))

    # ---- processors -----------------------------------------------------------------------------------------------

    def process(
        self, supplier: Callable[[], Processor[K, V, K2, V2]], *stores: str, name: str | None = None
    ) -> KStream[K2, V2]:
        """Hands every record to a processor of yours, with the stores named. Source of the semantics: KIP-820.

        The supplier makes one per task; a Processor class is one. As the key may change, what groups or joins the result
        repartitions it first; use `process_values` where it does not.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> class Upper(Processor[str, str, str, str]):
        ...     def process(self, record):
        ...         self.context.forward(record.with_value(record.value.upper()))
        >>>
        >>> builder.stream("words").process(Upper).to("loud")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("words").pipe("k", "hello")
        ...     driver.topic("loud").values()
        ['HELLO']
        """
        here = self.state
        scope = here.graph.names.scope(kinds.PROCESS, here.node.name, name)
        step = here.graph.uncounted(scope, kinds.PROCESS)
        node = Process(name=step, line=caller_line(), parent=here.node, supplier=supplier, stores=stores)
        return KStream(here.with_keys(node))

    def process_values(
        self, supplier: Callable[[], Processor[K, V, K, V2]], *stores: str, name: str | None = None
    ) -> KStream[K, V2]:
        """Hands every record to a processor of yours that does not change the key; nothing has to be repartitioned then.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> class Upper(Processor[str, str, str, str]):
        ...     def process(self, record):
        ...         self.context.forward(record.with_value(record.value.upper()))
        >>>
        >>> builder.stream("words").process_values(Upper, name="shouted").to("loud")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("words").pipe("k", "hello")
        ...     driver.topic("loud").values()
        ['HELLO']
        """
        here = self.state
        scope = here.graph.names.scope(kinds.PROCESS_VALUES, here.node.name, name)
        step = here.graph.uncounted(scope, kinds.PROCESS_VALUES)
        node = Process(name=step, line=caller_line(), parent=here.node, supplier=supplier, stores=stores, fixed_key=True)
        return KStream(here.with_values(node))
