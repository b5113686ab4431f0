"""Foreign-key join, right table's side: a change of a right row is sent to all who subscribe to it.

Source of the semantics: KIP-213.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.formats.subscription import CombinedKeyFormat, SubscriptionResponseWrapper
from headrace.operators.base import OperatorContext, RowFn
from headrace.state.api import TimestampedStore


@dataclass(frozen=True, slots=True)
class ForeignTableJoin:
    """Forwards (primary key, SubscriptionResponseWrapper) per subscriber, in key order, at the right record's timestamp.

    Attributes:
        store: Combined key to subscription.
        key_format: The format of that store's keys.
        skip_out_of_order: Drops updates that are not the latest version (KIP-914): the right table is versioned.
    """

    needs_metadata: ClassVar[bool] = False
    store: str
    key_format: CombinedKeyFormat[Any, Any]
    skip_out_of_order: bool = False

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        store: TimestampedStore[Any, Any] = context.store(self.store)
        # The topic must be the one that the store encodes its keys for: formats with a registry ask it per topic.
        prefix_of = self.key_format.prefix_encoder(f"{self.store}-changelog")
        scan, forward, skip_out_of_order = store.prefix_bytes_scan, context.forward, self.skip_out_of_order
        drop_null_key, drop_out_of_order = context.drop_counter("null-key"), context.drop_counter("out-of-order")

        def row(key: Any, change: Any, timestamp: int, headers: Headers) -> None:
            if key is None:
                drop_null_key()
                return
            if skip_out_of_order and not change.is_latest:
                drop_out_of_order()
                return
            for combined, (subscription, _) in scan(prefix_of(key)):
                response = SubscriptionResponseWrapper(subscription.hash, change.new, subscription.primary_partition)
                forward(combined.primary_key, response, timestamp, headers)

        return row


def primary_partition(_topic: str, _key: Any, response: SubscriptionResponseWrapper[Any], _partitions: int) -> int | None:
    """The partitioner of the response topic: where the subscription came from."""
    return response.primary_partition
