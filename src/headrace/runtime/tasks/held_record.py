"""A record that is finished later than it came: the implementation of `operators.base.HeldRecord`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from headrace.core.identifiers import TopicPartition
from headrace.runtime.tasks.batch import DecodedBatch
from headrace.runtime.tasks.current import CurrentRecord
from headrace.runtime.tasks.node_context import TaskState

RecordFailure = Callable[[TopicPartition, DecodedBatch, int, Exception], None]


class Held:
    """Place and time of the record that is in hand when this is made."""

    __slots__ = ("_batch", "_failed", "_index", "_partition", "_state", "_stream_time")

    def __init__(self, state: TaskState, failed: RecordFailure) -> None:
        current = state.current
        self._state = state
        self._failed = failed
        self._partition = current.partition
        self._batch = current.batch
        self._index = current.index
        self._stream_time = state.stream_time

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """Makes it the record in hand again."""
        state, current = self._state, self._state.current
        before = (current.partition, current.batch, current.index, state.stream_time)
        self._put_in_hand(current)
        state.stream_time = self._stream_time
        try:
            yield
        except Exception as error:
            self.fail(error)
        finally:
            current.partition, current.batch, current.index, state.stream_time = before

    def fail(self, error: Exception) -> None:
        """Hands it to the error policy."""
        if self._partition is None or self._batch is None:
            raise error
        self._failed(self._partition, self._batch, self._index, error)

    def _put_in_hand(self, current: CurrentRecord) -> None:
        current.partition, current.batch, current.index = self._partition, self._batch, self._index
        current.raw_value = None if self._batch is None else self._batch.raw_values[self._index]
