"""Steps of a stream that call async functions: look-ups over the network and the like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Generic, TypeVar

from headrace.core.errors import TopologyError
from headrace.core.time import Duration, to_ms
from headrace.dsl import kstream
from headrace.dsl.graph import caller_line
from headrace.dsl.state import StreamState
from headrace.plan.kinds import Kind
from headrace.plan.nodes.stateless import AsyncMapValues

K = TypeVar("K")
V = TypeVar("V")
V2 = TypeVar("V2")

_MAP = Kind("KSTREAM-ASYNC-MAPVALUES-", "map-values-async")
_FILTER = Kind("KSTREAM-ASYNC-FILTER-", "filter-async")
_FLAT_MAP = Kind("KSTREAM-ASYNC-FLATMAPVALUES-", "flat-map-values-async")
_FOREACH = Kind("KSTREAM-ASYNC-FOREACH-", "foreach-async")


class AsyncSteps(Generic[K, V]):
    """Async steps of `KStream`. Results come in the order of their records, with their times, as if nothing were async.

    `concurrency` is how many calls are under way at once per task, `timeout` how long one attempt may take, `retries` how many
    further attempts a failed one gets; what fails then goes the way of `on_process_error`.
    """

    state: StreamState

    def map_values_async(
        self,
        mapper: Callable[[V], Awaitable[V2]],
        *,
        concurrency: int = 16,
        timeout: Duration | None = None,
        retries: int = 0,
        name: str | None = None,
    ) -> kstream.KStream[K, V2]:
        """Makes a new value of each value by an async function.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> async def located(address):
        ...     return {"address": address}
        >>>
        >>> builder.stream("addresses").map_values_async(located, concurrency=50, timeout="2s").to("places")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("addresses").pipe("a", "Riga")
        ...     driver.topic("places").values()
        [{'address': 'Riga'}]
        """
        node = self._node(_MAP, mapper, name, concurrency, timeout, retries, "map")
        return kstream.KStream(self.state.with_values(node))

    def filter_async(
        self,
        predicate: Callable[[K, V], Awaitable[bool]],
        *,
        concurrency: int = 16,
        timeout: Duration | None = None,
        retries: int = 0,
        name: str | None = None,
    ) -> kstream.KStream[K, V]:
        """Keeps records for which the async `predicate(key, value)` is true.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> async def known(user, page):
        ...     return user == "ann"
        >>>
        >>> builder.stream("clicks").filter_async(known).to("of-known")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/"), ("eve", "/")])
        ...     driver.topic("of-known").key_values()
        [('ann', '/')]
        """
        node = self._node(_FILTER, predicate, name, concurrency, timeout, retries, "filter")
        return kstream.KStream(self.state.then(node))

    def flat_map_values_async(
        self,
        mapper: Callable[[V], Awaitable[Iterable[V2]]],
        *,
        concurrency: int = 16,
        timeout: Duration | None = None,
        retries: int = 0,
        name: str | None = None,
    ) -> kstream.KStream[K, V2]:
        """Makes any number of values of each value by an async function.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> async def links(page):
        ...     return [f"{page}/a", f"{page}/b"]
        >>>
        >>> builder.stream("pages").flat_map_values_async(links, retries=2).to("links")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("pages").pipe("p", "x")
        ...     driver.topic("links").values()
        ['x/a', 'x/b']
        """
        node = self._node(_FLAT_MAP, mapper, name, concurrency, timeout, retries, "flat_map")
        return kstream.KStream(self.state.with_values(node))

    def foreach_async(
        self,
        action: Callable[[K, V], Awaitable[object]],
        *,
        concurrency: int = 16,
        timeout: Duration | None = None,
        retries: int = 0,
        name: str | None = None,
    ) -> None:
        """Calls the async `action(key, value)` for each record and ends the stream.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> async def notify(user, text):
        ...     print("to", user, text)
        >>>
        >>> builder.stream("alerts").foreach_async(notify)
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("alerts").pipe("ann", "fire")
        to ann fire
        """
        self.state.then(self._node(_FOREACH, action, name, concurrency, timeout, retries, "foreach"))

    def _node(
        self,
        step: Kind,
        mapper: Callable[..., Any],
        name: str | None,
        concurrency: int,
        timeout: Duration | None,
        retries: int,
        kind: str,
    ) -> AsyncMapValues:
        line, timeout_ms = caller_line(), None if timeout is None else to_ms(timeout)
        if concurrency < 1 or retries < 0 or (timeout_ms is not None and timeout_ms <= 0):
            message = f"concurrency={concurrency}, timeout={timeout}, retries={retries} at {line} are not possible"
            raise TopologyError(message, hint="at least one call at once, a positive timeout or None, no negative retries")
        here = self.state
        return AsyncMapValues(
            name=here.graph.step(step, here.node.name, name),
            line=line,
            parent=here.node,
            mapper=mapper,
            with_key=kind in ("filter", "foreach"),
            concurrency=concurrency,
            timeout_ms=timeout_ms,
            retries=retries,
            kind=kind,
        )
