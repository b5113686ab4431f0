"""Options: what the application is and promises."""

# ruff: noqa: RUF009 - option() declares a field, as dataclasses.field does
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headrace.config.kinds import NAME, TEXT, TRUTH, choice, duration, names
from headrace.config.option import REQUIRED, option

Guarantee = Literal["exactly_once_v2", "at_least_once"]
Naming = Literal["stable", "kafka-streams"]
OffsetReset = Literal["earliest", "latest", "none"]
Optimization = Literal["reuse.ktable.source.topics", "merge.repartition.topics", "single.store.self.join"]


@dataclass(frozen=True, kw_only=True)
class ApplicationOptions:
    """Application."""

    app_id: str = option(
        NAME,
        REQUIRED,
        "Identifies the application: group of its positions, prefix of its internal topics, folder of its stores.",
        alias="application.id",
    )
    program: str | None = option(
        TEXT,
        None,
        "What the command line runs where it is given a folder: `file.py:name` or `module:name`. Not set: `app.py`.",
    )
    bootstrap: str | None = option(
        TEXT,
        None,
        "Brokers of a Kafka cluster as host:port, separated by commas. Not set: the embedded log in `data_dir`.",
        alias="bootstrap.servers",
    )
    guarantee: Guarantee = option(
        choice("exactly_once_v2", "at_least_once"),
        "exactly_once_v2",
        "What a crash may do to results: nothing, or repeat those of one commit interval.",
        alias="processing.guarantee",
    )
    commit_interval_ms: int = option(
        duration(),
        "1s",
        "How often results, state and positions become visible together. Shorter: sooner results; longer: more throughput.",
        alias="commit.interval.ms",
    )
    offset_reset: OffsetReset = option(
        choice("earliest", "latest", "none"),
        "earliest",
        "Where to start in a topic without a committed position: at its first or next record, or not at all (an error).",
        alias="auto.offset.reset",
    )
    naming: Naming = option(
        choice("stable", "kafka-streams"),
        "stable",
        "Names of operators, stores and internal topics that are not given: derived from their parents, so that they survive "
        "changes elsewhere, or numbered exactly as Kafka Streams numbers them, to take over its topics.",
    )
    strict_names: bool = option(
        TRUTH,
        False,
        "Whether every store and internal topic must be named in the program.",
        alias="ensure.explicit.internal.resource.naming",
    )
    optimize: tuple[Optimization, ...] = option(
        names("reuse.ktable.source.topics", "merge.repartition.topics", "single.store.self.join"),
        "none",
        "Rewrites of the topology. They change internal topics and stores, so switch them for new applications only.",
        alias="topology.optimization",
    )
