"""A processor context for unit tests of single processors: real stores, and everything else under the test's control.

Source of the semantics: Kafka Streams' MockProcessorContext. Nothing happens by itself: schedules run when the test says so.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from headrace.core.errors import TopologyError, UnknownStoreError
from headrace.core.identifiers import TaskId
from headrace.core.records import Record, RecordMetadata
from headrace.core.time import UNKNOWN_TIME, Duration, to_ms
from headrace.processor.api import PunctuationType
from headrace.processor.stores import PublicStore, public_store
from headrace.state.engines.memory import MemoryEngine
from headrace.state.memory import SharedMemory
from headrace.state.open import open_store
from headrace.state.spec import StoreSpec

_MEMORY_BYTES = 1 << 30


class Forwarded(NamedTuple):
    """A record that was forwarded, and the child it was meant for (None: all)."""

    record: Record[Any, Any]
    to: str | None


@dataclass(slots=True)
class MockSchedule:
    """A schedule that a processor made.

    Attributes:
        cancelled: The processor has ended it.
    """

    interval_ms: int
    kind: PunctuationType
    callback: Callable[[int], None]
    cancelled: bool = False
    _context: MockProcessorContext | None = field(default=None, repr=False, compare=False)

    def cancel(self) -> None:
        """Ends it."""
        self.cancelled = True

    def run(self, time_ms: int) -> None:
        """Calls the processor back with a time; within the call there is no record metadata.

        Raises:
            TopologyError: It was cancelled.
        """
        if self.cancelled:
            message = f"the schedule of every {self.interval_ms} ms is cancelled"
            raise TopologyError(message)
        context = self._context
        if context is None:
            self.callback(time_ms)
            return
        metadata, context.metadata = context.metadata, None
        try:
            self.callback(time_ms)
        finally:
            context.metadata = metadata


class MockProcessorContext:
    """A `ProcessorContext` that notes what a processor does.

    Args:
        stores: Opened in memory, without cache and changelog; further ones by `add_store`.
        children: Names that `forward(to=...)` may use; None allows all.
        options: What `option(name)` returns.
        system_time_ms: Where the wall clock stands; set it to move it.

    Attributes:
        forwarded: What was forwarded, in order.
        schedules: What was scheduled, in order.
        commits: How often a commit was asked for.
        counts: Metrics of the user's own, summed.
        metadata: Where the record in hand comes from.
        stream_time_ms, system_time_ms: The clocks.

    >>> from headrace import Processor, Record
    >>> class Shout(Processor[str, str, str, str]):
    ...     def process(self, record):
    ...         self.context.forward(record.with_value(record.value.upper()))
    >>> with MockProcessorContext() as context:
    ...     shout = Shout()
    ...     shout.init(context)
    ...     shout.process(Record("k", "hello", 0))
    ...     context.records()[0].value
    'HELLO'
    """

    def __init__(
        self,
        *,
        stores: Sequence[StoreSpec] = (),
        children: Sequence[str] | None = None,
        options: Mapping[str, Any] | None = None,
        task_id: TaskId = TaskId(0, 0),  # noqa: B008 - an immutable value
        application_id: str = "mock",
        system_time_ms: int = 0,
    ) -> None:
        self.task_id = task_id
        self.application_id = application_id
        self.forwarded: list[Forwarded] = []
        self.schedules: list[MockSchedule] = []
        self.commits = 0
        self.counts: dict[str, float] = {}
        self.metadata: RecordMetadata | None = RecordMetadata("mock", 0, 0)
        self.stream_time_ms = UNKNOWN_TIME
        self.system_time_ms = system_time_ms
        self._children = children
        self._options = dict(options or {})
        self._stores: dict[str, PublicStore] = {}
        self._resources = ExitStack()
        self.state_dir = Path(self._resources.enter_context(tempfile.TemporaryDirectory(prefix="headrace-mock-")))
        self._surroundings = _Surroundings(self.state_dir)
        for spec in stores:
            self.add_store(spec)

    # ---- what tests do --------------------------------------------------------------------------------------------

    def add_store(self, spec: StoreSpec) -> Any:
        """Opens a store and returns it as the processor will see it."""
        store = open_store(spec, self._surroundings)
        self._resources.callback(store.close)
        self._stores[spec.name] = public_store(store, spec)
        return self._stores[spec.name]

    def records(self, to: str | None = None) -> list[Record[Any, Any]]:
        """Records forwarded so far: all of them, or those that reach the child `to`."""
        return [record for record, child in self.forwarded if to is None or child in (None, to)]

    def take(self) -> list[Record[Any, Any]]:
        """Records forwarded since the last call."""
        records = self.records()
        self.forwarded.clear()
        return records

    def close(self) -> None:
        """Closes the stores and removes the directory."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # ---- ProcessorContext -----------------------------------------------------------------------------------------

    def forward(self, record: Record[Any, Any], to: str | None = None) -> None:
        """Notes a record. Raises TopologyError for a child that is not among `children`."""
        if to is not None and self._children is not None and to not in self._children:
            message = f"the processor forwards to {to!r}, which is not among its children"
            raise TopologyError(message, hint=f"its children are: {', '.join(self._children) or 'none'}")
        self.forwarded.append(Forwarded(record, to))

    def schedule(self, interval: Duration, kind: PunctuationType, callback: Callable[[int], None]) -> MockSchedule:
        """Notes a schedule. Raises TopologyError for an interval below 1 ms."""
        interval_ms = to_ms(interval)
        if interval_ms < 1:
            message = f"a punctuation interval must be at least 1 ms, got {interval_ms} ms"
            raise TopologyError(message)
        schedule = MockSchedule(interval_ms, kind, callback, _context=self)
        self.schedules.append(schedule)
        return schedule

    def commit(self) -> None:
        """Counts the request."""
        self.commits += 1

    def store(self, name: str) -> Any:
        """A store. Raises UnknownStoreError with the names there are."""
        if name not in self._stores:
            message = f"the mock context has no store {name!r}; it has {', '.join(map(repr, self._stores)) or 'none'}"
            raise UnknownStoreError(message, hint="give its spec: MockProcessorContext(stores=[...])")
        return self._stores[name]

    def record_metadata(self) -> RecordMetadata | None:
        """What the test has set; None within a punctuation."""
        return self.metadata

    def current_stream_time_ms(self) -> int:
        """What the test has set, -1 at first."""
        return self.stream_time_ms

    def current_system_time_ms(self) -> int:
        """What the test has set."""
        return self.system_time_ms

    def option(self, name: str) -> Any:
        """One of the options given. Raises KeyError for others."""
        return self._options[name]

    def count(self, metric: str, amount: float = 1.0) -> None:
        """Sums up a metric."""
        self.counts[metric] = self.counts.get(metric, 0.0) + amount


class _Surroundings:
    """The `StoreContext` of the stores."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.default_engine = MemoryEngine()
        self.memory = SharedMemory(_MEMORY_BYTES)

    def changelog(self, _store: str) -> None:
        """Changes go nowhere."""
        return
