"""Holds a table's updates back, so that fewer of them, or only final results, go on.

Source of the semantics: KIP-328.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.errors import BufferFullError
from headrace.core.records import Change, Headers
from headrace.operators.base import Getter, OperatorContext, RowFn, TableView
from headrace.state.buffer_api import BufferedChange, SuppressBuffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppress:
    """Buffers each key's latest update until its buffer time + `wait_ms` <= the operator's stream time.

    Results carry old value, timestamp and headers of the last buffered update. Parents must send old values.

    Attributes:
        final: Until the window closes: the buffer time is the window's end, `wait_ms` its grace, and tombstones are
            swallowed. Otherwise the buffer time is the timestamp of the key's first buffered update.
        max_records: Most keys in the buffer; None is no bound.
        max_bytes: Most bytes in the buffer; None is no bound.
        emit_early: What happens when it is full: emit the oldest, or raise BufferFullError.
    """

    needs_metadata: ClassVar[bool] = False
    store: str
    wait_ms: int
    final: bool
    max_records: int | None = None
    max_bytes: int | None = None
    emit_early: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row."""
        buffer: SuppressBuffer[Any, Any] = context.store(self.store)
        stream_time = context.time_cell(f"{context.node}.stream-time")
        wait, final, put, evict_while = self.wait_ms, self.final, buffer.put, buffer.evict_while
        emit = _emission(context, drop_tombstones=final)
        over_bound = self._over_bound(buffer)
        enforce = self._enforcement(context.node, buffer, emit)

        def expired() -> bool:
            earliest = buffer.earliest_time
            return earliest is not None and earliest <= stream_time.value - wait

        def row(key: Any, change: Change[Any], timestamp: int, headers: Headers) -> None:
            if timestamp > stream_time.value:
                stream_time.value = timestamp
            put(key.end if final else timestamp, key, change.new, change.old, timestamp, headers)
            if expired():
                for buffered in evict_while(expired):
                    emit(buffered)
            if over_bound():
                enforce()

        return row

    def _over_bound(self, buffer: SuppressBuffer[Any, Any]) -> Callable[[], bool]:
        max_records, max_bytes = self.max_records, self.max_bytes

        def over_bound() -> bool:
            return (max_records is not None and buffer.count > max_records) or (
                max_bytes is not None and buffer.size_bytes > max_bytes
            )

        return over_bound

    def _enforcement(
        self, node: str, buffer: SuppressBuffer[Any, Any], emit: Callable[[BufferedChange[Any, Any]], None]
    ) -> Callable[[], None]:
        over_bound = self._over_bound(buffer)

        def enforce() -> None:
            if self.emit_early:
                for buffered in buffer.evict_while(over_bound):
                    emit(buffered)
                return
            message = (
                f"the buffer of {node!r} is full: {buffer.count} of {_bound(self.max_records)} records, "
                f"{buffer.size_bytes} of {_bound(self.max_bytes)} bytes"
            )
            raise BufferFullError(message, hint="raise the bound, or use one that emits early when full")

        return enforce


@dataclass(frozen=True, slots=True)
class SuppressView:
    """What the suppressed table shows: the value before the first buffered update, or the parent's if none is buffered."""

    store: str
    parent: TableView
    versioned: bool = False

    @property
    def stores(self) -> tuple[str, ...]:
        """The buffer and the parent's."""
        return (self.store, *self.parent.stores)

    def bind(self, context: OperatorContext) -> Getter:
        """The value shown. That of a buffered key has no timestamp (-1)."""
        buffer: SuppressBuffer[Any, Any] = context.store(self.store)
        find, get_from_parent = buffer.find, self.parent.bind(context)

        def get(key: Any) -> tuple[Any, int] | None:
            buffered = find(key)
            if buffered is None:
                return get_from_parent(key)
            return None if buffered.old is None else (buffered.old, -1)

        return get

    def bind_as_of(self, context: OperatorContext) -> Callable[[Any, int], tuple[Any, int] | None]:
        """A buffer has no history: the value shown now."""
        get = self.bind(context)

        def get_as_of(key: Any, _timestamp: int) -> tuple[Any, int] | None:
            return get(key)

        return get_as_of


def _emission(context: OperatorContext, *, drop_tombstones: bool) -> Callable[[BufferedChange[Any, Any]], None]:
    forward = context.forward

    def emit(buffered: BufferedChange[Any, Any]) -> None:
        key, new, old, timestamp, headers, _ = buffered
        if new is not None or not drop_tombstones:
            forward(key, Change(new, old), timestamp, headers)

    return emit


def _bound(bound: int | None) -> str:
    return "any number of" if bound is None else str(bound)
