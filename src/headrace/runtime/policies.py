"""What happens to a record that cannot be read, processed or written: fail, skip, or dead-letter.

Source of the semantics: KIP-161 and KIP-1033 (handlers), KIP-1034 (dead letter queue and its header names).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from headrace.core.errors import ConfigurationError, DecodeError, HeadraceError
from headrace.core.identifiers import TaskId
from headrace.core.records import Headers


class Decision(Enum):
    """The answer of a policy.

    RETRY is what a policy for results may say; it is FAIL here: what the log refuses for the moment is tried again by itself
    for as long as `task_timeout`, and what a format cannot write does not get better.
    """

    FAIL = "fail"
    SKIP = "skip"
    DLQ = "dlq"
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRecord:
    """A record that could not be handled, as policies see it.

    Topic, partition, offset and bytes are those of the record that was read. They are None where none was in hand: in a
    punctuation, or when a cache is flushed.

    Attributes:
        phase: `decode` (its timestamp, too), `process`, `punctuate`, `flush` or `produce`.
        node: The step that failed, if known.
        key / value: Original bytes.
        timestamp: The record's own, in ms; stream time where there is none.
    """

    phase: str
    task: TaskId
    topic: str | None
    partition: int | None
    offset: int | None
    node: str | None
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Headers
    error: Exception

    def where(self) -> str:
        """Task, topic, partition and offset in words."""
        if self.topic is not None:
            return f"task {self.task}, topic {self.topic!r}, partition {self.partition}, offset {self.offset}"
        return f"task {self.task}" if self.node is None else f"task {self.task}, node {self.node!r}"


ErrorHandler = Callable[[FailedRecord], Decision]
"""A policy of the user's own: looks at the failed record and decides."""


@dataclass(frozen=True, slots=True)
class Always:
    """A policy that gives the same answer for every record."""

    decision: Decision

    def __call__(self, _record: FailedRecord) -> Decision:
        """The answer."""
        return self.decision


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPolicies:
    """The application's policies and its dead letter topic (None: there is none)."""

    on_decode: ErrorHandler
    on_process: ErrorHandler
    on_produce: ErrorHandler
    dead_letter_topic: str | None = None

    def decide(self, record: FailedRecord, source_policy: str | None = None) -> Decision:
        """What to do with a record. A source's own policy for what it cannot read wins over the application's.

        Raises:
            ConfigurationError: A policy of the user's own gives something that is no decision.
        """
        if record.phase == "decode" and source_policy is not None:
            return Decision(source_policy)
        policy = {"decode": self.on_decode, "produce": self.on_produce}.get(record.phase, self.on_process)
        answer = policy(record)
        try:
            return Decision(answer)
        except ValueError:
            message = f"the error policy for phase {record.phase!r} gave {answer!r} ({record.where()})"
            raise ConfigurationError(message, hint="return a Decision: FAIL, SKIP or DLQ") from record.error


def may_leave_out(policy: ErrorHandler) -> bool:
    """Whether a policy can answer anything but fail."""
    return not isinstance(policy, Always) or policy.decision in (Decision.SKIP, Decision.DLQ)


def handler(policy: str | ErrorHandler, option: str, dead_letter_topic: str | None) -> ErrorHandler:
    """A policy by name, or the user's function itself.

    Raises:
        ConfigurationError: `dlq` without a dead letter topic, or an unknown name.
    """
    if callable(policy):
        return policy
    try:
        decision = Decision(policy)
    except ValueError:
        message = f"{option} is {policy!r}"
        raise ConfigurationError(message, hint='use "fail", "skip", "dlq" or a function') from None
    if decision is Decision.DLQ and dead_letter_topic is None:
        message = f'{option} is "dlq", but there is no dead letter topic'
        raise ConfigurationError(message, hint='set dlq_topic="..."')
    return Always(decision)


def dead_letter_headers(record: FailedRecord) -> Headers:
    """Original headers first, then KIP-1034's, then what is known of bytes that cannot be read; all text, and no empty ones."""
    error = record.error
    trace = "".join(traceback.format_exception(error))
    added = (
        ("exception", f"{type(error).__module__}.{type(error).__qualname__}"),
        ("message", error.message if isinstance(error, HeadraceError) else str(error)),
        ("stacktrace", trace),
        ("topic", record.topic),
        ("partition", record.partition),
        ("offset", record.offset),
    )
    known = tuple((f"__streams.errors.{name}", str(value).encode()) for name, value in added if value is not None)
    return record.headers + known + _unreadable_headers(error)


def _unreadable_headers(error: Exception) -> Headers:
    """Ours, under a name of our own: `part` (key or value), `field` (its path) and `schema_id`."""
    if not isinstance(error, DecodeError):
        return ()
    found = (("part", error.part), ("field", error.field), ("schema_id", error.schema_id))
    return tuple((f"__headrace.errors.{name}", str(value).encode()) for name, value in found if value is not None)
