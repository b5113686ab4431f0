"""Keeps some records of a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class Filter:
    """Passes on records for which the predicate (key, value) holds, or does not (`negate`)."""

    needs_metadata: ClassVar[bool] = False
    keeps_value: ClassVar[bool] = True
    predicate: Callable[[Any, Any], bool]
    negate: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """One of two rows, so that none tests the flag."""
        predicate, forward = self.predicate, context.forward

        def keep(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if predicate(key, value):
                forward(key, value, timestamp, headers)

        def leave_out(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if not predicate(key, value):
                forward(key, value, timestamp, headers)

        return leave_out if self.negate else keep
