"""Keeps records with a key: what cannot be given a partition by key must not reach a repartition topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """Drops and counts records without a key."""

    needs_metadata: ClassVar[bool] = False
    keeps_value: ClassVar[bool] = True

    def bind(self, context: OperatorContext) -> RowFn:
        """The row."""
        forward, drop = context.forward, context.drop_counter("null-key")

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop()
            else:
                forward(key, value, timestamp, headers)

        return row
