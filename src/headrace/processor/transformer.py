"""Value transformers of tables: `KTable.transform_values`, a value mapper with stores and schedules."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from headrace.processor.api import ProcessorContext

K = TypeVar("K")
V = TypeVar("V")
VOut = TypeVar("VOut")


class ValueTransformer(Generic[K, V, VOut]):
    """Base of value transformers. One instance per task, made by the supplier; used by one thread.

    Runs for tombstones too (`value` is None then). It cannot forward; what it returns is the new value.

    >>> class Numbered(ValueTransformer[str, str, str]):
    ...     def transform(self, key, value):
    ...         seen = (self.context.store("seen").get(key) or 0) + 1
    ...         self.context.store("seen").put(key, seen)
    ...         return f"{value}#{seen}"
    """

    context: ProcessorContext[Any, Any]

    def init(self, context: ProcessorContext[Any, Any]) -> None:
        """Called once before the first value. Overriding ones that want `self.context` call `super().init(context)`."""
        self.context = context

    def transform(self, key: K, value: V | None) -> VOut | None:
        """The new value; None is a tombstone."""
        raise NotImplementedError

    def close(self) -> None:
        """Called once after the last value."""
