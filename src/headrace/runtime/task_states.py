"""What a worker's tasks are doing, for status, metrics and queries."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headrace.core.identifiers import TaskId, TopicPartition
from headrace.runtime.directory import Role
from headrace.runtime.restore.store_restore import StoreRestore
from headrace.runtime.tasks.status import TaskStatus
from headrace.runtime.tasks.task import Task


@dataclass(frozen=True, slots=True)
class RestoreProgress:
    """How far a restore is.

    Attributes:
        restored: Records applied.
        remaining: Changelog offsets that are left; of a copy, how far it is behind.
        rate: Changelog offsets per second since it began.
        left_s: About how many seconds are left; None while nobody can tell.
    """

    restored: int
    remaining: int
    rate: float
    left_s: float | None


@dataclass(frozen=True, slots=True)
class StoreState:
    """A store that has a changelog.

    Attributes:
        position: The changelog offset that the committed data stands for; None for a new one.
        restore: None for a store that is processed with.
    """

    name: str
    changelog: TopicPartition
    position: int | None
    restore: RestoreProgress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """A task of this worker.

    Attributes:
        state: CREATED: it waits for its turn, or for its directory; RESTORING: its stores are on their way, or (standby)
            follow their changelogs; RUNNING: it is processed.
        role: Whether it is here to be processed, or as a warm copy.
        positions: Per input the next offset to process; empty until it runs.
        lag: Records between the task and the ends of its inputs; of one that does not run, changelog offsets that are left.
        stores: Those with changelogs.
    """

    task: TaskId
    state: TaskStatus
    role: Role
    positions: Mapping[TopicPartition, int] = field(default_factory=dict)
    lag: int = 0
    stores: Sequence[StoreState] = ()

    @property
    def ready(self) -> bool:
        """Whether it is processed."""
        return self.state is TaskStatus.RUNNING


def running_state(task: Task, lags: Mapping[TopicPartition, int]) -> TaskState:
    """Of a task that is processed."""
    positions = {where: queue.next_offset for where, queue in task.group.queues.items() if queue.next_offset is not None}
    stores = tuple(StoreState(name, where, task.stores[name].position()) for name, where in task.changelogs.items())
    lag = sum(lags.get(where, 0) for where in task.partitions)
    return TaskState(task=task.id, state=task.status, role=Role.ACTIVE, positions=positions, lag=lag, stores=stores)


def underway_state(task: Task, role: Role, restores: Sequence[StoreRestore]) -> TaskState:
    """Of a task whose stores are on their way."""
    stores = tuple(
        StoreState(restore.name, restore.partition, restore.store.position(), _progress(restore)) for restore in restores
    )
    lag = sum(max(0, restore.end - restore.position) for restore in restores)
    return TaskState(task=task.id, state=task.status, role=role, lag=lag, stores=stores)


def _progress(restore: StoreRestore) -> RestoreProgress:
    remaining = max(0, restore.end - restore.position)
    rate = (restore.position - restore.start) / max(time.monotonic() - restore.began_s, 1e-9)
    left_s = 0.0 if not remaining else remaining / rate if rate else None
    return RestoreProgress(restore.total, remaining, rate, left_s)
