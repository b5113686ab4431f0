"""How the result of a table-table join that is not kept is read through both tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headrace.operators.base import Getter, OperatorContext, TableView
from headrace.operators.joins.joiner import Joiner, keyed
from headrace.operators.views import GetterAsOf


@dataclass(frozen=True, slots=True)
class TableTableJoinView:
    """Joins the current values of both tables on demand.

    Attributes:
        left_optional: Whether a right row alone gives a result (outer).
        right_optional: Whether a left row alone gives a result (left, outer).
    """

    left: TableView
    right: TableView
    joiner: Joiner
    with_key: bool
    left_optional: bool
    right_optional: bool

    @property
    def stores(self) -> tuple[str, ...]:
        """Those of both tables."""
        return tuple(dict.fromkeys(self.left.stores + self.right.stores))

    @property
    def versioned(self) -> bool:
        """Never: a join of versioned tables is not versioned (KIP-914)."""
        return False

    def bind(self, context: OperatorContext) -> Getter:
        """The joined value; its timestamp is the larger one of both."""
        get_left, get_right = self.left.bind(context), self.right.bind(context)
        join = keyed(self.joiner, with_key=self.with_key)
        left_optional, right_optional = self.left_optional, self.right_optional

        def get(key: Any) -> tuple[Any, int] | None:
            left = get_left(key)
            if left is None and not left_optional:
                return None
            right = get_right(key)
            if right is None and (left is None or not right_optional):
                return None
            value = join(key, None if left is None else left[0], None if right is None else right[0])
            if value is None:
                return None
            return value, max(-1 if left is None else left[1], -1 if right is None else right[1])

        return get

    def bind_as_of(self, context: OperatorContext) -> GetterAsOf:
        """Not for past times; asking for them gives the latest value."""
        get = self.bind(context)
        return lambda key, _timestamp: get(key)
