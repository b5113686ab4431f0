"""New key and value for each record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class Map:
    """(key, value) -> (new key, new value)."""

    needs_metadata: ClassVar[bool] = False
    mapper: Callable[[Any, Any], tuple[Any, Any]]

    def bind(self, context: OperatorContext) -> RowFn:
        """The row."""
        mapper, forward = self.mapper, context.forward

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            new_key, new_value = mapper(key, value)
            forward(new_key, new_value, timestamp, headers)

        return row
