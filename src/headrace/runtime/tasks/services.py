"""What all tasks of a worker share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headrace.core.time import Clock
from headrace.observe.metrics import Metrics
from headrace.operators.base import RowFn
from headrace.runtime.async_calls import AsyncRunner
from headrace.runtime.policies import ErrorPolicies, may_leave_out
from headrace.runtime.tasks.drops import DropWarnings
from headrace.state.engines.api import EngineSupplier
from headrace.state.memory import SharedMemory

NodeWrapper = Callable[[str, RowFn], RowFn]
"""Takes a node's name and its function, and gives the function to be called in its place."""


def any_future(_topic: str) -> int | None:
    """For logs that take every timestamp."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskServices:
    """The surroundings of tasks.

    Attributes:
        state_root: The application's directory; each task has a folder in it.
        topic_name: From the base name of an internal topic to its real name.
        partition_count: Partitions of a (real) topic. Raises UnknownTopicError.
        future_allowance_ms: How far in the future records of a topic may lie; None: as far as they like.
        option: An option of the application by name.
        caching: False switches all caches off (each update is forwarded at once).
        global_stores: Open global stores by name.
        wrap_nodes: Wraps each processor's function; None, the default, costs nothing.
        drop_warnings: Which dropped records the log has told of.
    """

    application_id: str
    state_root: Path
    clock: Clock
    metrics: Metrics
    engine: EngineSupplier
    memory: SharedMemory
    topic_name: Callable[[str], str]
    partition_count: Callable[[str], int]
    option: Callable[[str], Any]
    policies: ErrorPolicies
    async_runner: AsyncRunner = field(default_factory=AsyncRunner)
    caching: bool = True
    global_stores: Mapping[str, Any] = field(default_factory=dict)
    wrap_nodes: NodeWrapper | None = None
    future_allowance_ms: Callable[[str], int | None] = any_future
    drop_warnings: DropWarnings = field(default_factory=DropWarnings)

    def latest_time(self, topic: str) -> Callable[[], int] | None:
        """The latest time that records of a topic may have, at each call; None where sinks need not look.

        If the policy for results is to fail, the log itself refuses them in time; it cannot leave single ones out.
        """
        allowance = self.future_allowance_ms(topic) if may_leave_out(self.policies.on_produce) else None
        if allowance is None:
            return None
        now = self.clock.now_ms
        return lambda: now() + allowance

    def is_global(self, store: str) -> bool:
        """Whether a store belongs to the instance rather than to a task."""
        return store in self.global_stores
