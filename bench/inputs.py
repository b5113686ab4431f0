"""Inputs in a log: all records of a workload, made once. On disk it is an embedded log that is copied for each run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from bench.workloads import OUTPUT, PARTITIONS, Row, Workload, chunks
from headrace.log.api import Log, NewTopic, Producer, RecordColumns
from headrace.log.embedded import open_log


def prepare(workload: Workload, count: int, directory: Path) -> pl.Series:
    """Fills a new log in a data directory; gives back the values of the counted input in the order of their partitions."""
    log = open_log(directory / "log", durability="normal")
    try:
        log.admin().create_topics([NewTopic(OUTPUT, PARTITIONS)])
        return fill(log, workload, count)
    finally:
        log.close()


def fill(log: Log, workload: Workload, count: int) -> pl.Series:
    """Makes and fills a workload's input topics; gives back the values of the counted input."""
    topics = [workload.topic, *([workload.side[0]] if workload.side else [])]
    log.admin().create_topics([NewTopic(name, PARTITIONS) for name in topics])
    producer = log.producer()
    if workload.side is not None:
        side, rows = workload.side
        for _ in _fill(producer, side, rows()):
            pass
    series = [
        pl.Series("value", [value.decode() for values in part for value in values])
        for part in _fill(producer, workload.topic, workload.rows(count))
    ]
    producer.close()
    return pl.concat(series)


def _fill(producer: Producer, topic: str, rows: Iterator[Row]) -> Iterator[list[list[bytes]]]:
    for chunk in chunks(rows):
        for partition in range(PARTITIONS):
            columns = RecordColumns(chunk.timestamps[partition], [*chunk.keys[partition]], [*chunk.values[partition]])
            producer.append(topic, partition, columns)
        producer.flush()
        yield chunk.values
