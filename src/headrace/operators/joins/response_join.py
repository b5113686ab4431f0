"""Foreign-key join, left table: answers come back and are joined with the row that asked.

Source of the semantics: KIP-213.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.formats.api import Format
from headrace.formats.subscription import SubscriptionResponseWrapper
from headrace.operators.base import OperatorContext, RowFn, TableView
from headrace.operators.handed_out import handed_out
from headrace.operators.joins.joiner import Joiner, keyed
from headrace.operators.joins.subscription_send import value_hash


@dataclass(frozen=True, slots=True)
class ResponseJoin:
    """Forwards the joined value, or a tombstone; drops answers to a row that has changed since.

    Attributes:
        primary: The left table.
        left: Whether this is a left join.
        topic: Base name of the registration topic.
        value_format: By whose bytes rows are hashed.
    """

    needs_metadata: ClassVar[bool] = False
    primary: TableView
    joiner: Joiner
    with_key: bool
    left: bool
    topic: str
    value_format: Format[Any]

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        get, forward, left = handed_out(self.primary, context), context.forward, self.left
        hashed = value_hash(context, self.value_format, self.topic)
        join, drop = keyed(self.joiner, with_key=self.with_key), context.drop_counter("outdated-answer")

        def row(key: Any, response: SubscriptionResponseWrapper[Any], timestamp: int, headers: Headers) -> None:
            found = get(key)
            current = None if found is None else found[0]
            if response.hash != (None if current is None else hashed(current)):
                drop()
                return
            foreign = response.foreign_value
            result = None if foreign is None and (not left or current is None) else join(key, current, foreign)
            forward(key, result, timestamp, headers)

        return row
