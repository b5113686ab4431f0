"""One measurement in a process of its own, bound to one core: `python -m bench.measure KIND WORKLOAD RECORDS DIRECTORY`.

KIND is `engine`, `tenths`, `peer` or `decode`. DIRECTORY is a data directory of which nothing else is made: a copy of the
prepared one. Prints one line of JSON: rates in records per second, resident memory in bytes.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from bench.peers.job import Job
from bench.progress import Progress
from bench.topologies import PROGRAMS
from bench.workloads import PARTITIONS, WORKLOADS
from headrace.app.application import App
from headrace.core.identifiers import TopicPartition
from headrace.dsl import StreamsBuilder
from headrace.log.embedded import open_log

GROUP = "bench"


def engine(workload: str, records: int, directory: Path) -> dict[str, float]:
    """The Headrace program, from the start of the application to its end after the last commit."""
    app = _app(workload, directory)
    return {"rate": records / _timed(lambda: app.run(until_end=True)), "peak_bytes": _peak_bytes()}


def tenths(workload: str, records: int, directory: Path) -> dict[str, float]:
    """The same with a look at the lag after each commit: how fast the first and the last tenth of the records went."""
    progress = Progress(records)
    app = _app(workload, directory, commit_probe=progress.commit)
    progress.watch(app)
    seconds = _timed(lambda: app.run(until_end=True))
    return {
        "rate": records / seconds,
        "first": progress.rate(0, 0.1),
        "last": progress.rate(0.9, 1),
        "peak_bytes": _peak_bytes(),
    }


def peer(workload: str, records: int, directory: Path) -> dict[str, float]:
    """The straight loop, from opening log and stores to closing them after the last commit."""
    loop = importlib.import_module(f"bench.peers.{workload}")

    def run() -> None:
        job = Job.open(directory, GROUP, loop.CHANGELOG)
        loop.run(job)
        job.close()

    gc.disable()  # the loops make no cycles
    try:
        return {"rate": records / _timed(run), "peak_bytes": _peak_bytes()}
    finally:
        gc.enable()


def decode(workload: str, records: int, directory: Path) -> dict[str, float]:
    """Y: nothing but `orjson.loads` of each value."""
    values = _values(directory, WORKLOADS[workload].topic)
    loads = orjson.loads

    def run() -> None:
        for value in values:
            loads(value)

    return {"rate": records / _timed(run)}


KINDS: dict[str, Callable[[str, int, Path], dict[str, float]]] = {
    "engine": engine,
    "tenths": tenths,
    "peer": peer,
    "decode": decode,
}


def main(kind: str, workload: str, records: str, directory: str) -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    logging.getLogger("headrace").setLevel(logging.ERROR)
    print(json.dumps(KINDS[kind](workload, int(records), Path(directory))))


def _app(workload: str, directory: Path, **further: Any) -> App:
    builder = StreamsBuilder()
    PROGRAMS[workload](builder)
    return App(
        GROUP,
        builder.build(),
        data_dir=directory,
        guarantee="exactly_once_v2",
        durability="full",
        commit_interval="1s",
        engine="rocksdb",
        memory_limit="256MB",
        progress_interval=0,
        **further,
    )


def _values(directory: Path, topic: str) -> list[bytes]:
    log = open_log(directory / "log")
    reader = log.reader()
    reader.assign({TopicPartition(topic, partition): 0 for partition in range(PARTITIONS)})
    values: list[bytes] = []
    while batches := reader.poll(100_000, 0.0):
        for batch in batches:
            values.extend(batch.values)  # type: ignore[arg-type]
    reader.close()
    log.close()
    return values


def _timed(run: Callable[[], None]) -> float:
    gc.collect()
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _peak_bytes() -> int:
    # Not getrusage: its maximum is inherited from the process that started this one.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    main(*sys.argv[1:])
