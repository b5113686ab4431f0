"""Brings the stores of tasks up to date from their changelogs, slice by slice beside the tasks that run.

Only the tail is read: from the offset that the engine's data stands for. An engine ahead of its changelog, or one whose
position was cut off from it, is emptied and rebuilt. A source topic that serves as changelog is read only up to the committed
position, so that a table never holds a row from the future. While a task waits to be processed, copies do not read. Source:
runtime rules of Kafka Streams' StoreChangelogReader.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headrace.core.errors import OffsetOutOfRangeError
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.log.api import Admin, Position, Reader, RecordBatch
from headrace.observe.events import event_logger
from headrace.runtime.restore.listeners import NoStandbyListener, RestoreListener, StandbyListener
from headrace.runtime.restore.store_restore import StoreRestore
from headrace.runtime.tasks.task import Task

_BATCH = 10_000
_COPY_BATCH = 2_000
_log = event_logger("restore")

Committed = Mapping[TopicPartition, Position]


@dataclass(frozen=True, slots=True)
class _Bound:
    """Where a changelog can be read."""

    first: int
    end: int
    is_input: bool = False

    def holds(self, position: int) -> bool:
        """Whether a store at this position can go on from there."""
        return self.first <= position <= self.end


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Where changelogs can be read; as inputs of their tasks only up to the committed positions."""

    first: Mapping[TopicPartition, int]
    ends: Mapping[TopicPartition, int]
    committed: Committed

    def of(self, partition: TopicPartition, task: Task | None = None) -> _Bound:
        """The bounds of one changelog."""
        first, end = self.first[partition], self.ends[partition]
        if task is None or partition not in task.partitions:
            return _Bound(first, end)
        position = self.committed.get(partition)
        return _Bound(first, first if position is None else max(first, min(end, position.offset)), is_input=True)


class Restorer:
    """All restores of one worker. Used by one thread.

    Args:
        reader: For changelogs only.
    """

    def __init__(
        self, admin: Admin, reader: Reader, listener: RestoreListener, standby_listener: StandbyListener | None = None
    ) -> None:
        self._admin = admin
        self._reader = reader
        self._listener = listener
        self._standby_listener = standby_listener or NoStandbyListener()
        self._stores: dict[TaskId, list[StoreRestore]] = {}
        self._warm: dict[TaskId, bool] = {}
        self._read: dict[TopicPartition, StoreRestore] = {}

    # ---- which tasks ----------------------------------------------------------------------------------------------

    def restore(self, tasks: Collection[Task], committed: Committed) -> None:
        """Begins to make tasks ready for processing; copies that are warm go on where they are.

        `committed` are the application's positions, read after the tasks were assigned here.
        """
        self._begin(tasks, committed, warm=False)

    def keep_warm(self, tasks: Collection[Task], committed: Committed) -> None:
        """Lets the stores of tasks follow their changelogs."""
        self._begin(tasks, committed, warm=True)

    def forget(self, task: TaskId) -> None:
        """Leaves a task's stores as they are."""
        if self._warm.pop(task, False):
            self._tell_suspended(task, promoted=False)
        self._stores.pop(task, None)
        self._read = {where: restore for where, restore in self._read.items() if restore.task != task}

    def knows(self, task: TaskId, *, warm: bool) -> bool:
        """Whether a task is on its way as one to process, or (`warm`) as a copy."""
        return self._warm.get(task) is warm

    def complete(self) -> list[TaskId]:
        """Tasks to process that are ready for it."""
        return [
            task for task, warm in self._warm.items() if not warm and not any(restore.behind for restore in self._stores[task])
        ]

    def finish(self, task: TaskId) -> None:
        """Tells of the end of a complete restore, and forgets it."""
        for restore in self._stores[task]:
            self._listener.on_restore_end(restore.partition, restore.name, restore.total)
        self.forget(task)

    def stores(self, task: TaskId) -> Sequence[StoreRestore]:
        """The stores of a task that is on its way."""
        return self._stores.get(task, ())

    @property
    def restoring(self) -> bool:
        """Whether there are tasks to process that are not ready."""
        return False in self._warm.values()

    # ---- slices ---------------------------------------------------------------------------------------------------

    def step(self, budget_s: float, wait_s: float = 0.0) -> int:
        """Reads for about `budget_s`, waiting up to `wait_s` for the first records; how many were applied."""
        deadline = time.monotonic() + budget_s
        done = 0
        while self._aim():
            batches = self._poll(wait_s)
            done += sum(map(self._apply, batches))
            for where, restore in self._read.items():
                restore.reached(self._reader.position(where))
            wait_s = 0.0
            if not batches or time.monotonic() >= deadline:
                break
        return done

    def look(self, committed: Committed | None) -> None:
        """Looks how far the changelogs of copies are by now.

        Args:
            committed: The application's positions, which copies of source topics may go up to; None if no copy has one.
        """
        copies = [restore for task, of in self._stores.items() if self._warm[task] for restore in of]
        if not copies:
            return
        ends = self._admin.end_offsets([restore.partition for restore in copies])
        for restore in copies:
            restore.end = max(restore.position, ends[restore.partition])
            if restore.limit is not None and committed is not None:
                position = committed.get(restore.partition)
                restore.limit = restore.end = max(restore.limit, 0 if position is None else position.offset)

    @property
    def has_limited_copies(self) -> bool:
        """Whether a copy follows a source topic."""
        return any(restore.limit is not None for task, of in self._stores.items() if self._warm[task] for restore in of)

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _begin(self, tasks: Collection[Task], committed: Committed, *, warm: bool) -> None:
        partitions = [partition for task in tasks for partition in task.changelogs.values()]
        first = self._admin.start_offsets(partitions)
        # Up to the high watermark: a transaction that is decided may still lie behind the last stable offset.
        bounds = _Bounds(first, self._admin.high_watermarks(partitions), committed)
        for task in tasks:
            if self._warm.get(task.id) and not warm:
                self._tell_suspended(task.id, promoted=True)
            reached = {restore.name: restore.position for restore in self.stores(task.id)}
            self._stores[task.id] = [
                self._begin_store(task, name, bounds.of(where, task), reached.get(name), warm=warm)
                for name, where in task.changelogs.items()
            ]
            self._warm[task.id] = warm

    def _begin_store(self, task: Task, name: str, bound: _Bound, reached: int | None, *, warm: bool) -> StoreRestore:
        store, where = task.stores[name], task.changelogs[name]
        position = store.position() if reached is None else reached
        if position is None or not bound.holds(position):
            position = _emptied(store, name, where, position, bound)
        limit = bound.end if bound.is_input or not warm else None
        listen = self._standby_listener.on_update_start if warm else self._listener.on_restore_start
        listen(where, name, position, bound.end)
        return StoreRestore(task.id, name, store, where, warm, position, position, bound.end, limit)

    def _aim(self) -> bool:
        """Assigns what there is to read; False if there is nothing."""
        wanted = self._behind(warm=False) or self._behind(warm=True)
        if wanted != self._read:
            self._reader.assign({where: restore.position for where, restore in wanted.items()})
            self._read = wanted
        return bool(wanted)

    def _behind(self, *, warm: bool) -> dict[TopicPartition, StoreRestore]:
        tasks: Iterable[TaskId] = (task for task, is_warm in self._warm.items() if is_warm is warm)
        return {restore.partition: restore for task in tasks for restore in self._stores[task] if restore.behind}

    def _poll(self, wait_s: float) -> list[RecordBatch]:
        try:
            return self._reader.poll(_BATCH if self.restoring else _COPY_BATCH, wait_s)
        except OffsetOutOfRangeError:
            if not self._rebuild_cut_off():
                raise
            return []

    def _rebuild_cut_off(self) -> bool:
        """Begins anew with the stores whose changelog was cut off while they were on their way; False if there are none."""
        partitions = list(self._read)
        bounds = _Bounds(self._admin.start_offsets(partitions), self._admin.high_watermarks(partitions), {})
        lost = [(r, bound) for where, r in self._read.items() if not (bound := bounds.of(where)).holds(r.position)]
        for restore, bound in lost:
            where = restore.partition
            restore.start = restore.position = _emptied(restore.store, restore.name, where, restore.position, bound)
            restore.end = bound.end
            if restore.limit is not None:
                restore.limit = max(bound.first, min(restore.limit, bound.end))
            if not restore.warm:
                self._listener.on_restore_start(where, restore.name, restore.start, restore.end)
        self._read = {}
        return bool(lost)

    def _apply(self, batch: RecordBatch) -> int:
        restore = self._read.get(TopicPartition(batch.topic, batch.partition))
        if restore is None:
            return 0
        records = restore.apply(batch)
        listen = self._standby_listener.on_batch_loaded if restore.warm else self._listener.on_batch_restored
        listen(restore.partition, restore.name, restore.position, records)
        return records

    def _tell_suspended(self, task: TaskId, *, promoted: bool) -> None:
        for restore in self._stores[task]:
            self._standby_listener.on_update_suspended(restore.partition, restore.name, restore.position, promoted=promoted)


def _emptied(store: Any, name: str, changelog: TopicPartition, position: int | None, bound: _Bound) -> int:
    """Empties a store that has no place in its changelog; where it begins."""
    if position is not None:
        first, end = bound.first, bound.end
        _log.warning("store_rebuilt", store=name, changelog=str(changelog), position=position, first=first, end=end)
    store.wipe()
    return bound.first
