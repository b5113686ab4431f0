"""Windowed aggregations: `TimeWindowedKStream` and `SessionWindowedKStream`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from headrace.core.attributes import NamesWhatItHas
from headrace.core.errors import TopologyError
from headrace.core.windows import END_OF_TIME, SessionWindows, SlidingWindows, TumblingWindows, UnlimitedWindows, Windowed
from headrace.dsl import ktable
from headrace.dsl.aggregations import AggregateNames, GroupedState, plus_one, sum_of_counts, zero
from headrace.dsl.arguments import option
from headrace.dsl.graph import caller_line
from headrace.dsl.state import AnyFormat, TableState
from headrace.dsl.stores import session_store, window_store
from headrace.formats.api import Format
from headrace.formats.primitive import Int64
from headrace.formats.windowed import SessionWindowedFormat, WindowedFormat
from headrace.plan import kinds
from headrace.plan.nodes.aggregate import Aggregation, Reduction, SessionAggregate, WindowAggregate, Windows
from headrace.plan.nodes.base import Node
from headrace.plan.options import Materialized
from headrace.state.spec import StoreSpec

K = TypeVar("K")
V = TypeVar("V")
A = TypeVar("A")

EmitOn = Literal["window-close", "update"]
"""When a window's result is sent on: once, when it closes, or at every update."""


class TimeWindowedKStream(NamesWhatItHas, Generic[K, V]):
    """Records grouped by key and time window. Made by `KGroupedStream.windowed_by`."""

    def __init__(self, state: GroupedState, windows: Windows, *, emit_on_close: bool = False) -> None:
        self.state = state
        self._windows = windows
        self._emit_on_close = emit_on_close

    def emit(self, *, on: EmitOn) -> TimeWindowedKStream[K, V]:
        """When results are sent on; at every update if not said. Source of the semantics: KIP-825.

        Raises:
            TopologyError: On window close for unlimited windows, which never close.

        >>> from headrace import Materialized, StreamsBuilder, TumblingWindows
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks = builder.stream("clicks").group_by_key().windowed_by(TumblingWindows(size="1m", grace="10s"))
        >>> clicks.emit(on="window-close").count(Materialized(retention="1h")).to_stream().map_values(str).to("counts")
        >>> with TestDriver(builder.build(), emit_interval_ms=0) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/", 1_000), ("ann", "/", 2_000), ("ann", "/", 75_000)])
        ...     driver.topic("counts").values()
        ['2']
        """
        on_close = _emits_on_close(on)
        if on_close and isinstance(self._windows, UnlimitedWindows):
            message = f"emit(on='window-close') at {caller_line()}: unlimited windows never close"
            raise TopologyError(message, hint="use emit(on='update'), or windows with an end")
        return TimeWindowedKStream(self.state, self._windows, emit_on_close=on_close)

    def count(
        self, materialized: Materialized[K, int] | None = None, *, name: str | None = None
    ) -> ktable.KTable[Windowed[K], int]:
        """How many records each key and window has.

        >>> from headrace import HoppingWindows, Produced, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> windows = HoppingWindows(size="1m", advance="30s", grace="5s")
        >>> counts = builder.stream("clicks").group_by_key().windowed_by(windows).count()
        >>> counts.to_stream_with_key(lambda windowed, n: windowed.start).to("counts", Produced(key=int))
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/", 40_000), ("ann", "/", 50_000)])
        ...     driver.topic("counts").key_values()
        [(0, 1), (30000, 1), (0, 2), (30000, 2)]
        """
        counting = Aggregation(initializer=zero, aggregator=plus_one)
        return self._aggregated(kinds.STREAM_COUNT, counting, materialized, name, Int64())

    def reduce(
        self, reducer: Callable[[V, V], V], materialized: Materialized[K, V] | None = None, *, name: str | None = None
    ) -> ktable.KTable[Windowed[K], V]:
        """Combines the values of each key and window: `reducer(aggregate, value)`.

        >>> from headrace import StreamsBuilder, TumblingWindows
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> bids = builder.stream("bids").group_by_key().windowed_by(TumblingWindows(size="1m", grace="5s"))
        >>> bids.reduce(max).to_stream().to("highest")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("bids").pipe_all([("car", 5, 1_000), ("car", 9, 2_000), ("car", 7, 61_000)])
        ...     driver.topic("highest").values()
        [5, 9, 7]
        """
        return self._aggregated(kinds.STREAM_REDUCE, Reduction(reducer=reducer), materialized, name, self.state.value)

    def aggregate(
        self,
        initializer: Callable[[], A],
        aggregator: Callable[[K, V, A], A],
        materialized: Materialized[K, A] | None = None,
        *,
        merger: Callable[[K, A, A], A] | None = None,
        name: str | None = None,
    ) -> ktable.KTable[Windowed[K], A]:
        """Aggregates the values of each key and window: `aggregator(key, value, aggregate)`.

        With a `merger` records that have to be repartitioned are aggregated before that, too: until the commit each task folds
        what it has of a key and tumbling window, and passes only the parts on, which `merger(key, one, other)` puts together.
        Many records for few keys then cost little more than without a repartition. It has to be so that the order of the
        parts does not matter and an aggregate stays what it is when `initializer()` is merged into it. The repartition topic
        then holds aggregates, not values as in Kafka Streams. It changes nothing where nothing is repartitioned, the
        table is not cached, or equal keys may be different bytes.

        Raises:
            TopologyError: A merger for windows that are not tumbling.

        >>> from headrace import SlidingWindows, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> orders = builder.stream("orders").group_by_key().windowed_by(SlidingWindows("1h", grace="5m"))
        >>> orders.aggregate(int, lambda customer, amount, total: total + amount).to_stream().to("spent")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("orders").pipe_all([("ann", 5, 4_000_000), ("ann", 7, 4_100_000)])
        ...     last = driver.topic("spent").rows()[-1]
        ...     last.key.start, last.key.end, last.value
        (500000, 4100000, 12)
        """
        if merger is not None and not isinstance(self._windows, TumblingWindows):
            message = f"aggregate at {caller_line()} has a merger, and {type(self._windows).__name__}"
            raise TopologyError(message, hint="leave the merger out: only parts of tumbling windows can be merged")
        aggregation = Aggregation(initializer=initializer, aggregator=aggregator, merger=merger)
        return self._aggregated(kinds.STREAM_AGGREGATE, aggregation, materialized, name, None)

    def _aggregated(
        self,
        kind: kinds.Kind,
        aggregation: Aggregation | Reduction,
        materialized: Materialized[K, Any] | None,
        name: str | None,
        value: AnyFormat,
    ) -> ktable.KTable[Windowed[K], Any]:
        here, graph, windows = self.state, self.state.graph, self._windows
        options = option(materialized, Materialized)
        burns = kind is kinds.STREAM_COUNT and not isinstance(windows, SlidingWindows)
        names = here.names(kind, materialized, name, burns=burns)
        key, value = graph.key_format(options.key, here.key), options.value or value
        on_close = self._emit_on_close
        store = window_store(names.store, options, key, graph.value_format(value), windows, emit_on_close=on_close)
        parent, fold = self._parent(names, aggregation, store)
        node = WindowAggregate(
            name=names.step,
            line=caller_line(),
            parent=parent,
            aggregation=fold,
            windows=windows,
            emit_on_close=on_close,
            store=store,
        )
        graph.add(node, stores=(store,))
        windowed_key = windowed_format(key, windows)
        return ktable.KTable(TableState(graph, node, windowed_key, value, names.queryable, versioned=False))

    def _parent(
        self, names: AggregateNames, aggregation: Aggregation | Reduction, store: StoreSpec
    ) -> tuple[Node, Aggregation | Reduction]:
        """What is aggregated, and how: parts of it, where they can be made before the repartition and nobody misses updates."""
        here = self.state
        hidden = here.moved and store.caching and here.graph.key_format(here.key).exact
        match aggregation, self._windows:
            case Aggregation() as fold, TumblingWindows() as windows if fold.merger is not None and hidden:
                return here.merged(names, fold, windows, store.value_format)
        return here.partitioned(names), aggregation


class SessionWindowedKStream(NamesWhatItHas, Generic[K, V]):
    """Records grouped by key and session. Made by `KGroupedStream.windowed_by`."""

    def __init__(self, state: GroupedState, windows: SessionWindows, *, emit_on_close: bool = False) -> None:
        self.state = state
        self._windows = windows
        self._emit_on_close = emit_on_close

    def emit(self, *, on: EmitOn) -> SessionWindowedKStream[K, V]:
        """When results are sent on; at every update if not said.

        >>> from headrace import Materialized, SessionWindows, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> sessions = builder.stream("clicks").group_by_key().windowed_by(SessionWindows("30m", grace="1m"))
        >>> sessions.emit(on="window-close").count(Materialized(retention="1d")).to_stream().to("counts")
        >>> with TestDriver(builder.build(), emit_interval_ms=0) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/", 0), ("ann", "/", 60_000), ("bob", "/", 9_000_000)])
        ...     driver.topic("counts").values()
        [2]
        """
        return SessionWindowedKStream(self.state, self._windows, emit_on_close=_emits_on_close(on))

    def count(
        self, materialized: Materialized[K, int] | None = None, *, name: str | None = None
    ) -> ktable.KTable[Windowed[K], int]:
        """How many records each session has.

        >>> from headrace import SessionWindows, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> sessions = builder.stream("clicks").group_by_key().windowed_by(SessionWindows("30m", grace="1m"))
        >>> sessions.count(name="clicks-per-session").to_stream().to("counts")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/", 0), ("ann", "/", 60_000)])
        ...     row = driver.topic("counts").rows()[-1]
        ...     row.key.start, row.key.end, row.value
        (0, 60000, 2)
        """
        counting = Aggregation(initializer=zero, aggregator=plus_one, merger=sum_of_counts)
        return self._aggregated(kinds.STREAM_COUNT, counting, materialized, name, Int64())

    def reduce(
        self, reducer: Callable[[V, V], V], materialized: Materialized[K, V] | None = None, *, name: str | None = None
    ) -> ktable.KTable[Windowed[K], V]:
        """Combines the values of each session: `reducer(aggregate, value)`; it also merges sessions.

        >>> from headrace import SessionWindows, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> bids = builder.stream("bids").group_by_key().windowed_by(SessionWindows("30m", grace="1m"))
        >>> bids.reduce(max).to_stream().to("highest")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("bids").pipe_all([("car", 5, 0), ("car", 9, 60_000)])
        ...     driver.topic("highest").values()
        [5, None, 9]
        """
        return self._aggregated(kinds.STREAM_REDUCE, Reduction(reducer=reducer), materialized, name, self.state.value)

    def aggregate(
        self,
        initializer: Callable[[], A],
        aggregator: Callable[[K, V, A], A],
        merger: Callable[[K, A, A], A],
        materialized: Materialized[K, A] | None = None,
        *,
        name: str | None = None,
    ) -> ktable.KTable[Windowed[K], A]:
        """Aggregates the values of each session; `merger(key, one, other)` when a record joins two sessions into one.

        >>> from headrace import SessionWindows, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> sessions = builder.stream("clicks").group_by_key().windowed_by(SessionWindows("30m", grace="1m"))
        >>> pages = sessions.aggregate(list, lambda user, page, seen: [*seen, page], lambda user, one, other: one + other)
        >>> pages.to_stream().to("visits")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe_all([("ann", "/", 0), ("ann", "/help", 60_000)])
        ...     driver.topic("visits").rows()[-1].value
        ['/', '/help']
        """
        aggregation = Aggregation(initializer=initializer, aggregator=aggregator, merger=merger)
        return self._aggregated(kinds.STREAM_AGGREGATE, aggregation, materialized, name, None)

    def _aggregated(
        self,
        kind: kinds.Kind,
        aggregation: Aggregation | Reduction,
        materialized: Materialized[K, Any] | None,
        name: str | None,
        value: AnyFormat,
    ) -> ktable.KTable[Windowed[K], Any]:
        here, graph, windows = self.state, self.state.graph, self._windows
        options = option(materialized, Materialized)
        names = here.names(kind, materialized, name, burns=kind is kinds.STREAM_COUNT)
        key, value = graph.key_format(options.key, here.key), options.value or value
        on_close = self._emit_on_close
        store = session_store(names.store, options, key, graph.value_format(value), windows, emit_on_close=on_close)
        node = SessionAggregate(
            name=names.step,
            line=caller_line(),
            parent=here.partitioned(names),
            aggregation=aggregation,
            windows=windows,
            emit_on_close=on_close,
            store=store,
        )
        graph.add(node, stores=(store,))
        windowed_key = windowed_format(key, windows)
        return ktable.KTable(TableState(graph, node, windowed_key, value, names.queryable, versioned=False))


def check_windows(windows: object) -> None:
    """Refuses what are no windows for aggregations.

    Raises:
        TopologyError: They are something else, such as JoinWindows.
    """
    if not isinstance(windows, Windows | SessionWindows):
        message = f"windowed_by at {caller_line()} got {windows!r}"
        hint = "give TumblingWindows, HoppingWindows, SlidingWindows, SessionWindows or UnlimitedWindows"
        raise TopologyError(message, hint=hint)


def windowed_format(key: Format[Any], windows: Windows | SessionWindows) -> Format[Any]:
    """Format of the result's keys."""
    if isinstance(windows, SessionWindows):
        return SessionWindowedFormat(key)
    if isinstance(windows, UnlimitedWindows):
        return WindowedFormat(key, END_OF_TIME)
    return WindowedFormat(key, windows.difference_ms if isinstance(windows, SlidingWindows) else windows.size_ms)


def _emits_on_close(on: EmitOn) -> bool:
    if on not in ("window-close", "update"):
        message = f"emit(on={on!r}) at {caller_line()} is not known"
        raise TopologyError(message, hint="it is 'window-close' or 'update'")
    return on == "window-close"
