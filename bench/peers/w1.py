"""W1 by hand: sum and count of paid transactions per user in windows of three seconds."""

from __future__ import annotations

from struct import Struct
from typing import Any

import msgspec
import orjson

from bench.peers.job import Job
from bench.workloads import PARTITIONS

encode = msgspec.json.Encoder().encode

SIZE_MS = 3_000
GRACE_MS = 3_600_000
CHANGELOG = "peer-paid-per-user-changelog"
MAX_CACHED = 100_000

_long = Struct(">q")
_window_suffix = Struct(">qi").pack


def run(job: Job) -> None:
    """Reads all of the input; returns after the last commit."""
    loads = orjson.loads
    caches: list[dict[tuple[bytes, int], list[Any]]] = [{} for _ in range(PARTITIONS)]
    dirty: list[dict[tuple[bytes, int], list[Any]]] = [{} for _ in range(PARTITIONS)]
    stream_times = [-1] * PARTITIONS

    def flush() -> None:
        for partition in range(PARTITIONS):
            _flush(job, partition, dirty[partition])
            dirty[partition].clear()
            if len(caches[partition]) > MAX_CACHED:
                caches[partition].clear()

    for partition, _, keys, values in job.frames("bench-transactions", flush):
        cache, changed, stream_time = caches[partition], dirty[partition], stream_times[partition]
        for key, value in zip(keys, [loads(value) for value in values], strict=True):
            if value["status"] != "paid":
                continue
            timestamp = value["ts"]
            if timestamp > stream_time:
                stream_time = timestamp
            start = timestamp - timestamp % SIZE_MS
            if start + SIZE_MS + GRACE_MS <= stream_time:
                continue
            slot = (key, start)
            total = cache.get(slot)
            if total is None:
                total = cache[slot] = _load(job, partition, slot)
            total[0] += value["amount"]
            total[1] += 1
            if timestamp > total[2]:
                total[2] = timestamp
            changed[slot] = total
        stream_times[partition] = stream_time


def _load(job: Job, partition: int, slot: tuple[bytes, int]) -> list[Any]:
    stored = job.stores[partition].get(slot[0] + _window_suffix(slot[1], 0))
    if stored is None:
        return [0.0, 0, -1]
    total = orjson.loads(stored[8:])
    return [total["sum"], total["count"], _long.unpack_from(stored)[0]]


def _flush(job: Job, partition: int, changed: dict[tuple[bytes, int], list[Any]]) -> None:
    changelog, changes = job.changelogs[partition], job.changes[partition]
    for (key, start), (total, count, timestamp) in changed.items():
        value = encode({"sum": total, "count": count})
        stored = _long.pack(timestamp) + value
        store_key = key + _window_suffix(start, 0)
        changes.append((store_key, stored))
        changelog.keys.append(store_key)
        changelog.values.append(value)
        changelog.timestamps.append(timestamp)
        output_key = b"%b@%d" % (key, start)
        output = job.output_for(output_key)
        output.keys.append(output_key)
        output.values.append(value)
        output.timestamps.append(timestamp)
