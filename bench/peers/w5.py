"""W5 by hand: transactions over 50 as they came."""

from __future__ import annotations

import orjson

from bench.peers.job import Job

CHANGELOG = ""


def run(job: Job) -> None:
    """Reads all of the input; returns after the last commit."""
    loads, output_for = orjson.loads, job.output_for
    for _, timestamps, keys, values in job.frames("bench-transactions", _nothing):
        decoded = [loads(value) for value in values]
        for key, value, timestamp, original in zip(keys, decoded, timestamps, values, strict=True):
            if value["amount"] > 50:
                output = output_for(key)
                output.keys.append(key)
                output.values.append(original)
                output.timestamps.append(timestamp)


def _nothing() -> None:
    """Nothing waits for the commit but the columns."""
