"""A node that only joins edges: a merge, a branch of a split, the result of a cogroup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class PassThrough:
    """Passes everything on; costs nothing per record, as its row is that of its children."""

    needs_metadata: ClassVar[bool] = False
    keeps_value: ClassVar[bool] = True

    def bind(self, context: OperatorContext) -> RowFn:
        """The children themselves."""
        return context.forward
