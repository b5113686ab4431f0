"""What every log asks of a new topic, and how it reads a topic's configuration."""

from __future__ import annotations

from collections.abc import Sequence

from headrace.core.errors import ConfigurationError
from headrace.core.identifiers import checked_name
from headrace.log import faults
from headrace.log.api import NewTopic, TopicConfig

_CLEANUPS = ("delete", "compact", "compact,delete", "delete,compact")
_DELETE_RETENTION = "delete.retention.ms"
_DEFAULT_DELETE_RETENTION_MS = 86_400_000


def missing_topics(wanted: Sequence[NewTopic], there: dict[str, int]) -> list[NewTopic]:
    """The wanted topics that have to be made, checked, with partition counts of those that are there.

    Raises:
        TopicExistsError: One is there with another partition count.
        TopologyError: An illegal name.
        ConfigurationError: A count below 1 or an unknown cleanup policy.
    """
    missing: dict[str, NewTopic] = {}
    for topic in wanted:
        _check(topic)
        count = missing[topic.name].partitions if topic.name in missing else there.get(topic.name)
        if count is None:
            missing[topic.name] = topic
        elif count != topic.partitions:
            raise faults.topic_exists(topic.name, count, topic.partitions)
    return list(missing.values())


def _check(topic: NewTopic) -> None:
    checked_name(topic.name, "topic")
    if topic.partitions < 1:
        message = f'topic "{topic.name}" needs at least one partition, not {topic.partitions}'
        raise ConfigurationError(message)
    if topic.config.cleanup not in _CLEANUPS:
        message = f'topic "{topic.name}" has the unknown cleanup policy {topic.config.cleanup!r}'
        raise ConfigurationError(message, hint=f"use one of: {'; '.join(_CLEANUPS[:3])}")
    delete_retention_ms(topic.name, topic.config)


def compacts(config: TopicConfig) -> bool:
    """Whether only the last record of each key is kept."""
    return "compact" in config.cleanup


def deletes(config: TopicConfig) -> bool:
    """Whether records go by age or size."""
    return "delete" in config.cleanup


def delete_retention_ms(topic: str, config: TopicConfig) -> int:
    """How long a tombstone stays after the first compaction that saw it: `delete.retention.ms`, 24 hours by default.

    Raises:
        ConfigurationError: The setting is no whole number.
    """
    text = dict(config.extra).get(_DELETE_RETENTION)
    if text is None:
        return _DEFAULT_DELETE_RETENTION_MS
    if not text.isdecimal():
        message = f'topic "{topic}" has {_DELETE_RETENTION}={text!r}, which is no number of milliseconds'
        raise ConfigurationError(message)
    return int(text)
