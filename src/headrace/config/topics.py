"""Options: topics that the application makes and cleans."""

from __future__ import annotations

from dataclasses import dataclass

from headrace.config.kinds import TRUTH, duration, integer
from headrace.config.option import option


@dataclass(frozen=True, kw_only=True)
class TopicOptions:
    """Topics."""

    create_topics: bool = option(
        TRUTH,
        True,
        "Whether topics that the program reads or writes are made if they are missing: at start, and those that a sink names "
        "per record when it first does. Internal topics always are, "
        "but with `false` on Kafka nothing is made, and an error lists all that is missing, with its settings.",
    )
    topic_partitions: int = option(integer(1), 1, "Partitions of topics made because of `create_topics`.")
    replication_factor: int = option(
        integer(-1),
        -1,
        "Kafka only: replicas of topics that are made. -1: the brokers' default.",
        alias="replication.factor",
    )
    repartition_purge_interval_ms: int = option(
        duration(),
        "30s",
        "How often processed records of repartition topics are deleted, and on the embedded log expired windows of changelogs.",
        alias="repartition.purge.interval.ms",
    )
