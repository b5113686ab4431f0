"""Looks at each record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class Peek:
    """Calls (key, value), then passes the record on; `terminal` ends the stream (foreach, print)."""

    needs_metadata: ClassVar[bool] = False
    action: Callable[[Any, Any], object]
    terminal: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """One of two rows."""
        action, forward = self.action, context.forward

        def look(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            action(key, value)
            forward(key, value, timestamp, headers)

        def take(key: Any, value: Any, _timestamp: int, _headers: Headers) -> None:
            action(key, value)

        return take if self.terminal else look
