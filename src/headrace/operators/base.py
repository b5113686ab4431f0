"""What every operator shares: it turns parameters into one row function over stores, once, when a task starts.

A row function takes `(key, value, timestamp, headers)`. Streams carry plain values, tables carry `Change`. Operators are
frozen values and may be bound any number of times (once per task); all state lives in stores, time cells and closures.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from headrace.core.identifiers import TaskId
from headrace.core.records import Headers, RecordMetadata
from headrace.processor.schedules import Cancellable

RowFn = Callable[[Any, Any, int, Headers], None]
"""One step of a task: key, value (a Change for tables), event time in ms, headers."""

T = TypeVar("T")


class TimeCell:
    """A time in ms that belongs to an operator and is part of the commit: its stream time, or how far it has emitted."""

    __slots__ = ("value",)

    def __init__(self, value: int = -1) -> None:
        self.value = value


class HeldRecord(Protocol):
    """A record that is finished later than it came: its place and time, to be put back meanwhile."""

    def in_hand(self) -> AbstractContextManager[None]:
        """Makes it the record in hand again, with the stream time that it came at."""
        ...

    def fail(self, error: Exception) -> None:
        """Hands it to the error policy; returns if it is to be left out."""
        ...


class Barrier(Protocol):
    """Forwards rows that an operator holds back for results."""

    def __call__(self, *, wait: bool) -> None:
        """Forwards what is done; with `wait` everything, however long it takes."""
        ...


class OperatorContext(Protocol):
    """What a task gives an operator when it is bound."""

    @property
    def task_id(self) -> TaskId:
        """The task."""
        ...

    @property
    def node(self) -> str:
        """The operator's name in the topology."""
        ...

    @property
    def forward(self) -> RowFn:
        """Hands a row to all children, in the order in which they were attached."""
        ...

    @property
    def children(self) -> Mapping[str, RowFn]:
        """Each child by name, in order."""
        ...

    def store(self, name: str) -> Any:
        """The store as operators see it (`state.api`). Raises UnknownStoreError if this node is not connected to it."""
        ...

    def processor_store(self, name: str) -> Any:
        """The same store as a processor of the user's sees it (`processor.stores.public_store`).

        A global store is read-only except for the processor that fills it. Raises UnknownStoreError that names the stores
        this node is connected to.
        """
        ...

    def on_close(self, callback: Callable[[], None]) -> None:
        """Calls back once when the task is closed, before its stores are; in the order of the calls."""
        ...

    def time_cell(self, name: str) -> TimeCell:
        """The time kept under this name for this task (the same cell for the same name), with its committed value."""
        ...

    def shared(self, name: str, make: Callable[[], T]) -> T:
        """An object that several operators of the task share by name, e.g. both sides of a join."""
        ...

    def drop_counter(self, reason: str) -> Callable[[], None]:
        """Counts one dropped record of this node under a reason: `late`, `null-key`, `null-value`, `expired` ..."""
        ...

    def now_ms(self) -> int:
        """Wall clock."""
        ...

    def stream_time(self) -> int:
        """The task's stream time, -1 before the first record."""
        ...

    def record_metadata(self) -> RecordMetadata | None:
        """Where the current record comes from; None within a punctuation or a flush."""
        ...

    def option(self, name: str) -> Any:
        """An option of the application, e.g. `emit_interval_ms`."""
        ...

    @property
    def application_id(self) -> str:
        """The application."""
        ...

    @property
    def state_dir(self) -> Path:
        """The task's directory."""
        ...

    def request_commit(self) -> None:
        """Asks for a commit soon."""
        ...

    def count(self, metric: str, amount: float) -> None:
        """Adds to a metric of the user's own, labelled with task and node."""
        ...

    def start_call(self, call: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Runs a coroutine beside the task."""
        ...

    def hold_record(self) -> HeldRecord:
        """The record in hand, for later."""
        ...

    @property
    def caching(self) -> bool:
        """Whether updates may be held back until the commit."""
        ...

    def on_barrier(self, barrier: Barrier) -> None:
        """Calls back before each punctuation and commit, and now and then between records."""
        ...

    def schedule(self, interval_ms: int, kind: str, callback: Callable[[int], None]) -> Cancellable:
        """Calls back regularly by `stream_time` or `wall_clock` with the time in ms."""
        ...


class Operator(Protocol):
    """Parameters of one step; `bind` makes its row function.

    Those that pass every value on as it came also say `keeps_value: ClassVar[bool] = True`: a sink behind them can then
    write the bytes that were read.
    """

    needs_metadata: ClassVar[bool]
    """True if the task must note topic, partition and offset before each record (costs time on the hot path)."""

    def bind(self, context: OperatorContext) -> RowFn:
        """The row function for one task."""
        ...


Getter = Callable[[Any], tuple[Any, int] | None]
"""Looks a key up in a table: value and timestamp, or None."""


class TableView(Protocol):
    """How to read a table from another operator: through its store, or computed from its parent's view.

    Kafka Streams calls it a value getter.
    """

    @property
    def stores(self) -> tuple[str, ...]:
        """Names of the stores that a node must be connected to for this."""
        ...

    @property
    def versioned(self) -> bool:
        """Whether `bind_as_of` gives answers for past times."""
        ...

    def bind(self, context: OperatorContext) -> Getter:
        """A look-up of the latest value."""
        ...

    def bind_as_of(self, context: OperatorContext) -> Callable[[Any, int], tuple[Any, int] | None]:
        """A look-up of the value valid at a time. Only if `versioned`."""
        ...
