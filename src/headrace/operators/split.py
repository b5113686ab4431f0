"""Sends each record to one of several branches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class Split:
    """To the first branch whose predicate holds, else to the last branch if it has no predicate, else nowhere.

    Attributes:
        branches: Names of child nodes: one per predicate, and perhaps one more for the rest.
    """

    needs_metadata: ClassVar[bool] = False
    keeps_value: ClassVar[bool] = True
    predicates: tuple[Callable[[Any, Any], bool], ...]
    branches: tuple[str, ...]

    def bind(self, context: OperatorContext) -> RowFn:
        """The row."""
        children = context.children
        rows = [children[name] for name in self.branches]
        choices = list(zip(self.predicates, rows, strict=False))
        rest = rows[len(self.predicates)] if len(rows) > len(self.predicates) else None

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            for predicate, branch in choices:
                if predicate(key, value):
                    branch(key, value, timestamp, headers)
                    return
            if rest is not None:
                rest(key, value, timestamp, headers)

        return row
