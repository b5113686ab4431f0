"""Retention and compaction of one partition."""

from __future__ import annotations

from headrace.log.api import TopicConfig
from headrace.log.compaction import compacted_to, kept_indexes, lag_bound, marked, tombstones_end
from headrace.log.memory.partition import MemoryPartition
from headrace.log.topics import compacts, delete_retention_ms, deletes


def clean(partition: MemoryPartition, config: TopicConfig, now_ms: int) -> None:
    """Retention first, then compaction."""
    if deletes(config):
        if config.retention_ms >= 0:
            _retain_by_time(partition, now_ms - config.retention_ms)
        if config.retention_bytes >= 0:
            _retain_by_bytes(partition, config.retention_bytes)
    if compacts(config):
        _compact(partition, config, now_ms)


def _retain_by_time(partition: MemoryPartition, oldest_ms: int) -> None:
    times = partition.timestamps
    _give_up(partition, next((index for index, time in enumerate(times) if time >= oldest_ms), len(times)))


def _retain_by_bytes(partition: MemoryPartition, bound: int) -> None:
    # As on Kafka, a partition may be larger than the bound by what cannot be given up without falling below it.
    sizes = [len(key or b"") + len(value or b"") for key, value in zip(partition.keys, partition.values, strict=True)]
    spare = sum(sizes) - bound
    count = 0
    while count < len(sizes) and sizes[count] <= spare:
        spare -= sizes[count]
        count += 1
    _give_up(partition, count)


def _give_up(partition: MemoryPartition, count: int) -> None:
    if count == len(partition.timestamps):
        partition.advance_start(partition.end)
    elif count > 0:
        partition.advance_start(partition.all_offsets()[count])


def _compact(partition: MemoryPartition, config: TopicConfig, now_ms: int) -> None:
    offsets = partition.all_offsets()
    delete_retention = delete_retention_ms(partition.name.topic, config)
    bound = lag_bound(partition.timestamps, now_ms, config.min_compaction_lag_ms)
    dirty = partition.index(compacted_to(partition.marks))
    kept = kept_indexes(
        offsets[:bound],
        partition.keys[:bound],
        partition.values[:bound],
        latest=dict(zip(partition.keys[dirty:bound], offsets[dirty:bound], strict=True)),
        tombstones_to=tombstones_end(partition.marks, now_ms, delete_retention),
        end=partition.end,
    )
    compacted_end = partition.end if bound == len(offsets) else offsets[bound]
    partition.marks = marked(partition.marks, compacted_end, now_ms, delete_retention)
    partition.keep(kept, bound)
