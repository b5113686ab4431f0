"""A topic's configuration in Kafka's names, and back."""

from __future__ import annotations

from collections.abc import Mapping

from headrace.log.api import TopicConfig

_CLEANUP = "cleanup.policy"
_RETENTION_MS = "retention.ms"
_RETENTION_BYTES = "retention.bytes"
_MIN_COMPACTION_LAG = "min.compaction.lag.ms"
_TIMESTAMP_TYPE = "message.timestamp.type"
_CREATE_TIME = "CreateTime"
_FUTURE = "message.timestamp.after.max.ms"


def to_kafka(config: TopicConfig) -> dict[str, str]:
    """The settings of a new topic.

    What Kafka Streams leaves to the brokers for a topic of this kind is left to them, too. Timestamps are always the
    records' own: everything in Headrace goes by event time.
    """
    settings = {_CLEANUP: config.cleanup, _TIMESTAMP_TYPE: _CREATE_TIME}
    if "delete" in config.cleanup:
        settings[_RETENTION_MS] = str(config.retention_ms)
    if config.retention_bytes != -1:
        settings[_RETENTION_BYTES] = str(config.retention_bytes)
    if config.min_compaction_lag_ms:
        settings[_MIN_COMPACTION_LAG] = str(config.min_compaction_lag_ms)
    return settings | dict(config.extra)


def future_allowance_ms(values: Mapping[str, str | None]) -> int | None:
    """How far in the future timestamps may lie, of all settings in force; None: brokers do not look at them."""
    limit = values.get(_FUTURE)
    return None if limit is None or values.get(_TIMESTAMP_TYPE) != _CREATE_TIME else int(limit)


def from_kafka(values: Mapping[str, str], set_for_topic: Mapping[str, str]) -> TopicConfig:
    """The configuration of a topic that exists.

    Args:
        values: All settings that are in force.
        set_for_topic: Those of them that were set for this topic.
    """
    own = {_CLEANUP, _RETENTION_MS, _RETENTION_BYTES, _MIN_COMPACTION_LAG}
    extra = {name: value for name, value in set_for_topic.items() if name not in own}
    if extra.get(_TIMESTAMP_TYPE) == _CREATE_TIME:
        del extra[_TIMESTAMP_TYPE]
    cleanup = values.get(_CLEANUP, "delete")
    keeps_for_ever = "delete" not in cleanup and _RETENTION_MS not in set_for_topic
    return TopicConfig(
        cleanup=cleanup,
        retention_ms=-1 if keeps_for_ever else int(values.get(_RETENTION_MS, "-1")),
        retention_bytes=int(values.get(_RETENTION_BYTES, "-1")),
        min_compaction_lag_ms=int(values.get(_MIN_COMPACTION_LAG, "0")),
        extra=tuple(sorted(extra.items())),
    )
