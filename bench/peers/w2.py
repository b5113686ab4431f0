"""W2 by hand: streams per artist of each customer, and the three that lead."""

from __future__ import annotations

from struct import Struct

import msgspec
import orjson

from bench.peers.job import Job
from bench.workloads import PARTITIONS

encode = msgspec.json.Encoder().encode

CHANGELOG = "peer-streams-per-artist-changelog"
MAX_CACHED = 50_000

_long = Struct(">q")


def run(job: Job) -> None:
    """Reads all of the input; returns after the last commit."""
    loads = orjson.loads
    caches: list[dict[bytes, dict[str, int]]] = [{} for _ in range(PARTITIONS)]
    dirty: list[dict[bytes, int]] = [{} for _ in range(PARTITIONS)]

    def flush() -> None:
        for partition in range(PARTITIONS):
            _flush(job, partition, caches[partition], dirty[partition])
            dirty[partition].clear()
            if len(caches[partition]) > MAX_CACHED:
                caches[partition].clear()

    for partition, timestamps, keys, values in job.frames("bench-streams", flush):
        cache, changed = caches[partition], dirty[partition]
        get = job.stores[partition].get
        for key, value, timestamp in zip(keys, [loads(value) for value in values], timestamps, strict=True):
            counts = cache.get(key)
            if counts is None:
                stored = get(key)
                counts = cache[key] = {} if stored is None else loads(stored[8:])
            artist = value["artistid"]
            counts[artist] = counts.get(artist, 0) + 1
            changed[key] = timestamp


def _flush(job: Job, partition: int, cache: dict[bytes, dict[str, int]], changed: dict[bytes, int]) -> None:
    changelog, changes = job.changelogs[partition], job.changes[partition]
    for key, timestamp in changed.items():
        counts = cache[key]
        value = encode(counts)
        changes.append((key, _long.pack(timestamp) + value))
        changelog.keys.append(key)
        changelog.values.append(value)
        changelog.timestamps.append(timestamp)
        output = job.output_for(key)
        output.keys.append(key)
        output.values.append(encode(sorted(counts, key=counts.__getitem__, reverse=True)[:3]))
        output.timestamps.append(timestamp)
