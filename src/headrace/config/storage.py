"""Options: where data lies and how much memory it may take."""

# ruff: noqa: RUF009 - option() declares a field, as dataclasses.field does
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from headrace.config.kinds import PATH, SIZE, choice, duration
from headrace.config.option import option

EngineName = Literal["rocksdb", "memory"]
Durability = Literal["full", "normal"]


@dataclass(frozen=True, kw_only=True)
class StorageOptions:
    """Storage and memory."""

    data_dir: Path = option(
        PATH, ".headrace", "Folder of the embedded log, and of stores unless `state_dir` is set. Local disks only."
    )
    state_dir: Path | None = option(
        PATH, None, "Folder of the stores of all applications. Not set: `state` in `data_dir`.", alias="state.dir"
    )
    engine: EngineName = option(
        choice("rocksdb", "memory", synonyms={"rocksDB": "rocksdb", "in_memory": "memory"}),
        "rocksdb",
        "How stores keep their data unless the program says otherwise. Stores in memory are rebuilt from their changelogs.",
        alias="default.dsl.store",
    )
    durability: Durability = option(
        choice("full", "normal"),
        "full",
        "Embedded log only. `full`: a commit survives loss of power. `normal`: it survives a crash of the process, but not "
        "always one of the machine.",
    )
    memory_limit_bytes: int = option(
        SIZE,
        "256MB",
        "Memory for caches of all stores of a process, RocksDB's included. 0 switches caching off: each update is passed on.",
        alias=("statestore.cache.max.bytes", "cache.max.bytes.buffering"),
    )
    state_cleanup_delay_ms: int = option(
        duration(),
        "10m",
        "How long the stores of a task that has moved away are kept on disk.",
        alias="state.cleanup.delay.ms",
    )
    windowstore_changelog_additional_retention_ms: int = option(
        duration(),
        "1d",
        "How much longer than its store a changelog of windows keeps them: on Kafka by the wall clock, on the embedded log by "
        "stream time.",
        alias="windowstore.changelog.additional.retention.ms",
    )
