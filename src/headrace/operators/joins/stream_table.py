"""Stream-table joins: each record of a stream with the table's row of its key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn, TableView
from headrace.operators.joins.joiner import Joiner, keyed
from headrace.state.buffer_api import StreamTableBuffer


@dataclass(frozen=True, slots=True)
class StreamTableJoin:
    """Joins at once with the current row, or with the row valid at the record's time where the table is versioned.

    The result has the stream record's timestamp. Records without a value are dropped, those without a key, too, except in
    a left join, which joins them with None.

    Attributes:
        table: The table.
        left: Joins with None where there is no row; otherwise such records give nothing.
    """

    needs_metadata: ClassVar[bool] = False
    table: TableView
    joiner: Joiner
    with_key: bool
    left: bool

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        if self.table.versioned:
            join_row = bind_join_as_of(context, self.table, keyed(self.joiner, with_key=self.with_key), left=self.left)
            return _dropping(context, join_row, left=self.left)
        if self.with_key:
            return self._bind_keyed(context)
        return self._bind_left(context) if self.left else self._bind_inner(context)

    def _bind_inner(self, context: OperatorContext) -> RowFn:
        get, joiner, forward = self.table.bind(context), self.joiner, context.forward
        drop = context.drop_counter("null-key-or-value")

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None or value is None:
                drop()
                return
            found = get(key)
            if found is not None:
                forward(key, joiner(value, found[0]), timestamp, headers)

        return row

    def _bind_left(self, context: OperatorContext) -> RowFn:
        get, joiner, forward = self.table.bind(context), self.joiner, context.forward
        drop = context.drop_counter("null-key-or-value")

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if value is None:
                drop()
                return
            found = None if key is None else get(key)
            forward(key, joiner(value, None if found is None else found[0]), timestamp, headers)

        return row

    def _bind_keyed(self, context: OperatorContext) -> RowFn:
        get, joiner, forward, left = self.table.bind(context), self.joiner, context.forward, self.left

        def join_row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            found = None if key is None else get(key)
            if found is not None:
                forward(key, joiner(key, value, found[0]), timestamp, headers)
            elif left:
                forward(key, joiner(key, value, None), timestamp, headers)

        return _dropping(context, join_row, left=left)


@dataclass(frozen=True, slots=True)
class BufferedStreamTableJoin:
    """Holds records back for a grace time, then joins them in order of time with the row valid at their time (KIP-923).

    Records that are late already are joined at once; so are records without a key in a left join, for which no row can come.

    Attributes:
        table: A versioned table.
        left: Joins with None where there is no row.
        grace_ms: How long records are held back, in stream time of the buffer.
        buffer: Its store.
    """

    needs_metadata: ClassVar[bool] = False
    table: TableView
    joiner: Joiner
    with_key: bool
    left: bool
    grace_ms: int
    buffer: str

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        join_row = bind_join_as_of(context, self.table, keyed(self.joiner, with_key=self.with_key), left=self.left)
        buffer: StreamTableBuffer[Any, Any] = context.store(self.buffer)
        put, evict_until, grace_ms = buffer.put, buffer.evict_until, self.grace_ms

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None or timestamp < buffer.stream_time - grace_ms:
                join_row(key, value, timestamp, headers)
                return
            put(key, value, timestamp, headers)
            for due in evict_until(buffer.stream_time - grace_ms):
                join_row(*due)

        return _dropping(context, row, left=self.left)


def bind_join_as_of(context: OperatorContext, table: TableView, join: Callable[[Any, Any, Any], Any], *, left: bool) -> RowFn:
    """Joins a record with the row that was valid at its time, and forwards the result."""
    get, forward = table.bind_as_of(context), context.forward

    def join_row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
        found = None if key is None else get(key, timestamp)
        if found is not None:
            forward(key, join(key, value, found[0]), timestamp, headers)
        elif left:
            forward(key, join(key, value, None), timestamp, headers)

    return join_row


def _dropping(context: OperatorContext, then: RowFn, *, left: bool) -> RowFn:
    drop = context.drop_counter("null-key-or-value")

    def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
        if value is None or (key is None and not left):
            drop()
            return
        then(key, value, timestamp, headers)

    return row
