"""W4 by hand: sessions of each device, 30 s gap, 60 s grace, sum and count of the readings."""

from __future__ import annotations

from struct import Struct

import msgspec
import orjson

from bench.peers.job import Job
from bench.workloads import PARTITIONS

encode = msgspec.json.Encoder().encode

GAP_MS = 30_000
GRACE_MS = 60_000
CHANGELOG = "peer-device-sessions-changelog"

_bounds = Struct(">qq").pack

Session = tuple[int, int, float, int]
"""Start, end (of the last reading), sum, count."""


class Sessions:
    """The sessions of one partition: what is open, what is stored, what changed since the last commit."""

    __slots__ = ("changed", "open", "stored", "stream_time")

    def __init__(self) -> None:
        self.open: dict[bytes, list[Session]] = {}
        self.changed: dict[tuple[bytes, int, int], Session | None] = {}
        self.stored: set[tuple[bytes, int, int]] = set()
        self.stream_time = -1


def run(job: Job) -> None:
    """Reads all of the input; returns after the last commit."""
    loads = orjson.loads
    partitions = [Sessions() for _ in range(PARTITIONS)]

    def flush() -> None:
        for partition, state in enumerate(partitions):
            _flush(job, partition, state)

    for partition, _, keys, values in job.frames("bench-devices", flush):
        state = partitions[partition]
        by_device, changed, stored, stream_time = state.open, state.changed, state.stored, state.stream_time
        for key, value in zip(keys, [loads(value) for value in values], strict=True):
            timestamp = value["ts"]
            if timestamp > stream_time:
                stream_time = timestamp
            start = end = timestamp
            total, count = value["value"], 1
            merged, others = [], []
            for session in by_device.get(key, ()):
                if session[0] - GAP_MS <= timestamp <= session[1] + GAP_MS:
                    merged.append(session)
                    if session[0] < start:
                        start = session[0]
                    if session[1] > end:
                        end = session[1]
                    total += session[2]
                    count += session[3]
                elif session[1] + GAP_MS + GRACE_MS >= stream_time:
                    others.append(session)
            if end + GAP_MS + GRACE_MS < stream_time:
                continue
            for session in merged:
                slot = (key, session[0], session[1])
                if slot in stored:
                    changed[slot] = None
                else:
                    del changed[slot]
            session = changed[key, start, end] = (start, end, total, count)
            others.append(session)
            by_device[key] = others
        state.stream_time = stream_time


def _flush(job: Job, partition: int, state: Sessions) -> None:
    changelog, changes, stored = job.changelogs[partition], job.changes[partition], state.stored
    for slot, session in state.changed.items():
        key, start, end = slot
        value: bytes | None = None
        if session is not None:
            value = encode({"sum": session[2], "count": session[3]})
            stored.add(slot)
        else:
            stored.discard(slot)
        store_key = key + _bounds(end, start)
        changes.append((store_key, value))
        changelog.keys.append(store_key)
        changelog.values.append(value)
        changelog.timestamps.append(end)
        output_key = b"%b@%d" % (key, start)
        output = job.output_for(output_key)
        output.keys.append(output_key)
        output.values.append(value)
        output.timestamps.append(end)
    state.changed.clear()
