"""What an operator sees of its task: the implementation of `OperatorContext`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from headrace.core.errors import UnknownStoreError
from headrace.core.identifiers import TaskId
from headrace.core.records import RecordMetadata
from headrace.operators.base import Barrier, HeldRecord, RowFn, TimeCell
from headrace.processor.schedules import Cancellable, Schedule
from headrace.processor.stores import public_store
from headrace.runtime.tasks.current import CurrentRecord
from headrace.runtime.tasks.drops import Dropper
from headrace.runtime.tasks.services import TaskServices
from headrace.state.spec import StoreSpec

T = TypeVar("T")


class TaskState:
    """What the nodes of one task share.

    Attributes:
        stream_time: Largest event time so far, -1 at first.
        times: Operators' times by name; part of the commit.
        commit_requested: A processor has asked for a commit.
        flushing: Caches are being flushed.
        scheduled: Schedules made while nodes are bound, to be put in order of nodes afterwards.
    """

    def __init__(self, task_id: TaskId, directory: Path, services: TaskServices) -> None:
        self.task_id = task_id
        self.directory = directory
        self.services = services
        self.current = CurrentRecord()
        self.stream_time = -1
        self.times: dict[str, TimeCell] = {}
        self.commit_requested = False
        self.flushing = False
        self.stores: dict[str, Any] = {}
        self.schedule: Callable[[str, int, str, Callable[[int], None]], Schedule]
        self.shared: dict[str, Any] = {}
        self.specs: Mapping[str, StoreSpec] = {}
        self.fills_global_store = False
        self.closers: list[Callable[[], None]] = []
        self.barriers: list[Barrier] = []
        self.hold_record: Callable[[], HeldRecord]

    def record_time(self) -> int:
        """The event time of the record in hand; the stream time within a punctuation or flush, 0 before any record."""
        current = self.current
        if current.partition is not None and current.batch is not None:
            return current.batch.times[current.index]
        return max(0, self.stream_time)

    def pass_barriers(self, *, wait: bool) -> None:
        """Has held-back rows forwarded, upstream first: children are bound, and so registered, before their parents."""
        for barrier in reversed(self.barriers):
            barrier(wait=wait)


class NodeContext:
    """One node's view of its task.

    Args:
        line: The node's line in the program, empty if not known.
    """

    def __init__(
        self,
        state: TaskState,
        node: str,
        stores: tuple[str, ...],
        forward: RowFn,
        children: Mapping[str, RowFn],
        line: str = "",
    ) -> None:
        self._state = state
        self._line = line
        self._stores = stores
        self.node = node
        self.forward = forward
        self.children = children

    @property
    def task_id(self) -> TaskId:
        """The task."""
        return self._state.task_id

    @property
    def application_id(self) -> str:
        """The application."""
        return self._state.services.application_id

    @property
    def state_dir(self) -> Path:
        """The task's directory."""
        return self._state.directory

    def store(self, name: str) -> Any:
        """The store as operators see it."""
        if name in self._stores and name in self._state.stores:
            return self._state.stores[name]
        if self._state.services.is_global(name):
            return self._state.services.global_stores[name]
        connected = ", ".join(repr(store) for store in self._stores) or "no stores"
        message = f"processor {self.node!r} is not connected to a store {name!r}; it is connected to {connected}"
        raise UnknownStoreError(message, hint=f"connect it where the processor is added, e.g. process(supplier, {name!r})")

    def processor_store(self, name: str) -> Any:
        """The same store as a processor of the user's sees it."""
        store = self.store(name)
        spec = self._state.specs[name]
        read_only = name not in self._state.stores and not self._state.fills_global_store
        return public_store(store, spec, read_only=read_only)

    def on_close(self, callback: Callable[[], None]) -> None:
        """Calls back once when the task is closed."""
        self._state.closers.append(callback)

    def time_cell(self, name: str) -> TimeCell:
        """The time kept under this name."""
        return self._state.times.setdefault(name, TimeCell())

    def shared(self, name: str, make: Callable[[], T]) -> T:
        """An object shared by name within the task."""
        if name not in self._state.shared:
            self._state.shared[name] = make()
        found: T = self._state.shared[name]
        return found

    def drop_counter(self, reason: str) -> Callable[[], None]:
        """Counts one dropped record of this node, and lets the log tell of it."""
        services = self._state.services
        dropper = Dropper(
            metrics=services.metrics,
            warnings=services.drop_warnings,
            task=str(self.task_id),
            node=self.node,
            line=self._line,
            place=self.record_metadata,
        )
        return dropper.counter(reason)

    def count(self, metric: str, amount: float) -> None:
        """Adds to a metric of the user's own."""
        labels = {"task": str(self.task_id), "node": self.node}
        self._state.services.metrics.counter(metric, **labels).add(amount)

    def now_ms(self) -> int:
        """Wall clock."""
        return self._state.services.clock.now_ms()

    def stream_time(self) -> int:
        """The task's stream time."""
        return self._state.stream_time

    def record_metadata(self) -> RecordMetadata | None:
        """Where the current record comes from."""
        return self._state.current.metadata()

    def option(self, name: str) -> Any:
        """An option of the application."""
        return self._state.services.option(name)

    def request_commit(self) -> None:
        """Asks for a commit soon."""
        self._state.commit_requested = True

    def start_call(self, call: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Runs a coroutine beside the task."""
        return self._state.services.async_runner.start(call)

    def hold_record(self) -> HeldRecord:
        """The record in hand, for later."""
        return self._state.hold_record()

    @property
    def caching(self) -> bool:
        """Whether caches are on."""
        return self._state.services.caching

    def on_barrier(self, barrier: Barrier) -> None:
        """Calls back before each punctuation and commit."""
        self._state.barriers.append(barrier)

    def schedule(self, interval_ms: int, kind: str, callback: Callable[[int], None]) -> Cancellable:
        """Calls back regularly."""
        return self._state.schedule(self.node, interval_ms, kind, callback)
