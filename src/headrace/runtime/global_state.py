"""Global stores: filled from all partitions of their topics on every instance, complete before any record is processed.

They have no changelog, their topic is one; each start fills them anew. Source of the semantics: KIP-99, KIP-233.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headrace.core.errors import HeadraceError, ProcessingError
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.core.records import NO_HEADERS
from headrace.log.api import Admin, Reader, RecordBatch
from headrace.operators.base import RowFn
from headrace.processor.timestamps import RecordTime
from headrace.runtime.tasks.compile import Entrance, fan_out
from headrace.runtime.tasks.drops import Dropper
from headrace.runtime.tasks.extraction import Extraction
from headrace.runtime.tasks.failures import Failures, described
from headrace.runtime.tasks.node_context import NodeContext, TaskState
from headrace.runtime.tasks.output import OutputBuffer
from headrace.runtime.tasks.record_queue import RecordQueue
from headrace.runtime.tasks.services import TaskServices
from headrace.runtime.tasks.stores import TaskStoreContext
from headrace.topology.physical import GlobalStoreNode, Topology

_GLOBAL_TASK = TaskId(-1, -1)
_BATCH = 10_000


class GlobalState:
    """All global stores of a topology on this instance. Used by one thread; `stores` is shared with the tasks.

    Args:
        services: Its `global_stores` mapping must be the `stores` given here.
        stores: Filled with the open stores by name.
        worker: Which worker of the application: each has copies of its own.
    """

    def __init__(
        self,
        topology: Topology,
        services: TaskServices,
        stores: dict[str, Any],
        admin: Admin,
        reader: Reader,
        worker: str = "0",
    ) -> None:
        self._topology = topology
        self._admin = admin
        self._reader = reader
        self._stores = stores
        self._services = services
        self._queues: dict[TopicPartition, RecordQueue] = {}
        folder = "global" if worker == "0" else f"global-{worker}"
        self._state = TaskState(_GLOBAL_TASK, Path(services.state_root) / folder, services)
        self._state.fills_global_store = True
        self._state.specs = {node.store.name: node.store for node in topology.global_stores}
        self._output = OutputBuffer(self._state.record_time)
        self._failures = Failures(self._state, self._output, services.policies)

    def open(self) -> None:
        """Opens empty stores and assigns all partitions of their topics, from the start.

        Raises:
            UnknownTopicError: A topic is not there.
        """
        context = TaskStoreContext(self._state.directory, self._services, self._output, 0)
        positions: dict[TopicPartition, int] = {}
        for node in self._topology.global_stores:
            store = context.open(node.store)
            store.wipe()
            self._stores[node.store.name] = store
            topic = node.source.topics[0]
            partitions = [TopicPartition(topic, n) for n in range(self._services.partition_count(topic))]
            positions.update(self._admin.start_offsets(partitions))
            row = self._row(node)
            for partition in partitions:
                self._queues[partition] = self._queue(node, partition, row)
        self._reader.assign(positions)

    def fill(self) -> Iterator[int]:
        """Reads up to the present end of all topics; yields the number of records after each batch, for progress."""
        ends = self._admin.end_offsets(list(self._queues))
        while any(self._reader.position(partition) < end for partition, end in ends.items()):
            yield self.update(timeout_s=0.1)

    def update(self, timeout_s: float = 0.0) -> int:
        """Takes in what has come since; the number of records."""
        if not self._queues:
            return 0
        batches = self._reader.poll(_BATCH, timeout_s)
        for batch in batches:
            self._apply(batch)
        if batches:
            for store in self._stores.values():
                store.flush()
                store.commit(None)
        return sum(len(batch.offsets) for batch in batches)

    def close(self) -> None:
        """Closes the stores and the reader."""
        try:
            for close in self._state.closers:
                close()
        finally:
            for store in self._stores.values():
                store.close()
            self._stores.clear()
            self._reader.close()

    def _apply(self, raw: RecordBatch) -> None:
        queue = self._queues[TopicPartition(raw.topic, raw.partition)]
        queue.add(raw)
        current = self._state.current
        current.partition = queue.partition
        while queue.head_time is not None:
            batch = queue.batch
            assert batch is not None
            current.batch = batch
            stop = queue.run_end(len(batch.times))
            for index in range(queue.index, stop):
                current.index = index
                headers = NO_HEADERS if batch.headers is None else batch.headers[index]
                try:
                    queue.entrance.row(batch.keys[index], batch.values[index], batch.times[index], headers)
                except Exception as error:
                    self._failures.unprocessed(queue.partition, batch, index, error)
            queue.advance(stop)

    def _row(self, node: GlobalStoreNode) -> RowFn:
        """One processor for all partitions of the topic."""
        name = node.processor.name
        try:
            return node.processor.operator.bind(NodeContext(self._state, name, (node.store.name,), fan_out(()), {}))
        except HeadraceError:
            raise
        except Exception as error:
            message = f"{described(error)} (when processor {name!r} of global store {node.store.name!r} was made ready)"
            raise ProcessingError(message) from error

    def _queue(self, node: GlobalStoreNode, partition: TopicPartition, row: RowFn) -> RecordQueue:
        processor = node.processor
        consume = node.source.consume
        failures = self._failures
        dropper = Dropper(
            metrics=self._services.metrics, warnings=self._services.drop_warnings, task="global", node=processor.name
        )
        return RecordQueue(
            partition,
            Entrance(row),
            consume.key_format,
            consume.value_format,
            Extraction(consume.timestamp or RecordTime(), self._services.clock, dropper.counter("invalid-timestamp")),
            lambda batch, index, error: failures.undecodable(node.source.name, consume.on_decode_error, batch, index, error),
            node.source.described(),
        )
