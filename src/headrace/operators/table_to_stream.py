"""A table's updates as a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class TableToStream:
    """Passes on the new value of each change; a tombstone is a record without a value."""

    needs_metadata: ClassVar[bool] = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        forward = context.forward

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            forward(key, change.new, timestamp, headers)

        return row
