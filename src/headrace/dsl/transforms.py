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

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> StreamsBuilder().stream("clicks").filter(lambda user, click: click["page"] == "/").name
        'clicks-filter'
        """
        return self._filtered(predicate, name, negate=False)

    def filter_not(self, predicate: Callable[[K, V], bool], *, name: str | None = None) -> kstream.KStream[K, V]:
        """Drops records for which `predicate(key, value)` is true.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> StreamsBuilder().stream("clicks").filter_not(lambda user, click: click["bot"], name="people").name
        'people'
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

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> StreamsBuilder().stream("clicks").map(lambda user, click: (click["page"], user)).name
        'clicks-map'
        """
        here = self.state
        step = here.graph.step(kinds.MAP, here.node.name, name)
        return kstream.KStream(here.with_keys(Map(name=step, line=caller_line(), parent=here.node, mapper=mapper)))

    def map_values(self, mapper: Callable[[V], V2], *, name: str | None = None) -> kstream.KStream[K, V2]:
        """Makes a new value of each value.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> StreamsBuilder().stream("clicks").map_values(lambda click: click["page"]).name
        'clicks-map-values'
        """
        return self._mapped(mapper, name, with_key=False)

    def map_values_with_key(self, mapper: Callable[[K, V], V2], *, name: str | None = None) -> kstream.KStream[K, V2]:
        """Makes a new value of each `mapper(key, value)`; the key must not be changed.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> StreamsBuilder().stream("clicks").map_values_with_key(lambda user, click: {**click, "user": user}).name
        'clicks-map-values'
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

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> StreamsBuilder().stream("orders").flat_map(lambda key, order: [(item, key) for item in order["items"]]).name
        'orders-flat-map'
        """
        here = self.state
        step = here.graph.step(kinds.FLAT_MAP, here.node.name, name)
        return kstream.KStream(here.with_keys(FlatMap(name=step, line=caller_line(), parent=here.node, mapper=mapper)))

    def flat_map_values(self, mapper: Callable[[V], Iterable[V2]], *, name: str | None = None) -> kstream.KStream[K, V2]:
        """Makes any number of values of each value.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> StreamsBuilder().stream("lines").flat_map_values(str.split).name
        'lines-flat-map-values'
        """
        return self._flat_mapped(mapper, name, with_key=False)

    def flat_map_values_with_key(
        self, mapper: Callable[[K, V], Iterable[V2]], *, name: str | None = None
    ) -> kstream.KStream[K, V2]:
        """Makes any number of values of each `mapper(key, value)`; the key must not be changed.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> StreamsBuilder().stream("lines").flat_map_values_with_key(lambda key, line: [key, line]).name
        'lines-flat-map-values'
        """
        return self._flat_mapped(mapper, name, with_key=True)

    def _flat_mapped(self, mapper: Callable[..., Iterable[V2]], name: str | None, *, with_key: bool) -> kstream.KStream[K, V2]:
        here = self.state
        step = here.graph.step(kinds.FLAT_MAP_VALUES, here.node.name, name)
        node = FlatMapValues(name=step, line=caller_line(), parent=here.node, mapper=mapper, with_key=with_key)
        return kstream.KStream(here.with_values(node))

    def select_key(self, mapper: Callable[[K, V], K2], *, name: str | None = None) -> kstream.KStream[K2, V]:
        """Gives each record the key `mapper(key, value)`. What groups or joins the result repartitions it first.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> StreamsBuilder().stream("clicks").select_key(lambda user, click: click["page"]).name
        'clicks-select-key'
        """
        here = self.state
        step = here.graph.step(kinds.SELECT_KEY, here.node.name, name)
        node = SelectKey(name=step, line=caller_line(), parent=here.node, mapper=mapper)
        return kstream.KStream(here.with_keys(node, here.value))

    def peek(self, action: Callable[[K, V], object], *, name: str | None = None) -> kstream.KStream[K, V]:
        """Calls `action(key, value)` for each record and passes it on unchanged.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> StreamsBuilder().stream("clicks").peek(print).name
        'clicks-peek'
        """
        here = self.state
        step = here.graph.step(kinds.PEEK, here.node.name, name)
        return kstream.KStream(here.then(Peek(name=step, line=caller_line(), parent=here.node, action=action)))
