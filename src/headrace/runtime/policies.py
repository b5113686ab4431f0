"""What happens to a record that cannot be read, processed or written: fail, skip, or dead-letter.

Source of the semantics: KIP-161 and KIP-1033 (handlers), KIP-1034 (dead letter queue and its header names).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from headrace.core.errors import ConfigurationError
from headrace.core.identifiers import TaskId
from headrace.core.records import Headers


class Decision(Enum):
    """The answer of a policy."""

    FAIL = "fail"
    SKIP = "skip"
    DLQ = "dlq"
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRecord:
    """A record that could not be handled, as policies see it.

    Attributes:
        phase: `decode`, `process` or `produce`.
        topic: Where it was read from (for `produce`: where it should have gone).
        node: The step that failed, if known.
        key / value: Original bytes.
        timestamp: The record's own, in ms.
    """

    phase: str
    task: TaskId
    topic: str
    partition: int
    offset: int
    node: str | None
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Headers
    error: Exception

    def where(self) -> str:
        """Task, topic, partition and offset in words."""
        return f"task {self.task}, topic {self.topic!r}, partition {self.partition}, offset {self.offset}"


ErrorHandler = Callable[[FailedRecord], Decision]
"""A policy of the user's own: looks at the failed record and decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPolicies:
    """The application's policies and its dead letter topic (None: there is none)."""

    on_decode: ErrorHandler
    on_process: ErrorHandler
    on_produce: ErrorHandler
    dead_letter_topic: str | None = None

    def decide_decode(self, record: FailedRecord, source_policy: str | None) -> Decision:
        """A source's own policy wins over the application's."""
        return Decision(source_policy) if source_policy is not None else self.on_decode(record)


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
    return lambda _: decision


def dead_letter_headers(record: FailedRecord) -> Headers:
    """Original headers first, then KIP-1034's, all text."""
    error = record.error
    trace = "".join(traceback.format_exception(error))
    added = (
        ("__streams.errors.exception", f"{type(error).__module__}.{type(error).__qualname__}"),
        ("__streams.errors.message", str(error)),
        ("__streams.errors.stacktrace", trace),
        ("__streams.errors.topic", record.topic),
        ("__streams.errors.partition", str(record.partition)),
        ("__streams.errors.offset", str(record.offset)),
    )
    return record.headers + tuple((name, text.encode()) for name, text in added)
