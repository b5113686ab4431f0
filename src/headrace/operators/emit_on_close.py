"""Results of windows once, when they close: what `emit on window close` does after each record.

Source of the semantics: KIP-825. Results are read from the store, so that those out of its retention by then are lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from headrace.core.records import Change, Headers
from headrace.core.windows import Windowed
from headrace.operators.base import OperatorContext

Emit = Callable[[int, Headers], None]
"""Emits what has closed since the last time: close time (all windows before it are closed), headers of the trigger."""

Bounds = Callable[[int, int], tuple[int, int] | None]
"""(close time of the last emission or -1, close time now) -> bounds of what to read, both inclusive; None if nothing closed."""

Read = Callable[[int, int], Iterable[tuple[Windowed[Any], Any, int]]]
"""(lower, upper) -> windows with value and timestamp, in the order in which they are emitted."""


def emitter(context: OperatorContext, bounds: Bounds, read: Read) -> Emit:
    """Looks for closed windows at most every `emit_interval_ms` of wall clock. How far it came is part of the commit."""
    emitted = context.time_cell(f"{context.node}.emitted")
    interval, now_ms, forward = context.option("emit_interval_ms"), context.now_ms, context.forward
    next_look = 0

    def emit(close_time: int, headers: Headers) -> None:
        nonlocal next_look
        if interval:
            # The next look moves on even where nothing has closed, as in Kafka Streams.
            now = now_ms()
            if now < next_look:
                return
            next_look = now + interval
        last = emitted.value
        if last >= close_time and last != -1:
            return
        found = bounds(last, close_time)
        if found is None:
            return
        for windowed, value, timestamp in list(read(*found)):
            forward(windowed, Change(value), timestamp, headers)
        emitted.value = close_time

    return emit
