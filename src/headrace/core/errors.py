"""Every error that Headrace raises, on one page.

HeadraceError
├── ConfigurationError            an option is unknown, misspelt or has a wrong value
├── TopologyError                 a program cannot be built: names, parents, stores, co-partitioning
├── SerializationError
│   ├── DecodeError               bytes that a format cannot read
│   └── EncodeError               a value that a format cannot write
├── RegistryError                 a schema registry refused
│   ├── UnknownSchemaError        no such subject, version or id
│   ├── IncompatibleSchemaError   the subject's compatibility forbids the schema
│   └── RegistryUnavailableError (retriable)  no answer within the time-out
├── LogError
│   ├── UnknownTopicError
│   ├── TopicExistsError
│   ├── OffsetOutOfRangeError
│   ├── OwnedError                another process runs this application id
│   ├── FencedError               a newer owner has taken over; fatal for this one
│   ├── LogFormatError            data on disk that this version cannot read
│   ├── LogFullError              no space left; nothing committed is lost
│   └── LogBusyError (retriable)  no answer within the time-out: another writer, or brokers that are away
├── StateError
│   ├── UnknownStoreError
│   ├── StoreCorruptError         a damaged store file; it can be rebuilt from its changelog
│   ├── StoreClosedError
│   └── RebalancingError (retriable)  the state asked for is on its way to its owner, or being restored
├── ProcessingError               user code or an operator failed on one record
│   └── StalledError              a step that took longer than stall_timeout and was interrupted
├── ClusterError                  a local Kafka cluster that cannot be started, stopped or read
├── BufferFullError               suppress(... shut down when full) ran over its bound
└── LifecycleError                a call that the current state does not allow
"""

from __future__ import annotations

from pathlib import Path


class HeadraceError(Exception):
    """Base of all errors: what happened, where, and the mend.

    Args:
        message: What happened and where, in one sentence.
        hint: What the reader can do about it.

    Attributes:
        located: The message already names task, topic, partition and offset.
    """

    retriable: bool = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.located = False

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  hint: {self.hint}"


class ConfigurationError(HeadraceError):
    """An option is unknown, misspelt or has a wrong value."""


class TopologyError(HeadraceError):
    """A program cannot be built: a name, parent, store or partition count does not fit."""


class SerializationError(HeadraceError):
    """Bytes and values could not be turned into one another."""


class DecodeError(SerializationError):
    """Bytes that the format of a topic or store cannot read.

    Attributes:
        field: Which field it is, as `order.lines[3].price`, if that is known.
        schema_id: The id of the writer's schema in the registry, if there is one.
        part: Of a record: `key` or `value`.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        field: str | None = None,
        schema_id: int | None = None,
        part: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.field = field
        self.schema_id = schema_id
        self.part = part


class EncodeError(SerializationError):
    """A value that the format of a topic or store cannot write."""


class RegistryError(HeadraceError):
    """A schema registry refused: bad credentials, a schema that it cannot read, an answer that is none."""


class UnknownSchemaError(RegistryError):
    """A subject, version or schema id that the registry does not have."""


class IncompatibleSchemaError(RegistryError):
    """A schema that the compatibility of its subject forbids; the message names field and rule."""


class RegistryUnavailableError(RegistryError):
    """The registry gave no answer within the time-out."""

    retriable = True


class LogError(HeadraceError):
    """The log refused an operation."""


class UnknownTopicError(LogError):
    """A topic or partition that does not exist."""


class TopicExistsError(LogError):
    """A topic that is there already, with other settings."""


class OffsetOutOfRangeError(LogError):
    """A position before the start or past the end of a partition."""


class OwnedError(LogError):
    """Another process runs this application id on the same data."""


class FencedError(LogError):
    """A newer owner has taken over; this one must stop and has changed nothing."""


class LogFormatError(LogError):
    """Data on disk that this version cannot read: a newer format, or not a log at all."""


class LogFullError(LogError):
    """No space is left for the log; what was committed is safe."""


class LogBusyError(LogError):
    """The log did not answer within the time-out: another writer holds it, or its brokers are busy or away."""

    retriable = True


class StateError(HeadraceError):
    """A state store refused an operation."""


class UnknownStoreError(StateError):
    """A store name that the topology does not have, or that a processor is not connected to."""


class StoreCorruptError(StateError):
    """A damaged store file; it can be rebuilt from its changelog.

    Attributes:
        directory: The store's own, if known.
    """

    def __init__(self, message: str, *, hint: str | None = None, directory: Path | None = None) -> None:
        super().__init__(message, hint=hint)
        self.directory = directory


class StoreClosedError(StateError):
    """A store that is not open (any more)."""


class RebalancingError(StateError):
    """The state that was asked for is on its way from one owner to another, or being restored: ask again soon."""

    retriable = True


class ProcessingError(HeadraceError):
    """User code or an operator failed on one record; the message names task, topic, partition and offset."""


class StalledError(ProcessingError):
    """A step took longer than `stall_timeout` and was interrupted, as `on_stall` = `restart` wants it."""

    def __init__(
        self, message: str = "a step took longer than stall_timeout and was interrupted", *, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint or "the log names the step with its stack; give calls to the outside a time-out")


class ClusterError(HeadraceError):
    """A local Kafka cluster that cannot be started, stopped or read."""


class BufferFullError(HeadraceError):
    """A suppress buffer with 'shut down when full' ran over its bound."""


class LifecycleError(HeadraceError):
    """A call that the current state of the application, driver or task does not allow."""
