"""Joins of a stream with a global table: each record with the row of any key that it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn, TableView
from headrace.operators.joins.joiner import Joiner, keyed


@dataclass(frozen=True, slots=True)
class StreamGlobalJoin:
    """Joins with the current row of the key that `key` names; the result keeps the record's own key and timestamp.

    Records without a value are dropped, those that name no key, too, except in a left join, which joins them with None.

    Attributes:
        table: The global table.
        key: (key, value) -> key of the table.
        left: Joins with None where there is no row.
    """

    needs_metadata: ClassVar[bool] = False
    table: TableView
    key: Callable[[Any, Any], Any]
    joiner: Joiner
    with_key: bool
    left: bool

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        get, select, forward, left = self.table.bind(context), self.key, context.forward, self.left
        join = keyed(self.joiner, with_key=self.with_key)
        drop = context.drop_counter("null-key-or-value")

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            wanted = None if value is None else select(key, value)
            if value is None or (wanted is None and not left):
                drop()
                return
            found = None if wanted is None else get(wanted)
            if found is not None:
                forward(key, join(key, value, found[0]), timestamp, headers)
            elif left:
                forward(key, join(key, value, None), timestamp, headers)

        return row
