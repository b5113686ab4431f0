"""Steps of a stream that look at one record at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from headrace.dsl import kstream
from headrace.dsl.graph import caller_line
from headrace.dsl.state import StreamState
from headrace.plan import kinds
from headrace.plan.nodes.stateless import Filter, FlatMap, FlatMapValues, Map, MapValues, Peek, SelectKey

K = TypeVar("K")
V = TypeVar("V")
K2 = TypeVar("K2")
V2 = TypeVar("V2")


class Transforms(Generic[K, V]):
    """Filters and maps of `KStream`."""

    state: StreamState

    def filter(self, predicate: Callable[[K, V], bool], *, name: str | None = None) -> kstream.KStream[K, V]:
        """Keeps records for which `predicate(key, value)` is true.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").filter(lambda user, page: page == "/").to("home")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/"), ("bob", "/help")])
        ...     driver.topic("home").key_values()
        [('ann', '/')]
        """
        return self._filtered(predicate, name, negate=False)

    def filter_not(self, predicate: Callable[[K, V], bool], *, name: str | None = None) -> kstream.KStream[K, V]:
        """Drops records for which `predicate(key, value)` is true.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").filter_not(lambda user, page: page == "/").to("inner")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/"), ("bob", "/help")])
        ...     driver.topic("inner").key_values()
        [('bob', '/help')]
        """
        return self._filtered(predicate, name, negate=True)

    def _filtered(self, predicate: Callable[[K, V], bool], name: str | None, *, negate: bool) -> kstream.KStream[K, V]:
        here = self.state
        step = here.graph.step(kinds.FILTER, here.node.name, name)
        node = Filter(name=step, line=caller_line(), parent=here.node, predicate=predicate, negate=negate)
        return kstream.KStream(here.then(node))

    def map(self, mapper: Callable[[K, V], tuple[K2, V2]], *, name: str | None = None) -> kstream.KStream[K2, V2]:
        """Makes a new key and value of each record: `mapper(key, value)` returns both.

        What groups or joins the result repartitions it first. Use `map_values` where the key stays.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").map(lambda user, page: (page, user)).to("users")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", "/")
        ...     driver.topic("users").key_values()
        [('/', 'ann')]
        """
        here = self.state
        step = here.graph.step(kinds.MAP, here.node.name, name)
        return kstream.KStream(here.with_keys(Map(name=step, line=caller_line(), parent=here.node, mapper=mapper)))

    def map_values(self, mapper: Callable[[V], V2], *, name: str | None = None) -> kstream.KStream[K, V2]:
        """Makes a new value of each value.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").map_values(len).to("lengths")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", "/help")
        ...     driver.topic("lengths").key_values()
        [('ann', 5)]
        """
        return self._mapped(mapper, name, with_key=False)

    def map_values_with_key(self, mapper: Callable[[K, V], V2], *, name: str | None = None) -> kstream.KStream[K, V2]:
        """Makes a new value of each `mapper(key, value)`; the key must not be changed.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").map_values_with_key(lambda user, page: f"{user} at {page}").to("texts")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", "/help")
        ...     driver.topic("texts").values()
        ['ann at /help']
        """
        return self._mapped(mapper, name, with_key=True)

    def _mapped(self, mapper: Callable[..., V2], name: str | None, *, with_key: bool) -> kstream.KStream[K, V2]:
        here = self.state
        step = here.graph.step(kinds.MAP_VALUES, here.node.name, name)
        node = MapValues(name=step, line=caller_line(), parent=here.node, mapper=mapper, with_key=with_key)
        return kstream.KStream(here.with_values(node))

    def flat_map(
        self, mapper: Callable[[K, V], Iterable[tuple[K2, V2]]], *, name: str | None = None
    ) -> kstream.KStream[K2, V2]:
        """Makes any number of records, as (key, value), of each record.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("orders").flat_map(lambda order, items: [(item, order) for item in items]).to("items")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("orders").pipe("o1", ["tea", "milk"])
        ...     driver.topic("items").key_values()
        [('tea', 'o1'), ('milk', 'o1')]
        """
        here = self.state
        step = here.graph.step(kinds.FLAT_MAP, here.node.name, name)
        return kstream.KStream(here.with_keys(FlatMap(name=step, line=caller_line(), parent=here.node, mapper=mapper)))

    def flat_map_values(self, mapper: Callable[[V], Iterable[V2]], *, name: str | None = None) -> kstream.KStream[K, V2]:
        """Makes any number of values of each value.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("lines").flat_map_values(str.split).to("words")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("lines").pipe("k", "to be")
        ...     driver.topic("words").key_values()
        [('k', 'to'), ('k', 'be')]
        """
        return self._flat_mapped(mapper, name, with_key=False)

    def flat_map_values_with_key(
        self, mapper: Callable[[K, V], Iterable[V2]], *, name: str | None = None
    ) -> kstream.KStream[K, V2]:
        """Makes any number of values of each `mapper(key, value)`; the key must not be changed.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("lines").flat_map_values_with_key(lambda key, line: [key, line]).to("both")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("lines").pipe("k", "to be")
        ...     driver.topic("both").values()
        ['k', 'to be']
        """
        return self._flat_mapped(mapper, name, with_key=True)

    def _flat_mapped(self, mapper: Callable[..., Iterable[V2]], name: str | None, *, with_key: bool) -> kstream.KStream[K, V2]:
        here = self.state
        step = here.graph.step(kinds.FLAT_MAP_VALUES, here.node.name, name)
        node = FlatMapValues(name=step, line=caller_line(), parent=here.node, mapper=mapper, with_key=with_key)
        return kstream.KStream(here.with_values(node))

    def select_key(self, mapper: Callable[[K, V], K2], *, name: str | None = None) -> kstream.KStream[K2, V]:
        """Gives each record the key `mapper(key, value)`. What groups or joins the result repartitions it first.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").select_key(lambda user, click: click["page"]).to("by-page")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", {"page": "/"})
        ...     driver.topic("by-page").key_values()
        [('/', {'page': '/'})]
        """
        here = self.state
        step = here.graph.step(kinds.SELECT_KEY, here.node.name, name)
        node = SelectKey(name=step, line=caller_line(), parent=here.node, mapper=mapper)
        return kstream.KStream(here.with_keys(node, here.value))

    def peek(self, action: Callable[[K, V], object], *, name: str | None = None) -> kstream.KStream[K, V]:
        """Calls `action(key, value)` for each record and passes it on unchanged.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> builder.stream("clicks").peek(print).to("copy")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", "/")
        ann /
        """
        here = self.state
        step = here.graph.step(kinds.PEEK, here.node.name, name)
        return kstream.KStream(here.then(Peek(name=step, line=caller_line(), parent=here.node, action=action)))
