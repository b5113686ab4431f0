"""`StreamsBuilder`: where a program in the DSL begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeVar, overload

from headrace.core.attributes import NamesWhatItHas
from headrace.core.calls import explained
from headrace.core.errors import TopologyError
from headrace.dsl.arguments import option
from headrace.dsl.graph import PlanGraph, caller_line
from headrace.dsl.kstream import KStream
from headrace.dsl.ktable import GlobalKTable, KTable
from headrace.dsl.sources import consume_of, stream_source
from headrace.dsl.state import TableState
from headrace.dsl.stores import key_value_store
from headrace.plan import kinds
from headrace.plan.graph import Plan
from headrace.plan.names import CountedNames, Scope, StableNames
from headrace.plan.nodes.source import GlobalStore, GlobalTableSource, StateStore, TableSource
from headrace.plan.optimize import optimized
from headrace.plan.options import Consumed, Materialized
from headrace.processor.api import ProcessorSupplier
from headrace.state.spec import StoreSpec
from headrace.topology.lower.lower import lower_plan
from headrace.topology.physical import Topology

K = TypeVar("K")
V = TypeVar("V")

Naming = Literal["stable", "kafka-streams"]
Topics = str | Sequence[str] | re.Pattern[str]


_IN_CONSUMED = "formats, timestamps and the name go into Consumed: Consumed(key=str, value=int, ...) as the second argument"
_FORMATS = dict.fromkeys(
    ("key", "value", "key_format", "value_format", "timestamp", "offset_reset", "on_decode_error", "name"), _IN_CONSUMED
)


class StreamsBuilder(NamesWhatItHas):
    """Begins streams and tables, and makes a topology of all that was built from them.

    Args:
        naming: How steps, stores and internal topics without a name of yours are called: `stable` derives names from what is
            upstream, `kafka-streams` counts them as Kafka Streams (Java) does for the same program.
        strict_names: Makes an error of every store and internal topic whose name is not yours.
        optimize: Names of rewrites (`plan.optimize`) that spare topics and stores. They change which there are: for new
            applications only.

    >>> builder = StreamsBuilder()
    >>> clicks = builder.stream("clicks", Consumed(value=dict, timestamp="at"))
    >>> clicks.group_by_key().count(name="clicks-per-user").to_stream().to("totals")
    >>> [node.name for node in builder.plan().nodes]
    ['clicks', 'clicks-per-user', 'clicks-per-user-to-stream', 'clicks-per-user-to-stream-to-totals']
    """

    def __init__(self, *, naming: Naming = "stable", strict_names: bool = False, optimize: Iterable[str] = ()) -> None:
        if naming not in ("stable", "kafka-streams"):
            message = f"naming={naming!r} is not known"
            raise TopologyError(message, hint="it is 'stable' or 'kafka-streams'")
        self._counted = naming == "kafka-streams"
        self._optimize = tuple(optimize)
        self._graph = PlanGraph(CountedNames() if self._counted else StableNames(), strict=strict_names)

    # ---- sources --------------------------------------------------------------------------------------------------

    @overload
    def stream(self, topics: Topics) -> KStream[str, Any]: ...
    @overload
    def stream(self, topics: Topics, consumed: Consumed[K, V]) -> KStream[K, V]: ...
    @explained(**_FORMATS)
    def stream(self, topics: Topics, consumed: Consumed[Any, Any] | None = None) -> KStream[Any, Any]:
        """A stream over a topic, several topics, or all topics whose name matches a pattern as a whole.

        >>> StreamsBuilder().stream(["clicks", "views"]).name
        'clicks-views'
        """
        pattern = topics if isinstance(topics, re.Pattern) else None
        names = (topics,) if isinstance(topics, str) else () if isinstance(topics, re.Pattern) else tuple(topics)
        if pattern is None and (not names or len(set(names)) < len(names)):
            message = f"stream({topics!r}) at {caller_line()} has no topic, or one twice"
            raise TopologyError(message, hint="give one topic, a list of different topics, or re.compile(...)")
        return KStream(stream_source(self._graph, names, pattern, option(consumed, Consumed)))

    @overload
    def table(self, topic: str, *, materialized: Materialized[str, Any] | None = None) -> KTable[str, Any]: ...
    @overload
    def table(self, topic: str, consumed: Consumed[K, V], materialized: Materialized[K, V] | None = None) -> KTable[K, V]: ...
    @explained(**_FORMATS)
    def table(
        self,
        topic: str,
        consumed: Consumed[Any, Any] | None = None,
        materialized: Materialized[Any, Any] | None = None,
    ) -> KTable[Any, Any]:
        """A table over a topic: each record replaces the value of its key, None deletes it. Null keys are dropped.

        >>> StreamsBuilder().table("users", Consumed(value=dict), Materialized("users-now")).store_name
        'users-now'
        """
        source, options = option(consumed, Consumed), option(materialized, Materialized)
        scope, store = self._table_store(topic, source, options)
        source_name, name = self._source_names(scope)
        key, value = source.key or options.key, source.value or options.value
        node = TableSource(
            name=name,
            line=caller_line(),
            source_name=source_name,
            topic=topic,
            consume=consume_of(self._graph, source, key, value),
            store=store,
            materialized=options.name is not None,
        )
        self._graph.add(node, source_name, stores=(store,))
        versioned = options.history_ms is not None
        return KTable(TableState(self._graph, node, key, value, options.name, versioned))

    @overload
    def global_table(self, topic: str, *, materialized: Materialized[str, Any] | None = None) -> GlobalKTable[str, Any]: ...
    @overload
    def global_table(
        self, topic: str, consumed: Consumed[K, V], materialized: Materialized[K, V] | None = None
    ) -> GlobalKTable[K, V]: ...
    @explained(**_FORMATS)
    def global_table(
        self,
        topic: str,
        consumed: Consumed[Any, Any] | None = None,
        materialized: Materialized[Any, Any] | None = None,
    ) -> GlobalKTable[Any, Any]:
        """A table of which every instance holds all keys; for joins by any key.

        >>> StreamsBuilder().global_table("countries").name
        'countries'
        """
        source, options = option(consumed, Consumed), option(materialized, Materialized)
        if options.history_ms is not None:
            message = f"global table {topic!r} at {caller_line()} has a history; global tables keep no versions"
            raise TopologyError(message, hint="use table(...) for a versioned table")
        scope, store = self._table_store(topic, source, options)
        source_name, name = self._source_names(scope)
        key, value = source.key or options.key, source.value or options.value
        node = GlobalTableSource(
            name=name,
            line=caller_line(),
            source_name=source_name,
            topic=topic,
            consume=consume_of(self._graph, source, key, value),
            store=store,
        )
        self._graph.add(node, source_name, stores=(store,))
        return GlobalKTable(self._graph, node, options.name)

    def _table_store(
        self, topic: str, consumed: Consumed[Any, Any], options: Materialized[Any, Any]
    ) -> tuple[Scope, StoreSpec]:
        graph = self._graph
        scope = graph.names.scope(kinds.TABLE_SOURCE, topic, consumed.name)
        owner = scope if self._counted else Scope(scope.base, given=True)  # the topic's name is the user's
        name = graph.store_name(options.name, owner, f"{topic}-")
        key = graph.key_format(consumed.key, options.key)
        return scope, key_value_store(name, options, key, graph.value_format(consumed.value, options.value))

    def _source_names(self, scope: Scope) -> tuple[str, str]:
        source = self._graph.names.part(scope, "-source", kinds.STREAM_SOURCE)
        return source, self._graph.names.part(scope, "", kinds.TABLE_SOURCE)

    # ---- stores ---------------------------------------------------------------------------------------------------

    def add_state_store(self, store: StoreSpec) -> StreamsBuilder:
        """Adds a store for processors, which are connected to it by name: `process(supplier, "name")`.

        Raises:
            TopologyError: There is another store of this name.

        >>> from headrace.formats.primitive import Int64, String
        >>> from headrace.state.spec import StoreKind
        >>> store = StoreSpec(name="seen", kind=StoreKind.KEY_VALUE, key_format=String(), value_format=Int64())
        >>> list(StreamsBuilder().add_state_store(store).build().stores)
        ['seen']
        """
        self._graph.add_store(StateStore(name=store.name, line=caller_line(), store=store))
        return self

    def add_global_store(
        self, store: StoreSpec, topic: str, supplier: ProcessorSupplier, consumed: Consumed[Any, Any] | None = None
    ) -> StreamsBuilder:
        """Adds a store on every instance, which a processor of yours fills from all partitions of a topic.

        The store has no changelog: it is filled from the topic again.

        >>> from headrace.formats.primitive import String
        >>> from headrace.processor.api import Processor
        >>> from headrace.state.spec import StoreKind
        >>> class Keep(Processor[str, str, None, None]):
        ...     def process(self, record):
        ...         self.context.store("names").put(record.key, record.value)
        >>> store = StoreSpec(name="names", kind=StoreKind.KEY_VALUE, key_format=String(), value_format=String())
        >>> builder = StreamsBuilder().add_global_store(store, "people", Keep, Consumed(value=str))
        >>> [entry.store.name for entry in builder.build().global_stores]
        ['names']
        """
        source, graph = option(consumed, Consumed), self._graph
        scope = graph.names.scope(kinds.TABLE_SOURCE, topic, source.name)
        source_name, name = self._source_names(scope)
        node = GlobalStore(
            name=name,
            line=caller_line(),
            source_name=source_name,
            topic=topic,
            consume=consume_of(graph, source, source.key, source.value),
            store=store,
            supplier=supplier,
        )
        graph.add(node, source_name, stores=(store,))
        return self

    # ---- the whole ------------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """The program as data.

        Raises:
            TopologyError: A split was begun and not finished.

        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").to("copy")
        >>> [node.name for node in builder.plan().nodes]
        ['clicks', 'clicks-to-copy']
        """
        return self._graph.plan()

    def build(self) -> Topology:
        """The program as a topology, for a `TestDriver` or an application.

        Raises:
            TopologyError: What was built does not fit together.

        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").to("copy")
        >>> [part.nodes for part in builder.build().subtopologies]
        [('clicks', 'clicks-to-copy')]
        """
        return lower_plan(optimized(self.plan(), self._optimize))
