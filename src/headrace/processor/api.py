"""Processors: user code that gets every record of a stream, with stores, schedules and full control over what it forwards.

Source of the semantics: KIP-478 (typed Processor API), KIP-820 (process and processValues).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from headrace.core.identifiers import TaskId
from headrace.core.records import Record, RecordMetadata
from headrace.core.time import Duration
from headrace.processor.schedules import Cancellable
from headrace.state.spec import StoreSpec

KIn = TypeVar("KIn")
VIn = TypeVar("VIn")
KOut = TypeVar("KOut")
VOut = TypeVar("VOut")


class PunctuationType(Enum):
    """Which clock a schedule follows."""

    STREAM_TIME = "stream_time"
    WALL_CLOCK_TIME = "wall_clock"


class ProcessorContext(Protocol[KOut, VOut]):
    """What a processor may ask of its task. Valid from `init` to `close`."""

    def forward(self, record: Record[KOut, VOut], to: str | None = None) -> None:
        """Hands a record to all children, or to the child named `to`.

        Raises:
            TopologyError: There is no such child.
        """
        ...

    def schedule(self, interval: Duration, kind: PunctuationType, callback: Callable[[int], None]) -> Cancellable:
        """Calls `callback(time in ms)` regularly.

        By stream time: first after the first record, then at multiples of the interval; a jump fires once. By wall clock:
        first one interval from now; missed ones are not made up for. Within a punctuation there is no record metadata.
        """
        ...

    def commit(self) -> None:
        """Asks for a commit soon; it does not happen within this call."""
        ...

    def store(self, name: str) -> Any:
        """A store this processor is connected to.

        Raises:
            UnknownStoreError: There is none, or it is not connected; the message names those that are.
        """
        ...

    def record_metadata(self) -> RecordMetadata | None:
        """Topic, partition and offset of the record in hand; None within a punctuation."""
        ...

    def current_stream_time_ms(self) -> int:
        """The task's stream time, -1 before its first record."""
        ...

    def current_system_time_ms(self) -> int:
        """Wall clock."""
        ...

    @property
    def task_id(self) -> TaskId:
        """The task this processor belongs to."""
        ...

    @property
    def application_id(self) -> str:
        """The application."""
        ...

    @property
    def state_dir(self) -> Path:
        """The task's directory."""
        ...

    def option(self, name: str) -> Any:
        """An option of the application by its name in `headrace.toml`."""
        ...

    def count(self, metric: str, amount: float = 1.0) -> None:
        """Adds to a metric of the user's own, labelled with task and processor."""
        ...


class Processor(Generic[KIn, VIn, KOut, VOut]):
    """Base of user processors. One instance per task, made by the supplier; used by one thread.

    >>> class Shout(Processor[str, str, str, str]):
    ...     def process(self, record):
    ...         self.context.forward(record.with_value(record.value.upper()))
    """

    context: ProcessorContext[KOut, VOut]

    def init(self, context: ProcessorContext[KOut, VOut]) -> None:
        """Called once before the first record. Overriding ones that want `self.context` call `super().init(context)`."""
        self.context = context

    def process(self, record: Record[KIn, VIn]) -> None:
        """Called for every record."""
        raise NotImplementedError

    def close(self) -> None:
        """Called once after the last record; stores may be read, not written."""


ProcessorSupplier = Callable[[], Processor[Any, Any, Any, Any]]
"""Makes one new processor per task: a Processor class, or a function without arguments. Never returns the same object twice.
If it has an attribute `stores` (a sequence of StoreSpec), these are added to the topology and connected."""


def stores_of(supplier: ProcessorSupplier) -> tuple[StoreSpec, ...]:
    """The stores a supplier brings along."""
    return tuple(getattr(supplier, "stores", ()))
