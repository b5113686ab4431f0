"""Runs a processor of the user's as an operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from headrace.core.errors import TopologyError
from headrace.core.identifiers import TaskId
from headrace.core.records import Headers, Record, RecordMetadata
from headrace.core.time import Duration, to_ms
from headrace.operators.base import OperatorContext, RowFn
from headrace.processor.api import ProcessorSupplier, PunctuationType
from headrace.processor.schedules import Cancellable


@dataclass(frozen=True, slots=True)
class UserProcessor:
    """A Processor API processor; with `fixed_key` what it forwards keeps the key of the record in hand.

    Raises:
        TopologyError: The supplier returns the same object twice. Tasks would share it, and so mix their state.
    """

    needs_metadata: ClassVar[bool] = True
    supplier: ProcessorSupplier
    fixed_key: bool = False

    def __post_init__(self) -> None:
        # A class makes a new object per call. A function is called twice to see, as Kafka Streams does.
        if not isinstance(self.supplier, type) and self.supplier() is self.supplier():
            message = f"the supplier {_name_of(self.supplier)} returns the same processor each time"
            raise TopologyError(message, hint="return a new processor per call: one is made for each task")

    def bind(self, context: OperatorContext) -> RowFn:
        """Makes and initialises the processor of one task."""
        processor = self.supplier()
        if not callable(getattr(processor, "process", None)):
            message = f"processor {context.node!r}: {_name_of(self.supplier)} made {processor!r}, which has no method 'process'"
            raise TopologyError(message, hint="return an instance of a subclass of Processor")
        user_context = FixedKeyContext(context) if self.fixed_key else UserContext(context)
        context.on_close(processor.close)
        processor.init(user_context)
        process = processor.process

        def row(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            process(Record(key, value, timestamp, headers))

        if not isinstance(user_context, FixedKeyContext):
            return row
        hold_key = user_context.hold_key

        def row_of_fixed_key(key: Any, value: Any, timestamp: int, headers: Headers) -> None:
            hold_key(key)
            process(Record(key, value, timestamp, headers))

        return row_of_fixed_key


class UserContext:
    """The ProcessorContext of one processor in one task."""

    def __init__(self, context: OperatorContext) -> None:
        self._context = context
        self._forward = context.forward
        self._children = context.children

    def forward(self, record: Record[Any, Any], to: str | None = None) -> None:
        """Hands a record to all children, or to the child named `to`."""
        row = self._forward if to is None else self._child(to)
        row(record.key, record.value, record.timestamp, record.headers)

    def schedule(self, interval: Duration, kind: PunctuationType, callback: Callable[[int], None]) -> Cancellable:
        """Calls back regularly with the time in ms."""
        interval_ms = to_ms(interval)
        if interval_ms < 1:
            message = f"processor {self._context.node!r}: a punctuation interval must be at least 1 ms, got {interval_ms} ms"
            raise TopologyError(message)
        return self._context.schedule(interval_ms, kind.value, callback)

    def commit(self) -> None:
        """Asks for a commit soon."""
        self._context.request_commit()

    def store(self, name: str) -> Any:
        """A store this processor is connected to."""
        return self._context.processor_store(name)

    def record_metadata(self) -> RecordMetadata | None:
        """Where the record in hand was read from; None within a punctuation."""
        return self._context.record_metadata()

    def current_stream_time_ms(self) -> int:
        """The task's stream time."""
        return self._context.stream_time()

    def current_system_time_ms(self) -> int:
        """Wall clock."""
        return self._context.now_ms()

    @property
    def task_id(self) -> TaskId:
        """The task."""
        return self._context.task_id

    @property
    def application_id(self) -> str:
        """The application."""
        return self._context.application_id

    @property
    def state_dir(self) -> Path:
        """The task's directory."""
        return self._context.state_dir

    def option(self, name: str) -> Any:
        """An option of the application."""
        return self._context.option(name)

    def count(self, metric: str, amount: float = 1.0) -> None:
        """Adds to a metric of the user's own."""
        self._context.count(metric, amount)

    def _child(self, name: str) -> RowFn:
        row = self._children.get(name)
        if row is None:
            message = f"processor {self._context.node!r} forwards to {name!r}, which is not among its children"
            raise TopologyError(message, hint=f"its children are: {', '.join(self._children) or 'none'}")
        return row


_NO_KEY = object()


class FixedKeyContext(UserContext):
    """Forwards under the key of the record in hand; within a punctuation there is none, and the given key is taken."""

    def __init__(self, context: OperatorContext) -> None:
        super().__init__(context)
        self._key: Any = _NO_KEY

    def hold_key(self, key: Any) -> None:
        """Notes the key of the record in hand."""
        self._key = key

    def forward(self, record: Record[Any, Any], to: str | None = None) -> None:
        """Hands a record on, under the key in hand."""
        row = self._forward if to is None else self._child(to)
        key = record.key if self._key is _NO_KEY else self._key
        row(key, record.value, record.timestamp, record.headers)

    def schedule(self, interval: Duration, kind: PunctuationType, callback: Callable[[int], None]) -> Cancellable:
        """Calls back regularly with the time in ms."""

        def punctuate(now: int) -> None:
            self._key = _NO_KEY
            callback(now)

        return super().schedule(interval, kind, punctuate)


def _name_of(supplier: ProcessorSupplier) -> str:
    return getattr(supplier, "__qualname__", None) or repr(supplier)
