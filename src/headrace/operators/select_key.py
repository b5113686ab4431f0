"""A new key for each record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class SelectKey:
    """(key, value) -> new key."""

    needs_metadata: ClassVar[bool] = False
    keeps_value: ClassVar[bool] = True
    mapper: Callable[[Any, Any], Any]

    def bind(self, context: OperatorContext) -> RowFn:
        """The row."""
        mapper, forward = self.mapper, context.forward

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            forward(mapper(key, value), value, timestamp, headers)

        return row
