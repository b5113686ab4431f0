"""The low-level topology builder: sources, processors, sinks and stores by name, as in Kafka's `Topology`.

The DSL and SQL come here by way of the plan; user code may use it directly with processors of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from headrace.core.attributes import NamesWhatItHas
from headrace.core.errors import TopologyError
from headrace.core.identifiers import checked_name
from headrace.formats.api import Format
from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.operators.base import Operator
from headrace.operators.user_processor import UserProcessor
from headrace.plan.nodes.base import Partitioner, TopicNameExtractor
from headrace.plan.nodes.source import Consume
from headrace.plan.options import Consumed, Produced
from headrace.processor.api import ProcessorSupplier, stores_of
from headrace.state.spec import StoreSpec
from headrace.topology.groups import subtopologies_of
from headrace.topology.key_formats import check_key_formats
from headrace.topology.physical import (
    CopartitionGroup,
    GlobalStoreNode,
    InternalTopic,
    ProcessorNode,
    SinkNode,
    SourceNode,
    Topology,
    TopologyNode,
)


class TopologyBuilder(NamesWhatItHas):
    """Collects nodes; `build` checks the whole and freezes it.

    Every name must be new, every parent there already.

    Raises:
        TopologyError: From any method, naming what does not fit.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, TopologyNode] = {}
        self._children: dict[str, list[str]] = {}
        self._stores: dict[str, StoreSpec] = {}
        self._connected: dict[str, list[str]] = {}
        self._globals: list[GlobalStoreNode] = []
        self._global_places: list[int] = []
        self._internal_topics: dict[str, InternalTopic] = {}
        self._copartition: list[CopartitionGroup] = []
        self._topic_owner: dict[str, str] = {}

    # ---- sources and sinks ----------------------------------------------------------------------------------------

    def add_source(
        self, name: str, *topics: str, consumed: Consumed[Any, Any] | None = None, pattern: re.Pattern[str] | None = None
    ) -> TopologyBuilder:
        """Adds a source over topics, or over all topics that match a pattern. A topic can belong to one source only."""
        options = consumed or Consumed()
        consume = Consume(
            key_format=options.key or String(),
            value_format=options.value or Json(),
            timestamp=options.timestamp,
            offset_reset=options.offset_reset,
            on_decode_error=options.on_decode_error,
        )
        self.add_source_node(name, *topics, consume=consume, pattern=pattern)
        return self

    def add_sink(
        self,
        name: str,
        topic: str | TopicNameExtractor,
        *parents: str,
        produced: Produced[Any, Any] | None = None,
    ) -> TopologyBuilder:
        """Adds a sink to a topic, or to the topic that `topic(key, value, metadata)` names per record."""
        options = produced or Produced()
        self.add_sink_node(
            name,
            topic,
            *parents,
            key_format=options.key or String(),
            value_format=options.value or Json(),
            partitioner=options.partitioner,
        )
        return self

    def add_source_node(
        self,
        name: str,
        *topics: str,
        consume: Consume,
        pattern: re.Pattern[str] | None = None,
        internal: bool = False,
        line: str = "",
    ) -> None:
        """Adds a source over topics or a pattern, all settled. A topic can belong to one source only."""
        self._new_node(name)
        if not topics and pattern is None:
            message = f"source {name!r} has neither topics nor a pattern"
            raise TopologyError(message)
        for topic in topics:
            self._claim(topic, name)
        self._nodes[name] = SourceNode(name=name, topics=topics, pattern=pattern, consume=consume, internal=internal, line=line)

    def add_sink_node(
        self,
        name: str,
        topic: str | TopicNameExtractor,
        *parents: str,
        key_format: Format[Any],
        value_format: Format[Any],
        partitioner: Partitioner | None = None,
        internal: bool = False,
        line: str = "",
    ) -> None:
        """Adds a sink, all settled."""
        self._new_node(name)
        self._attach(name, parents)
        if isinstance(topic, str):
            checked_name(topic, "topic")
        self._nodes[name] = SinkNode(
            name=name,
            topic=topic,
            key_format=key_format,
            value_format=value_format,
            partitioner=partitioner,
            parents=parents,
            internal=internal,
            line=line,
        )

    # ---- processors and stores ------------------------------------------------------------------------------------

    def add_processor(
        self, name: str, supplier: ProcessorSupplier, *parents: str, stores: Sequence[str] = (), line: str = ""
    ) -> TopologyBuilder:
        """Adds a processor of the user's, with the stores its supplier brings along."""
        self.add_operator(name, UserProcessor(supplier), *parents, line=line)
        for spec in stores_of(supplier):
            self.add_store(spec, name)
        self.connect(name, *stores)
        return self

    def add_operator(self, name: str, operator: Operator, *parents: str, stores: Sequence[str] = (), line: str = "") -> None:
        """Adds an operator of the engine's."""
        self._new_node(name)
        self._attach(name, parents)
        self._nodes[name] = ProcessorNode(name=name, operator=operator, parents=parents, line=line)
        self._connected[name] = []
        self.connect(name, *stores)

    def add_store(self, spec: StoreSpec, *processors: str) -> TopologyBuilder:
        """Adds a store and connects processors to it. The very same store may be added again."""
        known = self._stores.get(spec.name)
        if (known is not None and known != spec) or any(spec.name == g.store.name for g in self._globals):
            message = f"a store named {spec.name!r} is there already"
            raise TopologyError(message, hint="give each store a name of its own: Materialized(name=...)")
        self._stores[checked_name(spec.name, "store")] = spec
        for processor in processors:
            self.connect(processor, spec.name)
        return self

    def connect(self, processor: str, *stores: str) -> TopologyBuilder:
        """Lets a processor use stores. Processors of different sources that share one become one sub-topology."""
        if processor not in self._connected:
            message = f"there is no processor {processor!r} to connect to stores {', '.join(stores)}"
            raise TopologyError(message)
        for store in stores:
            if store not in self._stores and not any(store == g.store.name for g in self._globals):
                message = f"processor {processor!r} asks for store {store!r}, which the topology does not have"
                raise TopologyError(message, hint=f"add it first; there are: {', '.join(self._stores) or 'none'}")
            if store not in self._connected[processor]:
                self._connected[processor].append(store)
        return self

    def add_global_store(
        self, spec: StoreSpec, source: str, topic: str, consume: Consume, processor: str, operator: Operator, line: str = ""
    ) -> TopologyBuilder:
        """Adds a store that every instance fills from all partitions of a topic, through a processor."""
        self._claim(topic, source)
        for name in (source, processor):
            self._new_node(name)
        if spec.name in self._stores or any(spec.name == g.store.name for g in self._globals):
            message = f"a store named {spec.name!r} is there already"
            raise TopologyError(message)
        self._global_places.append(len(self._nodes))
        self._globals.append(
            GlobalStoreNode(
                source=SourceNode(name=source, topics=(topic,), consume=consume, line=line),
                processor=ProcessorNode(name=processor, operator=operator, parents=(source,), stores=(spec.name,), line=line),
                store=spec,
            )
        )
        return self

    # ---- partitions -----------------------------------------------------------------------------------------------

    def add_internal_topic(self, topic: InternalTopic) -> None:
        """Declares an internal topic by its base name."""
        self._internal_topics[checked_name(topic.name, "topic")] = topic

    def copartition(self, sources: Sequence[str], reason: str, line: str = "") -> None:
        """Demands equal partition counts of the topics behind some sources."""
        if len(set(sources)) > 1:
            self._copartition.append(CopartitionGroup(sources=tuple(dict.fromkeys(sources)), reason=reason, line=line))

    def sources_above(self, *names: str) -> tuple[str, ...]:
        """The source nodes from which records come to these nodes without passing a topic."""
        found: dict[str, None] = {}
        for name in names:
            node = self._nodes[name]
            if isinstance(node, SourceNode):
                found[name] = None
            else:
                found.update(dict.fromkeys(self.sources_above(*node.parents)))
        return tuple(found)

    # ---- the whole ------------------------------------------------------------------------------------------------

    def build(self) -> Topology:
        """Checks the whole and freezes it."""
        nodes: dict[str, TopologyNode] = {}
        for name, node in self._nodes.items():
            nodes[name] = node
            if isinstance(node, ProcessorNode):
                nodes[name] = ProcessorNode(
                    name=name,
                    operator=node.operator,
                    parents=node.parents,
                    stores=tuple(self._connected[name]),
                    line=node.line,
                )
        children = {name: tuple(self._children.get(name, ())) for name in nodes}
        for group in self._copartition:
            check_key_formats(group, nodes)
        subtopologies = subtopologies_of(nodes, children, self._stores, self._global_places)
        taken = {part.id for part in subtopologies}
        free = (number for number in range(len(taken) + len(self._globals)) if number not in taken)
        return Topology(
            nodes=nodes,
            children=children,
            stores=dict(self._stores),
            global_stores=tuple(replace(each, id=number) for each, number in zip(self._globals, free, strict=False)),
            internal_topics=dict(self._internal_topics),
            copartition=tuple(self._copartition),
            subtopologies=subtopologies,
        )

    def _new_node(self, name: str) -> None:
        checked_name(name, "processor")
        taken = name in self._nodes or any(name in (g.source.name, g.processor.name) for g in self._globals)
        if taken:
            message = f"a node named {name!r} is there already"
            raise TopologyError(message, hint="give each step a name of its own")

    def _attach(self, name: str, parents: Sequence[str]) -> None:
        if not parents:
            message = f"node {name!r} has no parents"
            raise TopologyError(message)
        for parent in parents:
            if parent not in self._nodes:
                message = f"node {name!r} names the parent {parent!r}, which is not there"
                raise TopologyError(message, hint=f"add parents first; there are: {', '.join(self._nodes) or 'none'}")
            if isinstance(self._nodes[parent], SinkNode):
                message = f"node {name!r} names the sink {parent!r} as its parent; a sink has no children"
                raise TopologyError(message)
            self._children.setdefault(parent, []).append(name)

    def _claim(self, topic: str, source: str) -> None:
        checked_name(topic, "topic")
        owner = self._topic_owner.setdefault(topic, source)
        if owner != source:
            message = f"topic {topic!r} is read by source {owner!r} already; {source!r} cannot read it, too"
            raise TopologyError(message, hint="use the stream or table that is there more than once instead")
