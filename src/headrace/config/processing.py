"""Options: how records are read and processed."""

# ruff: noqa: RUF009 - option() declares a field, as dataclasses.field does
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headrace.config.kinds import choice, duration, integer
from headrace.config.option import option

GcPolicy = Literal["freeze", "python"]


@dataclass(frozen=True, kw_only=True)
class ProcessingOptions:
    """Processing."""

    poll_records: int = option(
        integer(1),
        5_000,
        "Most records that one poll reads. Larger: more throughput; smaller: a task waits less for another's batch.",
        alias="max.poll.records",
    )
    buffered_records_per_partition: int = option(
        integer(1),
        10_000,
        "Records of a partition that wait in memory before it is paused. Kafka Streams has 1000; here records come in batches, "
        "and below two polls every batch would pause its partition.",
        alias="buffered.records.per.partition",
    )
    workers: int = option(
        integer(1),
        1,
        "How many processes share the work; more than the machine has processors are of no use. Each has a part of "
        "`memory_limit` and runs the command line again, up to `App.run()`.",
    )
    max_task_idle_ms: int = option(
        duration(minimum=-1),
        0,
        "How long a task with several inputs waits for an empty one before it goes on without it. 0: only while the log is "
        "known to have records for it; -1: never.",
        alias="max.task.idle.ms",
    )
    task_timeout_ms: int = option(
        duration(),
        "5m",
        "How long a task may fail with errors that go away by themselves before it fails for good.",
        alias="task.timeout.ms",
    )
    emit_interval_ms: int = option(
        duration(),
        "1s",
        "How often closed windows are looked for where results are emitted on window close. 0: at each record.",
        alias="__emit.interval.ms.kstreams.windowed.aggregation__",
    )
    crash_loop_limit: int = option(
        integer(0),
        3,
        "How often in a row a worker may die without a commit before it reads one record at a time, to find the one that kills "
        "it. That record then goes the way of `on_process_error`. 0: never.",
    )
    progress_interval_ms: int = option(
        duration(),
        "5s",
        "How often the progress line is written. 0: never.",
        alias="log.summary.interval.ms",
    )
    gc_policy: GcPolicy = option(
        choice("freeze", "python"),
        "freeze",
        "`freeze`: what lives long (topology, caches) is kept out of Python's garbage collection. `python`: nothing changes.",
    )
