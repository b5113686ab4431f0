"""Windowed stream-stream joins: one operator per side that keeps records, one per side that joins.

Each side looks for partners in the store of the other one. Left and outer joins also hold back what has not joined yet, in a
buffer that both sides share, until its window has closed.

Source of the semantics: KStreamKStreamJoin; KIP-633 (no results that later prove wrong).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn, TimeCell
from headrace.operators.joins.joiner import Joiner, KeyedJoiner, keyed
from headrace.state.api import WindowedStore
from headrace.state.buffer_api import OuterJoinBuffer

_NOTHING_HELD = 2**63 - 1
_LONG_SPAN = 2**64


@dataclass(frozen=True, slots=True)
class StreamJoinWindow:
    """Keeps the records of one side after passing them on, so that a record never finds itself.

    Attributes:
        store: A window store with duplicates.
    """

    needs_metadata: ClassVar[bool] = False
    store: str

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        store: WindowedStore[Any, Any] = context.store(self.store)
        put, forward = store.put, context.forward

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            forward(key, value, timestamp, headers)
            if key is not None:
                put(key, timestamp, value, timestamp, headers)

        return row


class JoinProgress:
    """What both sides of a left or outer join know together.

    Attributes:
        stream_time: The largest timestamp of both sides.
        held_since: A time that no held-back record is older than, as Kafka Streams keeps it; None before the first record.
        next_emit_ms: Wall-clock time before which nothing is looked for.
    """

    __slots__ = ("held_since", "next_emit_ms", "stream_time")

    def __init__(self, stream_time: TimeCell) -> None:
        self.stream_time = stream_time
        self.held_since: int | None = None
        self.next_emit_ms = 0


@dataclass(frozen=True, slots=True)
class StreamStreamJoinSide:
    """Joins each record of one side with those of the other side in `[timestamp - before, timestamp + after]`.

    The result's timestamp is the larger one of both. Records without a key or value are dropped; a side that is `outer` emits
    records without a key at once, with None for the other side.

    Attributes:
        join: The join's name, under which both sides share their progress.
        other_store: Records of the other side.
        right: Whether this is the right side.
        outer: Whether records of this side that find no partner are results, too.
        before_ms: How far back partners may lie, seen from this side.
        after_ms: How far ahead partners may lie, seen from this side.
        grace_ms: How long a window stays open after its end.
        buffer: Records not joined yet; None for an inner join.
    """

    needs_metadata: ClassVar[bool] = False
    join: str
    other_store: str
    joiner: Joiner
    with_key: bool
    right: bool
    outer: bool
    before_ms: int
    after_ms: int
    grace_ms: int
    buffer: str | None = None

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        return self._bind_inner(context) if self.buffer is None else self._bind_outer(context, self.buffer)

    def _bind_inner(self, context: OperatorContext) -> RowFn:
        store: WindowedStore[Any, Any] = context.store(self.other_store)
        fetch, forward, drop = store.fetch, context.forward, context.drop_counter("null-key-or-value")
        join = keyed(self.joiner, with_key=self.with_key, swapped=self.right)
        before_ms, after_ms = self.before_ms, self.after_ms

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None or value is None:
                drop()
                return
            for start, other, _ in fetch(key, _at_least_0(timestamp - before_ms), _at_least_0(timestamp + after_ms)):
                forward(key, join(key, value, other), start if start > timestamp else timestamp, headers)

        return row

    def _bind_outer(self, context: OperatorContext, buffer_name: str) -> RowFn:
        store: WindowedStore[Any, Any] = context.store(self.other_store)
        buffer: OuterJoinBuffer[Any, Any] = context.store(buffer_name)
        fetch, forward, drop = store.fetch, context.forward, context.drop_counter("null-key-or-value")
        join = keyed(self.joiner, with_key=self.with_key, swapped=self.right)
        progress = self._progress(context)
        stream_time, emit_closed = progress.stream_time, self._bind_emit_closed(context, buffer, progress)
        right, outer, before_ms, after_ms = self.right, self.outer, self.before_ms, self.after_ms

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if timestamp > stream_time.value:
                stream_time.value = timestamp
            if value is None or (key is None and not outer):
                drop()
                return
            if key is None:
                forward(None, join(None, value, None), timestamp, headers)
                return
            if progress.held_since is None:
                progress.held_since = next((oldest for oldest, _, _, _ in buffer.oldest()), _NOTHING_HELD)
            if timestamp == stream_time.value:
                emit_closed(headers)
            latest, joined = _at_least_0(timestamp + after_ms), False
            for start, other, _ in fetch(key, _at_least_0(timestamp - before_ms), latest):
                joined = True
                buffer.remove(start, right, key)
                forward(key, join(key, value, other), start if start > timestamp else timestamp, headers)
            if joined or not outer:
                return
            if latest < stream_time.value:
                forward(key, join(key, value, None), timestamp, headers)
            else:
                progress.held_since = min(progress.held_since, timestamp)
                buffer.add(timestamp, not right, key, value)

        return row

    def _progress(self, context: OperatorContext) -> JoinProgress:
        return context.shared(self.join, lambda: JoinProgress(context.time_cell(self.join)))

    def _bind_emit_closed(
        self, context: OperatorContext, buffer: OuterJoinBuffer[Any, Any], progress: JoinProgress
    ) -> Callable[[Headers], None]:
        forward, now_ms = context.forward, context.now_ms
        interval_ms: int = context.option("emit_interval_ms")
        join = keyed(self.joiner, with_key=self.with_key)
        waits = self._waits()
        soonest = self.after_ms + self.grace_ms

        def emit_closed(headers: Headers) -> None:
            stream_time = progress.stream_time.value
            if _closes_at(progress.held_since, soonest) >= stream_time:
                return
            now = now_ms()
            if now < progress.next_emit_ms:
                return
            progress.next_emit_ms = now + interval_ms
            progress.held_since = _emit_until(stream_time, buffer, waits, forward, join, headers)

        return emit_closed

    def _waits(self) -> tuple[int, int]:
        """How long after its timestamp a record of the left and the right side may still find a partner."""
        mine, other = self.after_ms + self.grace_ms, self.before_ms + self.grace_ms
        return (other, mine) if self.right else (mine, other)


def _at_least_0(timestamp: int) -> int:
    return timestamp if timestamp > 0 else 0


def _closes_at(held_since: int | None, wait_ms: int) -> int:
    """When the oldest window closes. For an empty buffer the sum overflows as in Java, so that it is looked into anyway.

    That matters only for the throttle: looking into an empty buffer counts, too.
    """
    closes_at = (_NOTHING_HELD if held_since is None else held_since) + wait_ms
    return closes_at - _LONG_SPAN if closes_at > _NOTHING_HELD else closes_at


def _emit_until(
    stream_time: int,
    buffer: OuterJoinBuffer[Any, Any],
    waits: tuple[int, int],
    forward: RowFn,
    join: KeyedJoiner,
    headers: Headers,
) -> int:
    """Emits and removes what has not joined within its window; returns the time of the last entry looked at."""
    left_wait, right_wait = waits
    left_open = right_open = False
    looked_at = _NOTHING_HELD
    for timestamp, is_left, key, values in buffer.oldest():
        looked_at = timestamp
        if left_open and right_open:
            break
        if timestamp + (left_wait if is_left else right_wait) >= stream_time:
            left_open, right_open = left_open or is_left, right_open or not is_left
            continue
        for value in values:
            forward(key, join(key, value, None) if is_left else join(key, None, value), timestamp, headers)
        buffer.remove(timestamp, is_left, key)
    return looked_at
