"""One real broker for a benchmark: its topics are filled, looked at and cleared here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from bench import inputs
from bench.expected import check_output
from bench.workloads import OUTPUT, PARTITIONS, Workload
from headrace.cluster import temporary_cluster
from headrace.log.api import NewTopic
from headrace.log.kafka import KafkaLog, open_kafka

_HEAP_MB = 1024
_PROPERTIES = {
    # Records are of 2023, and changelogs of windows keep them for hours: nothing shall be deleted under a running program.
    "log.retention.check.interval.ms": "86400000",
    # Kafka Streams' two threads join one after the other: without a delay the first begins with the tasks of both.
    "group.initial.rebalance.delay.ms": "1000",
}
COMPRESSION = {"producer.compression.type": "lz4"}


@contextmanager
def broker() -> Iterator[str]:
    """The bootstrap address of a new broker that ends with the block."""
    with temporary_cluster(heap_mb=_HEAP_MB, properties=_PROPERTIES) as cluster:
        yield cluster.bootstrap


@contextmanager
def opened(bootstrap: str) -> Iterator[KafkaLog]:
    """The broker's log, for looking at it and filling it."""
    log = open_kafka(bootstrap, client_id="bench", settings=COMPRESSION)
    try:
        yield log
    finally:
        log.close()


@contextmanager
def filled(bootstrap: str, workload: Workload, records: int) -> Iterator[pl.Series]:
    """The values of a workload's counted input, which is there for the length of the block."""
    with opened(bootstrap) as log:
        values = inputs.fill(log, workload, records)
    try:
        yield values
    finally:
        clear(bootstrap)


def clear(bootstrap: str, *, but: Workload | None = None) -> None:
    """Deletes all topics, or all but a workload's inputs; makes an empty output."""
    kept = set() if but is None else {but.topic, *([but.side[0]] if but.side else [])}
    with opened(bootstrap) as log:
        admin = log.admin()
        admin.delete_topics([topic for topic in admin.topics() if topic not in kept])
        admin.create_topics([NewTopic(OUTPUT, PARTITIONS)])


def check(bootstrap: str, name: str, expected: pl.DataFrame) -> None:
    """Raises AssertionError unless the output topic holds exactly the expected result."""
    with opened(bootstrap) as log:
        check_output(name, log, expected)
