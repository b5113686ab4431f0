"""When a table's updates are let go: `KTable.suppress`. Source of the semantics: KIP-328."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from headrace.core.errors import TopologyError
from headrace.core.identifiers import checked_name
from headrace.core.time import Duration, to_ms
from headrace.core.windows import Windowed
from headrace.plan.nodes.table import BufferBound

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class BufferConfig:
    """How much a suppression may hold, and what happens then. Made by the class methods.

    >>> BufferConfig.max_records(1000).emit_early_when_full()
    BufferConfig(bound=BufferBound(max_records=1000, max_bytes=None, emit_early=True), logging=True)
    """

    bound: BufferBound
    logging: bool = True

    @classmethod
    def unbounded(cls) -> BufferConfig:
        """As much as there is."""
        return cls(BufferBound())

    @classmethod
    def max_records(cls, number: int) -> BufferConfig:
        """At most so many keys; stops the application when there are more, unless it may emit early."""
        return cls(BufferBound(max_records=_not_negative(number, "records")))

    @classmethod
    def max_bytes(cls, number: int) -> BufferConfig:
        """At most so many bytes; stops the application when there are more, unless it may emit early."""
        return cls(BufferBound(max_bytes=_not_negative(number, "bytes")))

    def with_max_records(self, number: int) -> BufferConfig:
        """The same, and at most so many keys."""
        return replace(self, bound=replace(self.bound, max_records=_not_negative(number, "records")))

    def with_max_bytes(self, number: int) -> BufferConfig:
        """The same, and at most so many bytes."""
        return replace(self, bound=replace(self.bound, max_bytes=_not_negative(number, "bytes")))

    def emit_early_when_full(self) -> BufferConfig:
        """Lets the oldest go when full."""
        return replace(self, bound=replace(self.bound, emit_early=True))

    def shut_down_when_full(self) -> BufferConfig:
        """Stops the application when full: nothing is let go early."""
        return replace(self, bound=replace(self.bound, emit_early=False))

    def without_logging(self) -> BufferConfig:
        """No changelog: what is held is lost with the process."""
        return replace(self, logging=False)


def _not_negative(number: int, what: str) -> int:
    if number < 0:
        message = f"a buffer cannot hold {number} {what}"
        raise TopologyError(message)
    return number


@dataclass(frozen=True)
class Suppressed(Generic[K]):
    """What is held back and until when. Made by the class methods."""

    until_ms: int | None
    buffer: BufferConfig
    name: str | None

    @classmethod
    def until_window_closes(cls, buffer: BufferConfig, *, name: str | None = None) -> Suppressed[Windowed[Any]]:
        """One result per key and window, when stream time passes the window's end and grace.

        Raises:
            TopologyError: The buffer may emit early, so that a result would not be final.
        """
        if buffer.bound.emit_early:
            message = "until_window_closes gives final results only; its buffer cannot emit early when full"
            raise TopologyError(message, hint="use an unbounded buffer or shut_down_when_full()")
        return Suppressed(None, buffer, _checked(name))

    @classmethod
    def until_time_limit(cls, limit: Duration, buffer: BufferConfig, *, name: str | None = None) -> Suppressed[Any]:
        """At most one update per key and `limit` of stream time."""
        limit_ms = to_ms(limit)
        if limit_ms < 0:
            message = f"a time limit must not be negative, got {limit_ms} ms"
            raise TopologyError(message)
        return Suppressed(limit_ms, buffer, _checked(name))


def _checked(name: str | None) -> str | None:
    return None if name is None else checked_name(name, "step")
