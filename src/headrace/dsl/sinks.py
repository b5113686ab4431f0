"""Where a stream ends, or passes through a topic of the user's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from headrace.core.calls import explained
from headrace.core.records import RecordMetadata
from headrace.dsl import kstream, sources
from headrace.dsl.arguments import option
from headrace.dsl.graph import caller_line
from headrace.dsl.state import StreamState
from headrace.plan import kinds
from headrace.plan.nodes.sink import Sink
from headrace.plan.nodes.stateless import Peek
from headrace.plan.options import Consumed, Produced

K = TypeVar("K")
V = TypeVar("V")


_IN_PRODUCED = "formats and the partitioner go into Produced: Produced(key=str, value=int) as the second argument"
_FORMATS = dict.fromkeys(("key", "value", "key_format", "value_format", "partitioner"), _IN_PRODUCED)


class Sinks(Generic[K, V]):
    """Ends of `KStream`."""

    state: StreamState

    @explained(**_FORMATS)
    def to(
        self,
        topic: str | Callable[[K, V, RecordMetadata | None], str],
        produced: Produced[K, V] | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Writes the stream to a topic, or each record to the topic `topic(key, value, metadata)`.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").to("copy")
        >>> builder.stream("clicks").to(lambda user, page, origin: f"clicks-of-{user}")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", "/")
        ...     driver.written_topics()
        ['clicks-of-ann', 'copy']
        """
        here, options = self.state, option(produced, Produced)
        slug = f"to-{topic}" if isinstance(topic, str) else "to"
        scope = here.graph.names.scope(kinds.STREAM_SINK, here.node.name, name or options.name, slug)
        node = Sink(
            name=here.graph.names.part(scope, "", kinds.STREAM_SINK),
            line=caller_line(),
            parent=here.node,
            topic=topic,
            key_format=here.graph.key_format(options.key, here.key),
            value_format=here.graph.value_format(options.value, here.value),
            partitioner=options.partitioner,
        )
        here.graph.add(node)

    def through(self, topic: str, produced: Produced[K, V] | None = None) -> kstream.KStream[K, V]:
        """Writes the stream to a topic of yours and goes on from there. For an internal topic, use `repartition`.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("raw").filter(lambda key, n: n > 0).through("checked").map_values(lambda n: n * 2).to("doubled")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("raw").pipe_all([("a", 1), ("b", -1)])
        ...     driver.topic("checked").key_values(), driver.topic("doubled").key_values()
        ([('a', 1)], [('a', 2)])
        """
        here, options = self.state, option(produced, Produced)
        self.to(topic, options)
        consumed: Any = Consumed()
        key, value = options.key or here.key, options.value or here.value
        return kstream.KStream(sources.stream_source(here.graph, (topic,), None, consumed, key, value))

    def foreach(self, action: Callable[[K, V], object], *, name: str | None = None) -> None:
        """Calls `action(key, value)` for each record and ends the stream.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").foreach(print)
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", "/")
        ann /
        """
        self._ended(kinds.FOREACH, action, name)

    def print(self, label: str | None = None, *, name: str | None = None) -> None:
        """Prints each record as `[label]: key, value` and ends the stream; the label is the stream's name if not given.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").print()
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", "/")
        [clicks]: ann, /
        """
        self._ended(kinds.PRINT, _Printer(label or self.state.node.name), name)

    def _ended(self, kind: kinds.Kind, action: Callable[[Any, Any], object], name: str | None) -> None:
        here = self.state
        step = here.graph.step(kind, here.node.name, name)
        here.then(Peek(name=step, line=caller_line(), parent=here.node, action=action, terminal=True))


class _Printer:
    def __init__(self, label: str) -> None:
        self._label = label

    def __call__(self, key: object, value: object) -> None:
        print(f"[{self._label}]: {key}, {value}")  # noqa: T201 - what the step is for
