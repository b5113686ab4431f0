"""Every metric of Headrace, declared once: name, kind, labels, what it tells.

Names are `headrace_<area>_<what>[_<unit>]`, with `_total` for counters, as Prometheus wants them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What kind of number a metric is."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


LATENCY_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of latency buckets in seconds: a commit takes milliseconds, a stalled broker a minute."""

COUNT_BOUNDS = (1.0, 10.0, 100.0, 500.0, 1_000.0, 5_000.0, 10_000.0, 50_000.0)
"""Upper bounds of buckets that count records."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One metric.

    Attributes:
        labels: Labels that a series of it may have.
        bounds: Upper bounds of a histogram's buckets.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    doc: str
    bounds: tuple[float, ...] = ()


def _counter(name: str, doc: str, *labels: str) -> Declaration:
    return Declaration(name, Kind.COUNTER, labels, doc)


def _gauge(name: str, doc: str, *labels: str) -> Declaration:
    return Declaration(name, Kind.GAUGE, labels, doc)


def _seconds(name: str, doc: str, *labels: str) -> Declaration:
    return Declaration(name, Kind.HISTOGRAM, labels, doc, LATENCY_BOUNDS)


_DECLARATIONS = (
    _counter("headrace_source_records_total", "records read", "task", "topic"),
    _gauge("headrace_source_lag_records", "records between the position and the end of a partition", "topic", "partition"),
    _gauge("headrace_source_lag_seconds", "age of the next record to process", "topic", "partition"),
    Declaration("headrace_poll_records", Kind.HISTOGRAM, ("worker",), "records per poll", COUNT_BOUNDS),
    _counter("headrace_process_records_total", "records processed", "task"),
    _seconds("headrace_process_seconds", "time to process one batch of a task", "task"),
    _seconds("headrace_e2e_seconds", "from a record's timestamp to its output", "task"),
    _gauge("headrace_stream_time_ms", "stream time of a task, in ms since the epoch", "task"),
    _counter("headrace_dropped_records_total", "records dropped by an operator, by reason", "task", "node", "reason"),
    _counter("headrace_skipped_records_total", "records skipped by an error policy", "task", "node", "stage"),
    _counter("headrace_dead_letter_records_total", "records written to the dead letter topic", "task", "node", "stage"),
    _counter("headrace_punctuations_total", "punctuations run", "task", "kind"),
    _counter("headrace_sink_records_total", "records written", "task", "topic"),
    _counter("headrace_commits_total", "commits", "worker"),
    _counter("headrace_aborts_total", "transactions given up", "worker"),
    _seconds("headrace_commit_seconds", "time of a commit", "worker"),
    _seconds("headrace_rebalance_seconds", "time of a change of tasks", "phase"),
    _counter("headrace_stalls_total", "steps that took longer than stall_timeout", "doing"),
    _counter("headrace_worker_restarts_total", "workers started again after a crash", "worker"),
    _counter("headrace_restore_records_total", "changelog records restored", "task", "store"),
    _gauge("headrace_restore_remaining_records", "changelog records still to restore", "task", "store"),
    _gauge("headrace_standby_lag_records", "changelog records that a standby is behind", "task", "store"),
    _gauge("headrace_store_size_bytes", "size of a store on disk", "task", "store"),
    _gauge("headrace_store_entries", "about how many entries a store has", "task", "store"),
    _gauge("headrace_store_open_iterators", "iterators that nobody has closed", "task", "store"),
    _counter("headrace_cache_hits_total", "store reads answered by the cache", "task", "store"),
    _counter("headrace_cache_misses_total", "store reads that went to the engine", "task", "store"),
    _gauge("headrace_memory_bytes", "memory in use out of the memory limit", "pool"),
    _counter("headrace_metric_series_refused_total", "series over the bound of a metric, counted together", "metric"),
)

CATALOGUE = {declaration.name: declaration for declaration in _DECLARATIONS}
"""All metrics by name."""
