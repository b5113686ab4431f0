"""A task: one sub-topology over one partition of its inputs, from opening its stores to handing over its commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from headrace.core.errors import ProcessingError
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.core.state_machine import StateMachine
from headrace.log.api import Position, RecordBatch, RecordColumns
from headrace.operators.base import TimeCell
from headrace.processor.timestamps import RecordTime
from headrace.runtime.commit.positions import PositionMetadata, decode_metadata, merged_times
from headrace.runtime.committed_view import committed_view
from headrace.runtime.policies import may_leave_out
from headrace.runtime.tasks.batch import DecodedBatch
from headrace.runtime.tasks.compile import Entrance, compile_rows, needs_metadata, wants_raw_values
from headrace.runtime.tasks.drops import Dropper
from headrace.runtime.tasks.extraction import Extraction
from headrace.runtime.tasks.failures import Failures, described
from headrace.runtime.tasks.held_record import Held
from headrace.runtime.tasks.loops import RowError, UnreadError
from headrace.runtime.tasks.measures import TaskMeasures
from headrace.runtime.tasks.node_context import TaskState
from headrace.runtime.tasks.output import OutputBuffer
from headrace.runtime.tasks.partition_group import PartitionGroup
from headrace.runtime.tasks.punctuation import Punctuations
from headrace.runtime.tasks.record_queue import RecordQueue
from headrace.runtime.tasks.services import TaskServices
from headrace.runtime.tasks.sinks import SinkCompiler
from headrace.runtime.tasks.status import TRANSITIONS, TaskStatus
from headrace.runtime.tasks.stores import TaskStoreContext, changelogs_of, open_stores
from headrace.runtime.topics import WINDOWED
from headrace.topology.physical import SinkNode, SourceNode, Subtopology, Topology


class Task:
    """Used by one thread.

    Args:
        task_id: Which one.
        topology: The whole program.
        subtopologies: What this task runs: one, or all of them in a test driver.
        partitions: The input partitions.
        committed: Their committed positions, with the times that belong to them.
        services: Shared surroundings.
    """

    def __init__(
        self,
        task_id: TaskId,
        topology: Topology,
        subtopologies: Sequence[Subtopology],
        partitions: Sequence[TopicPartition],
        committed: Mapping[TopicPartition, Position],
        services: TaskServices,
    ) -> None:
        self.id = task_id
        self.nodes = tuple(name for part in subtopologies for name in part.nodes)
        self._topology = topology
        self.partitions = tuple(partitions)
        self._services = services
        self._machine = StateMachine(f"task {task_id}", TaskStatus.CREATED, TRANSITIONS)
        directory = services.state_root / str(task_id)
        self._state = TaskState(task_id, directory, services)
        self.output = OutputBuffer(self._state.record_time)
        specs = [topology.stores[name] for part in subtopologies for name in part.stores]
        self.changelogs = changelogs_of(specs, services, task_id.partition)
        self._specs = {spec.name: spec for spec in specs}
        self._store_context = TaskStoreContext(directory, services, self.output, task_id.partition)
        self.stores = self._state.stores = open_stores(self._store_context, specs, caching=services.caching)
        self._committed_times: dict[str, int] = {}
        self._state.specs = {**topology.stores, **{g.store.name: g.store for g in topology.global_stores}}
        self._internal_sinks = internal_sinks(topology, self.nodes, services)
        self._internal_taken = False
        self._changelog_topics = frozenset(changelog.topic for changelog in self.changelogs.values())
        self._measures = TaskMeasures(services.metrics, task_id, self._changelog_topics)
        self.load_times(committed)

    # ---- life cycle -----------------------------------------------------------------------------------------------

    @property
    def status(self) -> TaskStatus:
        """The state of the life cycle."""
        return self._machine.state

    @property
    def directory(self) -> Path:
        """Where the task keeps its stores."""
        return self._state.directory

    def load_times(self, committed: Mapping[TopicPartition, Position]) -> None:
        """Takes up the times that belong to committed positions. To be called before it runs."""
        metadata = {partition: decode_metadata(position.metadata) for partition, position in committed.items()}
        self._partition_times = {partition: found.partition_time for partition, found in metadata.items()}
        self._state.stream_time = max(self._partition_times.values(), default=-1)
        for name, value in merged_times(metadata.values()).items():
            self._state.times[name] = TimeCell(value)

    def begin_restoring(self) -> None:
        """Stores are now brought up to date by the restorer."""
        self._machine.to(TaskStatus.RESTORING)

    def begin_running(self) -> None:
        """Binds all operators; from here on records are taken."""
        self._machine.to(TaskStatus.RUNNING)
        for name, store in self.stores.items():
            cell = self._state.times.get(f"store:{name}")
            if cell is not None:
                store.set_stream_time(max(cell.value, store.stream_time))
            self._committed_times[name] = store.stream_time
        self._failures = Failures(self._state, self.output, self._services.policies)
        self._state.hold_record = lambda: Held(self._state, self._failures.unprocessed)
        self._punctuations = Punctuations(self._state, self._failures.unpunctuated)
        sinks = SinkCompiler(
            self.output,
            self._state.current,
            self._services.topic_name,
            self._services.partition_count,
            self.id.partition,
            self._failures.unwritable,
            self._services.latest_time,
        )
        policies = self._services.policies
        guard = self._failures.guarded if may_leave_out(policies.on_process) else None
        self._entrances: Mapping[str, Entrance] = compile_rows(self._topology, self.nodes, self._state, sinks, guard)
        self._punctuations.in_order(self.nodes)
        self._full = (
            needs_metadata(self._topology, self.nodes)
            or self._punctuations.next_stream_time is not None
            or may_leave_out(policies.on_produce)  # a sink then has to know which record its result comes from
        )
        self._raw = wants_raw_values(self._topology, self.nodes)
        queues = [self._queue(partition) for partition in self.partitions]
        self.group = PartitionGroup(queues, self._services.option("max_task_idle_ms"))

    def suspend(self) -> None:
        """No more records and punctuations until `resume`."""
        self._machine.to(TaskStatus.SUSPENDED)

    def resume(self) -> None:
        """Goes on after `suspend`."""
        self._machine.to(TaskStatus.RUNNING)

    def close(self) -> None:
        """Closes processors and stores; what was not committed is forgotten."""
        if self.status is TaskStatus.CLOSED:
            return
        self._machine.to(TaskStatus.CLOSED)
        failed: list[Exception] = []
        for close in (*self._state.closers, *(store.close for store in self.stores.values())):
            try:
                close()
            except Exception as error:  # a processor that cannot be closed must not leave stores open
                failed.append(error)
        if failed:
            message = f"{described(failed[0])} (task {self.id}, while it was closed; what was committed is safe)"
            raise ProcessingError(message) from failed[0]

    # ---- processing -----------------------------------------------------------------------------------------------

    def add(self, batch: RecordBatch) -> None:
        """Takes a polled batch."""
        self.group.add(batch)

    def refuse(self, batch: RecordBatch) -> None:
        """Takes a batch of one record that has killed the process, and hands it to the error policy unread."""
        message = "processing this record killed the process again and again"
        self._failures.untouchable(batch, 0, ProcessingError(message))
        self.group.queues[TopicPartition(batch.topic, batch.partition)].next_offset = batch.next_offset

    def begin_at(self, partition: TopicPartition, offset: int) -> None:
        """Begins an input without a committed position at an offset, which is part of the next commit.

        So a restart does not choose anew where to begin, past what has come since (`latest`).
        """
        self.group.queues[partition].next_offset = offset

    def add_input(self, partition: TopicPartition) -> None:
        """Takes a partition in that a pattern has come to match."""
        self.group.add_queue(self._queue(partition))

    def process(self, max_records: int) -> int:
        """Processes up to `max_records` records of the queue whose turn it is; how many it were."""
        while (taken := self.group.take()) is not None:
            done = self.process_run(*taken, max_records)
            if done:
                return done
        return 0

    def process_run(self, queue: RecordQueue, bound: int | None, max_records: int) -> int:
        """Processes records of a queue that was taken while their times are below a bound, and gives it back; how many it were.

        None at all if the first record cannot be read: it will have been left out when the queue has its next turn.
        """
        batch, start = queue.batch, queue.index
        assert batch is not None
        stop = queue.run_end(min(len(batch.times), start + max_records))
        if bound is not None:
            times = batch.times
            stop = next((i for i in range(start + 1, stop) if times[i] >= bound), stop)
        try:
            stop = self._run(queue, batch, start, stop)
            queue.advance(stop)
        except RowError as failure:
            queue.advance(failure.index)
            self._failures.unprocessed(queue.partition, batch, failure.index, failure.error)
            stop = failure.index + 1
            queue.advance(stop)
        except UnreadError as unread:
            stop = unread.index
            queue.read_ahead(stop)
        self._state.stream_time = max(self._state.stream_time, queue.partition_time)
        self.group.put_back(queue)
        self._measures.processed(queue.partition.topic, stop - start)
        return stop - start

    def punctuate_wall_clock(self, now_ms: int) -> bool:
        """Runs wall-clock schedules that are due."""
        return self._punctuations.run("wall_clock", now_ms)

    def punctuation_is_due(self, now_ms: int) -> bool:
        """Whether a wall-clock schedule is due."""
        return self._punctuations.is_due("wall_clock", now_ms)

    @property
    def commit_requested(self) -> bool:
        """Whether a processor has asked for a commit."""
        return self._state.commit_requested

    @property
    def stream_time(self) -> int:
        """Largest event time so far, -1 at first."""
        return self._state.stream_time

    # ---- commit ---------------------------------------------------------------------------------------------------

    def has_internal_output(self) -> bool:
        """Whether records wait for internal topics, which tasks downstream read."""
        return self._internal_taken or any(self.output.waiting(topic) for topic in self._internal_sinks)

    def take_results(self) -> dict[TopicPartition, RecordColumns]:
        """What sinks have written so far. Changes of stores stay: they go with the positions that they belong to."""
        output = self.output.drain(but=self._changelog_topics)
        self._measures.produced(output)
        return output

    def take_large(self, at_least: int) -> dict[TopicPartition, RecordColumns]:
        """The output, changelogs included, for partitions that have so many records or more by now."""
        output = self.output.drain(at_least=at_least)
        self._measures.produced(output)
        self._internal_taken |= any(where.topic in self._internal_sinks for where in output)
        return output

    def flush(self) -> dict[TopicPartition, RecordColumns]:
        """Flushes caches through the operators below them, then hands over all output, changelogs included."""
        self._state.current.partition = None
        self.forward_results(wait=True)
        self._state.flushing = True
        for name, store in self.stores.items():
            try:
                store.flush()
            except Exception as error:
                self._failures.unflushed(name, error, leave_out=False)
            self.forward_results(wait=True)
        self._state.flushing = False
        output = self.output.drain()
        self._measures.produced(output)
        return output

    def forward_results(self, *, wait: bool) -> None:
        """Forwards the results of async calls: those that are there, or (`wait`) all, in the order of their records."""
        self._state.pass_barriers(wait=wait)

    def positions(self) -> dict[TopicPartition, Position]:
        """What to commit: each input's next offset, with partition time and the task's times."""
        self._punctuations.note_times()
        for name, store in self.stores.items():
            if store.stream_time >= 0:
                self._state.times.setdefault(f"store:{name}", TimeCell()).value = store.stream_time
        times = tuple(sorted((name, cell.value) for name, cell in self._state.times.items() if cell.value >= 0))
        return {
            partition: Position(queue.next_offset, PositionMetadata(queue.partition_time, times).encode())
            for partition, queue in self.group.queues.items()
            if queue.next_offset is not None
        }

    def commit_stores(self, written: Mapping[TopicPartition, int]) -> None:
        """After the log's commit: writes changes to the engines, with the changelog offsets they stand for.

        Args:
            written: Next offsets of partitions written to by the commit.
        """
        self._state.commit_requested = self._internal_taken = False
        self._committed_times = {name: store.stream_time for name, store in self.stores.items()}
        for name, store in self.stores.items():
            changelog = self.changelogs.get(name)
            if changelog is None:
                store.commit(None)
                continue
            queue = self.group.queues.get(changelog)
            position = written.get(changelog) if queue is None else queue.next_offset
            # Every change of a logged store is in its changelog: without a new offset there is nothing to write.
            if position is not None and position != store.position():
                store.commit(position)

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _queue(self, partition: TopicPartition) -> RecordQueue:
        source = self.source_of(partition.topic)
        consume = source.consume
        dropper = Dropper(
            metrics=self._services.metrics,
            warnings=self._services.drop_warnings,
            task=str(self.id),
            node=source.name,
            line=source.line,
        )
        extractor = consume.timestamp or RecordTime("fail" if source.internal else "drop")
        queue = RecordQueue(
            partition,
            self._entrances[source.name],
            consume.key_format,
            consume.value_format,
            Extraction(extractor, self._services.clock, dropper.counter("invalid-timestamp")),
            partial(self._failures.undecodable, source.name, consume.on_decode_error),
            source.described(),
            on_use=not self._full and isinstance(extractor, RecordTime),
        )
        queue.partition_time = self._partition_times.get(partition, -1)
        return queue

    def source_of(self, topic: str) -> SourceNode:
        """The source that reads a topic."""
        by_pattern: SourceNode | None = None
        for name in self.nodes:
            node = self._topology.nodes[name]
            if isinstance(node, SourceNode):
                names = [self._services.topic_name(t) for t in node.topics] if node.internal else node.topics
                if topic in names:
                    return node
                if node.pattern is not None and node.pattern.fullmatch(topic):
                    by_pattern = node
        assert by_pattern is not None, topic
        return by_pattern

    def _run(self, queue: RecordQueue, batch: DecodedBatch, start: int, stop: int) -> int:
        if self._full:
            return self._run_full(queue, batch, start, stop)
        queue.entrance.run(batch, start, stop, self._state.current if self._raw else None)
        return stop

    def _run_full(self, queue: RecordQueue, batch: DecodedBatch, start: int, stop: int) -> int:
        """With record metadata, stream time and punctuation around each record; ends early if a commit was asked for."""
        state, current, punctuations, row = self._state, self._state.current, self._punctuations, queue.entrance.row
        current.partition, current.batch = queue.partition, batch
        headers = batch.headers
        for index in range(start, stop):
            current.index = index
            current.raw_value = batch.raw_values[index]
            time = batch.times[index]
            state.stream_time = max(state.stream_time, time)
            try:
                row(batch.keys[index], batch.values[index], time, () if headers is None else headers[index])
            except Exception as error:
                raise RowError(index, error) from error
            due = punctuations.next_stream_time
            if due is not None and state.stream_time >= due:
                punctuations.run("stream_time", state.stream_time)
            if state.commit_requested:
                return index + 1
        return stop

    def oldest_windows(self) -> dict[TopicPartition, int]:
        """Per changelog of windows the time before which all of them have expired, as of the last commit."""
        return {
            self.changelogs[name]: self._committed_times.get(name, -1) - spec.retention_ms
            for name, spec in self._specs.items()
            if spec.kind in WINDOWED and name in self.changelogs and spec.changelog_topic is None
        }

    def committed_store(self, name: str) -> Any:
        """A store of this task as of the last commit, to be read at once."""
        engine = self._store_context.engines[name].opened
        assert engine is not None
        committed_time = self._committed_times.get(name, self.stores[name].stream_time)  # a copy holds nothing else
        return committed_view(self._specs[name], engine, committed_time)


def internal_sinks(topology: Topology, nodes: Sequence[str], services: TaskServices) -> tuple[str, ...]:
    """Real names of the internal topics that some nodes write to."""
    sinks = (topology.nodes[name] for name in nodes)
    return tuple(
        services.topic_name(node.topic)
        for node in sinks
        if isinstance(node, SinkNode) and node.internal and isinstance(node.topic, str)
    )
