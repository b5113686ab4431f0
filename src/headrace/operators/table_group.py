"""Regrouping of a table: what goes to the repartition topic in front of a table aggregation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Change, Headers
from headrace.operators.base import OperatorContext, RowFn


@dataclass(frozen=True, slots=True)
class TableGroup:
    """Sends the change of a row to the groups it leaves and enters.

    Within one group that is one change with both values; otherwise the old group's comes first. A side whose new key or
    value is None is left out. The parent sends old values.

    Attributes:
        selector: (key, value) -> (group key, value); never called with a value of None.
        skip_out_of_order: Leaves out updates that are not the latest version (KIP-914): the parent is versioned.
    """

    needs_metadata: ClassVar[bool] = False
    selector: Callable[[Any, Any], tuple[Any, Any]]
    skip_out_of_order: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        selector, forward, skip_out_of_order = self.selector, context.forward, self.skip_out_of_order

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            if skip_out_of_order and not change.is_latest:
                return
            new_key = new = old_key = old = None
            if change.new is not None:
                new_key, new = selector(key, change.new)
            if change.old is not None:
                old_key, old = selector(key, change.old)
            has_new = new_key is not None and new is not None
            has_old = old_key is not None and old is not None
            if has_new and has_old and new_key == old_key and type(new_key) is type(old_key):
                forward(new_key, Change(new, old), timestamp, headers)
                return
            if has_old:
                forward(old_key, Change(None, old), timestamp, headers)
            if has_new:
                forward(new_key, Change(new), timestamp, headers)

        return row
