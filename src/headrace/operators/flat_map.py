"""Any number of records for each record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class FlatMap:
    """(key, value) -> any number of (key, value), passed on in order."""

    needs_metadata: ClassVar[bool] = False
    mapper: Callable[[Any, Any], Iterable[tuple[Any, Any]]]

    def bind(self, context: OperatorContext) -> RowFn:
        """The row."""
        mapper, forward = self.mapper, context.forward

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            for new_key, new_value in mapper(key, value):
                forward(new_key, new_value, timestamp, headers)

        return row
