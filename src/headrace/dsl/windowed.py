"""Windowed aggregations: `TimeWindowedKStream` and `SessionWindowedKStream`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from headrace.core.errors import TopologyError
from headrace.core.windows import END_OF_TIME, SessionWindows, SlidingWindows, UnlimitedWindows, Windowed
from headrace.dsl import ktable
from headrace.dsl.aggregations import GroupedState, plus_one, sum_of_counts, zero
from headrace.dsl.graph import caller_line
from headrace.dsl.state import AnyFormat, TableState
from headrace.dsl.stores import session_store, window_store
from headrace.formats.api import Format
from headrace.formats.primitive import Int64
from headrace.formats.windowed import SessionWindowedFormat, WindowedFormat
from headrace.plan import kinds
from headrace.plan.nodes.aggregate import Aggregation, Reduction, SessionAggregate, WindowAggregate, Windows
from headrace.plan.options import Materialized

K = TypeVar("K")
V = TypeVar("V")
A = TypeVar("A")

EmitOn = Literal["window-close", "update"]
"""When a window's result is sent on: once, when it closes, or at every update."""


class TimeWindowedKStream(Generic[K, V]):
    """Records grouped by key and time window. Made by `KGroupedStream.windowed_by`."""

    def __init__(self, state: GroupedState, windows: Windows, *, emit_on_close: bool = False) -> None:
        self.state = state
        self._windows = windows
        self._emit_on_close = emit_on_close

    def emit(self, *, on: EmitOn) -> TimeWindowedKStream[K, V]:
        """When results are sent on; at every update if not said. Source of the semantics: KIP-825.

        Raises:
            TopologyError: On window close for unlimited windows, which never close.

        >>> from headrace.core.windows import TumblingWindows
        >>> from headrace.dsl.builder import StreamsBuilder
        >>> clicks = StreamsBuilder().stream("clicks").group_by_key()
        >>> clicks.windowed_by(TumblingWindows(size="1m", grace="10s")).emit(on="window-close").count().name
        'clicks-count'
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

        >>> from headrace.core.windows import HoppingWindows
        >>> from headrace.dsl.builder import StreamsBuilder
        >>> windows = HoppingWindows(size="1m", advance="10s", grace="5s")
        >>> clicks = StreamsBuilder().stream("clicks").group_by_key().windowed_by(windows)
        >>> clicks.count(Materialized("clicks-per-minute")).store_name
        'clicks-per-minute'
        """
        counting = Aggregation(initializer=zero, aggregator=plus_one)
        return self._aggregated(kinds.STREAM_COUNT, counting, materialized, name, Int64())

    def reduce(
        self, reducer: Callable[[V, V], V], materialized: Materialized[K, V] | None = None, *, name: str | None = None
    ) -> ktable.KTable[Windowed[K], V]:
        """Combines the values of each key and window: `reducer(aggregate, value)`.

        >>> from headrace.core.windows import TumblingWindows
        >>> from headrace.dsl.builder import StreamsBuilder
        >>> bids = StreamsBuilder().stream("bids").group_by_key().windowed_by(TumblingWindows(size="1m", grace="5s"))
        >>> bids.reduce(max).name
        'bids-reduce'
        """
        return self._aggregated(kinds.STREAM_REDUCE, Reduction(reducer=reducer), materialized, name, self.state.value)

    def aggregate(
        self,
        initializer: Callable[[], A],
        aggregator: Callable[[K, V, A], A],
        materialized: Materialized[K, A] | None = None,
        *,
        name: str | None = None,
    ) -> ktable.KTable[Windowed[K], A]:
        """Aggregates the values of each key and window: `aggregator(key, value, aggregate)`.

        >>> from headrace.core.windows import SlidingWindows
        >>> from headrace.dsl.builder import StreamsBuilder
        >>> orders = StreamsBuilder().stream("orders").group_by_key().windowed_by(SlidingWindows("1h", grace="5m"))
        >>> orders.aggregate(float, lambda customer, order, total: total + order["amount"]).name
        'orders-aggregate'
        """
        aggregation = Aggregation(initializer=initializer, aggregator=aggregator)
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
        options = materialized or Materialized[K, Any]()
        burns = kind is kinds.STREAM_COUNT and not isinstance(windows, SlidingWindows)
        names = here.names(kind, materialized, name, burns=burns)
        key, value = graph.key_format(options.key, here.key), options.value or value
        on_close = self._emit_on_close
        store = window_store(names.store, options, key, graph.value_format(value), windows, emit_on_close=on_close)
        node = WindowAggregate(
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


class SessionWindowedKStream(Generic[K, V]):
    """Records grouped by key and session. Made by `KGroupedStream.windowed_by`."""

    def __init__(self, state: GroupedState, windows: SessionWindows, *, emit_on_close: bool = False) -> None:
        self.state = state
        self._windows = windows
        self._emit_on_close = emit_on_close

    def emit(self, *, on: EmitOn) -> SessionWindowedKStream[K, V]:
        """When results are sent on; at every update if not said.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> sessions = StreamsBuilder().stream("clicks").group_by_key().windowed_by(SessionWindows("30m", grace="1m"))
        >>> sessions.emit(on="window-close").count().name
        'clicks-count'
        """
        return SessionWindowedKStream(self.state, self._windows, emit_on_close=_emits_on_close(on))

    def count(
        self, materialized: Materialized[K, int] | None = None, *, name: str | None = None
    ) -> ktable.KTable[Windowed[K], int]:
        """How many records each session has.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> sessions = StreamsBuilder().stream("clicks").group_by_key().windowed_by(SessionWindows("30m", grace="1m"))
        >>> sessions.count(name="clicks-per-session").name
        'clicks-per-session'
        """
        counting = Aggregation(initializer=zero, aggregator=plus_one, merger=sum_of_counts)
        return self._aggregated(kinds.STREAM_COUNT, counting, materialized, name, Int64())

    def reduce(
        self, reducer: Callable[[V, V], V], materialized: Materialized[K, V] | None = None, *, name: str | None = None
    ) -> ktable.KTable[Windowed[K], V]:
        """Combines the values of each session: `reducer(aggregate, value)`; it also merges sessions.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> bids = StreamsBuilder().stream("bids").group_by_key().windowed_by(SessionWindows("30m", grace="1m"))
        >>> bids.reduce(max).name
        'bids-reduce'
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

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> pages = StreamsBuilder().stream("clicks").group_by_key().windowed_by(SessionWindows("30m", grace="1m"))
        >>> pages.aggregate(list, lambda user, page, seen: [*seen, page], lambda user, one, other: one + other).name
        'clicks-aggregate'
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
        options = materialized or Materialized[K, Any]()
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
