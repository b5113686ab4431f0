"""W3 by hand: bad ratings with the customer's status and address, platinum customers only."""

from __future__ import annotations

from struct import Struct
from typing import Any

import msgspec
import orjson

from bench.peers.job import Job
from bench.workloads import PARTITIONS

encode = msgspec.json.Encoder().encode

CHANGELOG = "peer-customers-changelog"

_long = Struct(">q")


def run(job: Job) -> None:
    """Reads all of both inputs, the table's first; returns after the last commit."""
    tables: list[dict[bytes, dict[str, Any]]] = [{} for _ in range(PARTITIONS)]
    _read_customers(job, tables)
    loads = orjson.loads
    for partition, timestamps, keys, values in job.frames("bench-ratings", _nothing):
        customers = tables[partition]
        for key, value, timestamp in zip(keys, map(loads, values), timestamps, strict=True):
            if value["stars"] >= 3:
                continue
            customer = customers.get(key)
            if customer is None or customer["club_status"] != "platinum":
                continue
            value["club_status"] = customer["club_status"]
            value["email"] = customer["email"]
            output = job.output_for(key)
            output.keys.append(key)
            output.values.append(encode(value))
            output.timestamps.append(timestamp)


def _read_customers(job: Job, tables: list[dict[bytes, dict[str, Any]]]) -> None:
    for partition, timestamps, keys, values in job.frames("bench-customers", _nothing):
        table, changelog, changes = tables[partition], job.changelogs[partition], job.changes[partition]
        for key, value, timestamp in zip(keys, values, timestamps, strict=True):
            table[key] = orjson.loads(value)
            changes.append((key, _long.pack(timestamp) + value))
            changelog.keys.append(key)
            changelog.values.append(value)
            changelog.timestamps.append(timestamp)


def _nothing() -> None:
    """Nothing waits for the commit but the columns."""
