"""Folds what one task has of each key and tumbling window, before the repartition that brings the parts together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.core.time import UNKNOWN_TIME
from headrace.core.windows import END_OF_TIME, TumblingWindows
from headrace.operators.base import OperatorContext, RowFn

_MOST_PARTS = 10_000
"""Parts that are held in memory; what waits then goes on before the commit."""


@dataclass(frozen=True, slots=True)
class PartialAggregate:
    """Forwards, at the latest at the commit, one partial aggregate per key and window with the largest time of its records.

    Behind the topic the same records are late as without it. There, a record is late when its window has closed by the times
    that came before it. Parts held together never close one another: a record whose time closes a window that is held, or
    whose window is closed by a time that is held, comes after all that is held has gone. Of several windows the earlier goes
    first. So a part is late exactly if each of its records would have been.

    Where caching is switched off each record goes on at once, as a part of its own.
    """

    needs_metadata: ClassVar[bool] = False
    windows: TumblingWindows
    initializer: Callable[[], Any]
    aggregator: Callable[[Any, Any, Any], Any]

    def bind(self, context: OperatorContext) -> RowFn:
        """The row, which forwards null keys as they are: what they come to next drops them."""
        return self._holding(context) if context.caching else self._passing(context.forward)

    def _passing(self, forward: RowFn) -> RowFn:
        initializer, aggregator = self.initializer, self.aggregator

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            forward(key, None if key is None else aggregator(key, value, initializer()), timestamp, headers)

        return row

    def _holding(self, context: OperatorContext) -> RowFn:
        initializer, aggregator, forward = self.initializer, self.aggregator, context.forward
        size = self.windows.size_ms
        open_for = size + self.windows.grace_ms
        held = _Held(forward)
        windows, let_go = held.windows, held.let_go

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                forward(None, None, timestamp, headers)
                return
            if timestamp > held.newest:
                if timestamp >= held.closes:
                    let_go()
                held.newest = timestamp
            start = timestamp - timestamp % size
            window = windows.get(start)
            if held.parts >= _MOST_PARTS or (window is None and start + open_for <= held.newest):
                let_go()
                held.newest, window = timestamp, None
            if window is None:
                held.closes = min(held.closes, start + open_for)
                window = windows[start] = {}
            found = window.get(key)
            if found is None:
                window[key] = aggregator(key, value, initializer()), timestamp, headers
                held.parts += 1
            else:
                before, latest, _ = found
                window[key] = aggregator(key, value, before), timestamp if timestamp > latest else latest, headers

        context.on_barrier(held.barrier)
        return row


class _Held:
    """Parts that wait, by window start and key: aggregate, largest time, headers of the last record.

    Attributes:
        newest: The largest time of their records.
        closes: The first time by which one of their windows is closed.
        parts: How many there are.
    """

    __slots__ = ("_forward", "closes", "newest", "parts", "windows")

    def __init__(self, forward: RowFn) -> None:
        self._forward = forward
        self.windows: dict[int, dict[Any, tuple[Any, int, Headers]]] = {}
        self.newest, self.closes, self.parts = UNKNOWN_TIME, END_OF_TIME, 0

    def let_go(self) -> None:
        """Forwards all, earlier windows first."""
        ready = sorted(self.windows.items())
        self.windows.clear()
        self.newest, self.closes, self.parts = UNKNOWN_TIME, END_OF_TIME, 0
        for _, window in ready:
            for key, (aggregate, timestamp, headers) in window.items():
                self._forward(key, aggregate, timestamp, headers)

    def barrier(self, *, wait: bool) -> None:
        """A commit or a punctuation needs all that has been done (`wait`)."""
        if wait:
            self.let_go()
