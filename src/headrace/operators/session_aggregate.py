"""Folds the values of each key and session into an aggregate; sessions that a record connects are merged.

Source of the semantics: KIP-94, KIP-633 (grace), KIP-825 (emit on close).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import NO_HEADERS, Change, Headers
from headrace.core.windows import SessionWindows, Windowed
from headrace.operators.base import OperatorContext, RowFn, TimeCell
from headrace.operators.closed_windows import closed_sessions
from headrace.operators.emit_on_close import Read, emitter
from headrace.state.api import SessionsStore


@dataclass(frozen=True, slots=True)
class SessionAggregate:
    """A record exactly the gap away from a session still joins it. Null keys are dropped; null values take part.

    A session is late when end + gap + grace < the operator's stream time. Results carry the session's end as their
    timestamp. Those forwarded at once have no headers; those of a flush have the headers of the last record.

    Attributes:
        merger: (key, aggregate, aggregate) -> aggregate; the first is the initializer's value at first.
        emit_on_close: Each session's result once, when it closes, instead of each update.
        send_old: Whether updates carry the aggregate before.
    """

    needs_metadata: ClassVar[bool] = False
    store: str
    windows: SessionWindows
    initializer: Callable[[], Any]
    aggregator: Callable[[Any, Any, Any], Any]
    merger: Callable[[Any, Any, Any], Any]
    emit_on_close: bool = False
    send_old: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """A row that forwards, or one that only updates the store, with or without emission at close."""
        store: SessionsStore[Any, Any] = context.store(self.store)
        stream_time = context.time_cell(f"{context.node}.stream-time")
        if self.emit_on_close:
            return self._emitting(context, store, stream_time)
        if _holds_back(context, store, self.send_old):
            return self._updating(context, store, stream_time)
        return self._forwarding(context, store, stream_time)

    def _updating(self, context: OperatorContext, store: SessionsStore[Any, Any], stream_time: TimeCell) -> RowFn:
        gap, open_for = self.windows.gap_ms, self.windows.gap_ms + self.windows.grace_ms
        fold = store.folder(gap, self.initializer, self.aggregator, self.merger)
        drop_null_key, drop_late = context.drop_counter("null-key"), context.drop_counter("late")

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop_null_key()
                return
            newest = stream_time.value
            if timestamp > newest:
                newest = stream_time.value = timestamp
            if not fold(key, value, timestamp, headers, newest - open_for):
                drop_late()

        return row

    def _forwarding(self, context: OperatorContext, store: SessionsStore[Any, Any], stream_time: TimeCell) -> RowFn:
        initializer, aggregator, merger = self.initializer, self.aggregator, self.merger
        find, put, send_old, forward = store.find, store.put, self.send_old, context.forward
        gap, open_for = self.windows.gap_ms, self.windows.gap_ms + self.windows.grace_ms
        drop_null_key, drop_late = context.drop_counter("null-key"), context.drop_counter("late")

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop_null_key()
                return
            if timestamp > stream_time.value:
                stream_time.value = timestamp
            sessions = list(find(key, timestamp - gap, timestamp + gap))
            start = min([timestamp, *(session[0] for session in sessions)])
            end = max([timestamp, *(session[1] for session in sessions)])
            if end + open_for < stream_time.value:
                drop_late()
                return
            if start != end or start != timestamp:
                # Also where a session keeps its bounds: Kafka Streams takes it away and puts it back.
                for session_start, session_end, old in sessions:
                    put(key, session_start, session_end, None, headers)
                    forward(
                        Windowed(key, session_start, session_end),
                        Change(None, old if send_old else None),
                        session_end,
                        NO_HEADERS,
                    )
            aggregate = initializer()
            for _, _, other in sessions:
                aggregate = merger(key, aggregate, other)
            aggregate = aggregator(key, value, aggregate)
            put(key, start, end, aggregate, headers)
            forward(Windowed(key, start, end), Change(aggregate), end, NO_HEADERS)

        return row

    def _emitting(self, context: OperatorContext, store: SessionsStore[Any, Any], stream_time: TimeCell) -> RowFn:
        update = self._updating(context, store, stream_time)
        open_for = self.windows.gap_ms + self.windows.grace_ms
        emit = emitter(context, closed_sessions, _reader(store))

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            update(key, value, timestamp, headers)
            if key is not None:
                emit(stream_time.value - open_for, headers)

        return row


def _holds_back(context: OperatorContext, store: SessionsStore[Any, Any], send_old: bool) -> bool:
    forward = context.forward

    def listener(session: Windowed[Any], new: Any, old: Any, _timestamp: int, headers: Headers) -> None:
        forward(session, Change(new, old), session.end, headers)

    return store.set_flush_listener(listener, send_old=send_old)


def _reader(store: SessionsStore[Any, Any]) -> Read:
    ended_between = store.ended_between

    def read(earliest_end: int, latest_end: int) -> Iterator[tuple[Windowed[Any], Any, int]]:
        for session, aggregate in ended_between(earliest_end, latest_end):
            yield session, aggregate, session.end

    return read
