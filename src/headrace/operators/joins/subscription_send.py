"""Foreign-key join, left table: each row subscribes to the right row that it names, and leaves the one it named before.

Source of the semantics: KIP-213.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.hashing import murmur3_128
from headrace.core.records import Change, Headers
from headrace.formats.api import Format
from headrace.formats.subscription import Instruction, SubscriptionWrapper
from headrace.operators.base import OperatorContext, RowFn

_LEAVE = Instruction.DELETE_KEY_NO_PROPAGATE
_LEAVE_AND_ANSWER = Instruction.DELETE_KEY_AND_PROPAGATE
_JOIN_OR_NULL = Instruction.PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE
_JOIN_ONLY = Instruction.PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE

Message = tuple[Any, Instruction]
"""Foreign key and what to do there."""


def value_hash(context: OperatorContext, value_format: Format[Any], topic: str) -> Callable[[Any], bytes]:
    """The hash of a left row's bytes, by which answers to an outdated row are found out. Both ends must use the same."""
    encode = value_format.encoder(f"{context.application_id}-{topic}-vh", is_key=False)

    def hashed(value: Any) -> bytes:
        return murmur3_128(encode(value))

    return hashed


@dataclass(frozen=True, slots=True)
class SubscriptionSend:
    """Forwards (foreign key, SubscriptionWrapper): first what leaves the old foreign key, then what enters the new one.

    Attributes:
        extractor: (key, value) -> foreign key. None: an inner join drops the row, a left join joins it with None.
        left: Whether this is a left join.
        topic: Base name of the registration topic.
        foreign_key_format: By whose bytes foreign keys are compared.
        value_format: By whose bytes rows are hashed.
        skip_out_of_order: Drops updates that are not the latest version (KIP-914): the left table is versioned.
    """

    needs_metadata: ClassVar[bool] = False
    extractor: Callable[[Any, Any], Any]
    left: bool
    topic: str
    foreign_key_format: Format[Any]
    value_format: Format[Any]
    skip_out_of_order: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        messages = self._left_messages if self.left else self._inner_messages
        encode = self.foreign_key_format.encoder(f"{context.application_id}-{self.topic}-fk", is_key=True)
        hashed, forward = value_hash(context, self.value_format, self.topic), context.forward
        partition, skip_out_of_order = context.task_id.partition, self.skip_out_of_order
        drop, drop_out_of_order = context.drop_counter("null-foreign-key"), context.drop_counter("out-of-order")

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            if skip_out_of_order and not change.is_latest:
                drop_out_of_order()
                return
            sent = messages(key, change, encode)
            if sent is None:
                drop()
                return
            if sent:
                row_hash = None if change.new is None else hashed(change.new)
                for foreign_key, instruction in sent:
                    forward(foreign_key, SubscriptionWrapper(row_hash, instruction, key, partition), timestamp, headers)

        return row

    def _left_messages(self, key: Any, change: Change[Any], encode: Callable[[Any], bytes]) -> tuple[Message, ...] | None:
        if change.new is None and change.old is None:
            return ()
        new = None if change.new is None else self.extractor(key, change.new)
        old = None if change.old is None else self.extractor(key, change.old)
        if old is not None and (new is None or encode(new) != encode(old)):
            return (old, _LEAVE), (new, _JOIN_OR_NULL)
        return ((new, _JOIN_OR_NULL),)

    def _inner_messages(self, key: Any, change: Change[Any], encode: Callable[[Any], bytes]) -> tuple[Message, ...] | None:
        """None: a row without a foreign key, before and after."""
        if change.new is None and change.old is None:
            return ()
        new = None if change.new is None else self.extractor(key, change.new)
        old = None if change.old is None else self.extractor(key, change.old)
        if new is None:
            return None if old is None else ((old, _LEAVE_AND_ANSWER),)
        if old is not None and encode(new) != encode(old):
            # The former result must go also if the new foreign key has no row.
            return (old, _LEAVE), (new, _JOIN_OR_NULL)
        return ((new, _JOIN_ONLY),)
