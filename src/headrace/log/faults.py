"""The errors that every log raises for the same reason, worded once."""

from __future__ import annotations

from headrace.core.errors import (
    FencedError,
    LifecycleError,
    LogError,
    OffsetOutOfRangeError,
    OwnedError,
    TopicExistsError,
    UnknownTopicError,
)
from headrace.core.identifiers import TopicPartition


def unknown_topic(name: str) -> UnknownTopicError:
    """A topic that is not there."""
    message = f'topic "{name}" does not exist'
    return UnknownTopicError(message, hint="create it, or check the name")


def unknown_partition(partition: TopicPartition, count: int) -> UnknownTopicError:
    """A partition past those that its topic has."""
    message = f'topic "{partition.topic}" has no partition {partition.partition}: it has {count}'
    return UnknownTopicError(message, hint="partitions count from 0; add partitions or use a lower number")


def topic_exists(name: str, there: int, wanted: int) -> TopicExistsError:
    """A topic that is there with another partition count."""
    message = f'topic "{name}" exists with {there} partitions, not {wanted}'
    return TopicExistsError(message, hint="use its partition count, add partitions, or delete the topic first")


def cannot_shrink(name: str, there: int, wanted: int) -> TopicExistsError:
    """A request for fewer partitions than there are."""
    message = f'topic "{name}" has {there} partitions and cannot shrink to {wanted}'
    return TopicExistsError(message, hint="partitions can only be added; make a new topic for fewer")


def out_of_range(partition: TopicPartition, offset: int, start: int, end: int) -> OffsetOutOfRangeError:
    """An offset that the partition does not have, neither now nor next."""
    message = f"offset {offset} of {partition} is out of range: the partition holds {start} up to {end}"
    hint = "records before the start were deleted by retention or delete_records; reset the position to go on"
    return OffsetOutOfRangeError(message, hint=hint)


def keyless_record(partition: TopicPartition) -> LogError:
    """A record without a key for a compacted topic. Kafka refuses it, too: compaction could not keep it."""
    message = f"a record without a key was sent to {partition}, which is compacted"
    return LogError(message, hint="give every record a key, or make the topic with cleanup=delete")


def fenced(transactional_id: str) -> FencedError:
    """The commit of a producer that is not the newest of its transactional id."""
    message = f'producer "{transactional_id}" was fenced: a newer one with this transactional id exists'
    return FencedError(message, hint="another instance has taken over; stop this one")


def expelled(group: str) -> FencedError:
    """A commit of a process that is no member of its group any more, or is another one by now."""
    message = f'this process was expelled from group "{group}": it was not heard of for the session time-out'
    return FencedError(message, hint="its tasks are somebody else's; it gets others when it has joined again")


def owned(application_id: str, pid: str, where: str) -> OwnedError:
    """An application id that somebody runs already."""
    message = f'application "{application_id}" is already run by process {pid} on {where}'
    return OwnedError(message, hint="stop that process, or give this application another id")


def not_assigned(partition: TopicPartition) -> LifecycleError:
    """A reader's partition that it was not given."""
    message = f"{partition} is not assigned to this reader"
    return LifecycleError(message, hint="assign it first")


def closed_log() -> LifecycleError:
    """A call to a log that was closed."""
    return _closed("log")


def closed_reader() -> LifecycleError:
    """A call to a reader that was closed."""
    return _closed("reader")


def closed_producer() -> LifecycleError:
    """A call to a producer that was closed."""
    return _closed("producer")


def _closed(what: str) -> LifecycleError:
    message = f"this {what} is closed"
    return LifecycleError(message, hint="open a new one")
