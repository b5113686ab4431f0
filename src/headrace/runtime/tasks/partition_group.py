"""The input partitions of a task, in the order of event time.

Records are handed out in the order of the times at the heads of the queues, equal times in the order in which the queues
came to have records. Source of the semantics: Kafka Streams' PartitionGroup; KIP-353 and KIP-695 (waiting for empty inputs).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from itertools import count

from headrace.core.identifiers import TopicPartition
from headrace.core.time import UNKNOWN_TIME
from headrace.log.api import RecordBatch
from headrace.runtime.tasks.record_queue import RecordQueue


class PartitionGroup:
    """All queues of one task.

    Args:
        queues: One per input partition.
        max_idle_ms: How long to wait for an empty input whose partition is known to have no more records; -1 waits for none,
            not even for one that has.
    """

    def __init__(self, queues: Iterable[RecordQueue], max_idle_ms: int) -> None:
        self.queues = {queue.partition: queue for queue in queues}
        self._max_idle_ms = max_idle_ms
        self._by_time: list[tuple[int, int, RecordQueue]] = []
        self._arrival = count()
        self._queued: set[TopicPartition] = set()
        self._idle_since: int | None = None

    def add(self, batch: RecordBatch) -> None:
        """Takes a batch for one of the partitions."""
        queue = self.queues[TopicPartition(batch.topic, batch.partition)]
        queue.add(batch)
        self._offer(queue)

    def add_queue(self, queue: RecordQueue) -> None:
        """Adds a partition that was not there when the task began (a pattern found a new topic)."""
        self.queues[queue.partition] = queue

    @property
    def waiting_records(self) -> int:
        """How many records wait in all queues."""
        return sum(queue.waiting_records for queue in self.queues.values())

    def ready(self, now_ms: int, caught_up: Callable[[TopicPartition], bool]) -> bool:
        """Whether a record may be processed, or an empty input has to be waited for.

        Args:
            now_ms: Wall clock.
            caught_up: Whether everything that is in a partition now has been polled.
        """
        if not self._by_time:
            return False
        if self._max_idle_ms < 0 or len(self._queued) == len(self.queues):
            self._idle_since = None
            return True
        empty = [partition for partition in self.queues if partition not in self._queued]
        if not all(caught_up(partition) for partition in empty):
            self._idle_since = None
            return False
        if self._max_idle_ms == 0:
            return True
        if self._idle_since is None:
            self._idle_since = now_ms
        return now_ms - self._idle_since >= self._max_idle_ms

    def take(self) -> tuple[RecordQueue, int | None] | None:
        """The queue with the earliest head, and the head time of the next one (None: there is none).

        The caller processes records of this queue while their times are below that bound, at least one, and gives the queue
        back by `put_back`.
        """
        if not self._by_time:
            return None
        _, _, queue = heapq.heappop(self._by_time)
        return queue, (self._by_time[0][0] if self._by_time else None)

    def head(self) -> tuple[TopicPartition, int] | None:
        """Partition and offset of the record whose turn it is."""
        if not self._by_time:
            return None
        queue = self._by_time[0][2]
        assert queue.batch is not None
        return queue.partition, queue.batch.offsets[queue.index]

    def put_back(self, queue: RecordQueue) -> None:
        """Puts a queue taken before back in its place, if it has records left."""
        self._queued.discard(queue.partition)
        self._offer(queue)

    def partition_times(self) -> int:
        """The largest partition time, -1 if there is none."""
        return max((queue.partition_time for queue in self.queues.values()), default=UNKNOWN_TIME)

    def clear(self) -> None:
        """Forgets all that waits."""
        self._by_time.clear()
        self._queued.clear()
        for queue in self.queues.values():
            queue.clear()

    def _offer(self, queue: RecordQueue) -> None:
        if queue.partition in self._queued:
            return
        head = queue.head_time
        if head is not None:
            heapq.heappush(self._by_time, (head, next(self._arrival), queue))
            self._queued.add(queue.partition)
