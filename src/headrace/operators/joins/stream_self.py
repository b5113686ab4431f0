"""Join of a stream with itself over one store; an optimization of the windowed stream-stream join.

Source of the semantics: KStreamKStreamSelfJoin (KIP-862).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from headrace.core.records import Headers
from headrace.operators.base import OperatorContext, RowFn
from headrace.operators.joins.joiner import Joiner, keyed
from headrace.state.api import WindowedStore


@dataclass(frozen=True, slots=True)
class StreamSelfJoin:
    """Joins each record with the earlier ones in both directions and with itself, in the order of an inner join.

    A record that is older than the retention does not join with itself, as it is not kept.

    Attributes:
        store: The stream's records; a `StreamJoinWindow` fills it after this step.
        before_ms: How far back partners may lie.
        after_ms: How far ahead partners may lie.
        retention_ms: How long the store keeps records.
    """

    needs_metadata: ClassVar[bool] = False
    store: str
    joiner: Joiner
    with_key: bool
    before_ms: int
    after_ms: int
    retention_ms: int

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        store: WindowedStore[Any, Any] = context.store(self.store)
        fetch, forward, drop = store.fetch, context.forward, context.drop_counter("null-key-or-value")
        join, stream_time = keyed(self.joiner, with_key=self.with_key), context.time_cell(context.node)
        before_ms, after_ms, retention_ms = self.before_ms, self.after_ms, self.retention_ms

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            if key is None or value is None:
                drop()
                return
            if timestamp > stream_time.value:
                stream_time.value = timestamp
            for start, other, _ in fetch(key, max(0, timestamp - before_ms), timestamp + after_ms):
                forward(key, join(key, value, other), start if start > timestamp else timestamp, headers)
            with_itself = timestamp > stream_time.value - retention_ms + 1
            for start, other, _ in fetch(key, max(0, timestamp - after_ms), timestamp + before_ms):
                if with_itself and start > timestamp:
                    with_itself = False
                    forward(key, join(key, value, value), timestamp, headers)
                forward(key, join(key, other, value), start if start > timestamp else timestamp, headers)
            if with_itself:
                forward(key, join(key, value, value), timestamp, headers)

        return row
