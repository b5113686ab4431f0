"""Foreign-key join, right table's side: subscriptions come in, are kept, and get a first answer.

Source of the semantics: KIP-213.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.formats.subscription import CombinedKey, Instruction, SubscriptionResponseWrapper, SubscriptionWrapper
from headrace.operators.base import OperatorContext, RowFn, TableView
from headrace.operators.handed_out import handed_out
from headrace.state.api import TimestampedStore

_LEAVE = Instruction.DELETE_KEY_NO_PROPAGATE
_LEAVE_AND_ANSWER = Instruction.DELETE_KEY_AND_PROPAGATE
_JOIN_OR_NULL = Instruction.PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE


@dataclass(frozen=True, slots=True)
class SubscriptionReceive:
    """Keeps who subscribes to what, and forwards (CombinedKey, SubscriptionWrapper).

    A subscription without a foreign key (left joins) is answered, not kept.

    Attributes:
        store: Combined key to subscription.
    """

    needs_metadata: ClassVar[bool] = False
    store: str

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        store: TimestampedStore[Any, Any] = context.store(self.store)
        put, forward, drop = store.put, context.forward, context.drop_counter("null-foreign-key")

        def row(key: Any, value: SubscriptionWrapper[Any], timestamp: int, headers: Headers) -> None:
            instruction = value.instruction
            combined = CombinedKey(key, value.primary_key)
            if key is not None:
                leaves = instruction is _LEAVE or instruction is _LEAVE_AND_ANSWER
                put(combined, None if leaves else value, timestamp, headers)
            elif instruction is not _JOIN_OR_NULL:
                drop()
                return
            forward(combined, value, timestamp, headers)

        return row


@dataclass(frozen=True, slots=True)
class SubscriptionJoin:
    """Answers a subscription with the right table's current row: forwards (primary key, SubscriptionResponseWrapper).

    Attributes:
        foreign: The right table.
    """

    needs_metadata: ClassVar[bool] = False
    foreign: TableView

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        get, forward = handed_out(self.foreign, context), context.forward

        def row(key: CombinedKey[Any, Any], value: SubscriptionWrapper[Any], timestamp: int, headers: Headers) -> None:
            instruction = value.instruction
            if instruction is _LEAVE:
                return
            found = None if key.foreign_key is None else get(key.foreign_key)
            if found is not None:
                if found[1] > timestamp:
                    timestamp = found[1]
            elif instruction is Instruction.PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE:
                return
            answer = None if found is None or instruction is _LEAVE_AND_ANSWER else found[0]
            response = SubscriptionResponseWrapper(value.hash, answer, value.primary_partition)
            forward(key.primary_key, response, timestamp, headers)

        return row
