"""Runs a processor of the user's as an operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn
from headrace.processor.api import ProcessorSupplier


@dataclass(frozen=True, slots=True)
class UserProcessor:
    """A Processor API processor; with `fixed_key` what it forwards keeps the key of the record in hand."""

    needs_metadata: ClassVar[bool] = True
    supplier: ProcessorSupplier
    fixed_key: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """Makes, checks and initialises the processor of one task."""

        def row(key: object, value: object, timestamp: int, headers: Headers) -> None:
            context.forward(key, value, timestamp, headers)

        return row
