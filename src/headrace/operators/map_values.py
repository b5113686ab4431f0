"""A new value for each record; the key, and so the partition, stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class MapValues:
    """value -> new value, or (key, value) -> new value with `with_key`."""

    needs_metadata: ClassVar[bool] = False
    mapper: Callable[..., Any]
    with_key: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """One of two rows."""
        mapper, forward = self.mapper, context.forward

        def of_value(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            forward(key, mapper(value), timestamp, headers)

        def of_key_and_value(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            forward(key, mapper(key, value), timestamp, headers)

        return of_key_and_value if self.with_key else of_value
