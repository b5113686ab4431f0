"""`python -m bench.segmenter`: the segmenter at full speed on the embedded log, against a loop written by hand.

Engine and loop take turns, each in a process of its own over a copy of the same log; the median of several runs counts. After
each run what was written is compared (session events: keys, values, times and order; changelog: what it leads to): both write
the same bytes. Writes bench/results/segmenter.json; a floor that is missed is an error.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT.parent / "apps" / "segmenter"))

from segmenter.driver.devices import device_events  # noqa: E402
from segmenter.driver.writer import EventWriter  # noqa: E402
from segmenter.model import (  # noqa: E402
    DEVICE_FORMAT,
    ENVELOPE_FORMAT,
    SESSION_EVENTS,
    SESSION_FORMAT,
    SESSION_KEY_FORMAT,
    Envelope,
)
from segmenter.surroundings import options_of, surroundings  # noqa: E402
from segmenter.topology import build  # noqa: E402

from bench.peers.segmenter import CHANGELOG, PARTITIONS, Loop  # noqa: E402
from bench.run_embedded import Line  # noqa: E402
from headrace import App, StreamsBuilder  # noqa: E402
from headrace.core.identifiers import TopicPartition  # noqa: E402
from headrace.formats.registry import EmbeddedRegistry, Schema  # noqa: E402
from headrace.log.api import NewTopic  # noqa: E402

RESULTS = ROOT / "results" / "segmenter.json"
WORK = ROOT.parent / "build" / "bench-segmenter"
FLOOR = 0.5
DEVICES = 10
BASE_MS = 1_760_000_000_000
EVENTS_PER_MS = 20.0
"""About what a driver at full speed sends."""

SCHEMAS = {
    f"{CHANGELOG}-key": str(DEVICE_FORMAT.text),
    f"{CHANGELOG}-value": str(SESSION_FORMAT.text),
    f"{SESSION_EVENTS}-key": str(SESSION_KEY_FORMAT.text),
    f"{SESSION_EVENTS}-value": str(ENVELOPE_FORMAT.text),
}
"""What both sides write, by subject. Registered before, so that both write the same ids."""

_FRAME = 20_000
console = Console(width=None if sys.stdout.isatty() else 200)

Written = list[tuple[Any, ...]]
"""Partition, key, value and time of each record, in order."""


def prepare(count: int, directory: Path) -> None:
    """A log with that many events."""
    events = (
        (device, Envelope(event, BASE_MS + int(number / EVENTS_PER_MS)))
        for number, (device, event) in enumerate(islice(device_events(7, DEVICES), count))
    )
    with surroundings(options_of(data=directory)) as around:
        around.log.admin().create_topics([NewTopic(SESSION_EVENTS, PARTITIONS)])
        with EventWriter(around) as writer:
            while part := list(islice(events, _FRAME)):
                writer.write(part)
    registry = EmbeddedRegistry(directory / "registry")
    for subject, text in SCHEMAS.items():
        registry.register(subject, Schema(text))
    registry.close()


def engine(directory: Path) -> None:
    """The application, from its start to its end after the last commit."""
    builder = StreamsBuilder()
    build(builder)
    App(None, builder.build(), config=options_of(data=directory)).run(until_end=True)


def peer(directory: Path) -> None:
    """The loop, from opening the log to closing it after the last commit."""
    Loop(directory, SCHEMAS).run()


SIDES: dict[str, Callable[[Path], None]] = {"engine": engine, "peer": peer}


def measured(side: str, count: int, prepared: Path) -> tuple[float, dict[str, Written]]:
    """Events per second of one run over a copy of the log, and what it wrote."""
    directory = WORK / "run"
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(prepared, directory)
    os.sync()
    try:
        command = [sys.executable, "-m", "bench.segmenter", "--side", side, "--directory", str(directory)]
        done = subprocess.run(command, cwd=ROOT.parent, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"{side} failed:\n{done.stderr}"
            raise SystemExit(message)
        return count / float(done.stdout.splitlines()[-1]), written(directory)
    finally:
        shutil.rmtree(directory)


def written(directory: Path) -> dict[str, Written]:
    """All records of output and changelog."""
    found: dict[str, Written] = {}
    with surroundings(options_of(data=directory)) as around:
        for topic in (SESSION_EVENTS, CHANGELOG):
            records = found[topic] = []
            for number in range(PARTITIONS):
                where = TopicPartition(topic, number)
                reader = around.log.reader()
                reader.assign({where: 0})
                while batches := reader.poll(100_000, 0.0):
                    for batch in batches:
                        records += zip([number] * len(batch.keys), batch.keys, batch.values, batch.timestamps, strict=True)
                reader.close()
    return found


def side_alone(side: str, directory: Path) -> None:
    """One measurement in this process; prints seconds."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    logging.getLogger("headrace").setLevel(logging.ERROR)
    gc.collect()
    if side == "peer":
        gc.disable()  # the loop makes no cycles
    started = time.perf_counter()
    SIDES[side](directory)
    print(time.perf_counter() - started)


def compare(count: int, runs: int) -> Line:
    """The row. Raises AssertionError if one side writes anything else than the other."""
    prepared = WORK / f"events-{count}"
    shutil.rmtree(WORK, ignore_errors=True)
    rates: dict[str, list[float]] = {side: [] for side in SIDES}
    try:
        prepare(count, prepared)
        for _ in range(runs):
            results = {}
            for side, found in rates.items():
                rate, results[side] = measured(side, count, prepared)
                found.append(rate)
            assert len(results["peer"][SESSION_EVENTS]) == count
            assert _comparable(results["engine"]) == _comparable(results["peer"]), "engine and loop have not written the same"
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
    ours, theirs = (statistics.median(rates[side]) for side in SIDES)
    ratio = ours / theirs
    return Line("segmenter at full speed", round(ours), round(theirs), round(ratio, 3), FLOOR, ratio >= FLOOR)


def _comparable(topics: dict[str, Written]) -> tuple[dict[Any, Written], dict[Any, Any]]:
    """Session events by session, in order, and the last state of each device: how often it is written depends on commits."""
    sessions: dict[Any, Written] = {}
    for partition, key, value, timestamp in topics[SESSION_EVENTS]:
        sessions.setdefault((partition, key), []).append((value, timestamp))
    return sessions, {(partition, key): value for partition, key, value, _ in topics[CHANGELOG]}


def main() -> int:
    """Prints the row; 1 if the floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--directory", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--no-results", action="store_true", help="print only")
    given = parser.parse_args()
    if given.side:
        side_alone(given.side, given.directory)
        return 0
    line = compare(given.records, given.runs)
    console.print(f"{line.workload}: {line.engine:,.0f} / {line.peer:,.0f} = {line.ratio:.3f} (at least {line.floor})")
    if not given.no_results:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps([asdict(line)], indent=2) + "\n")
    return 0 if line.ok else 1


if __name__ == "__main__":
    sys.exit(main())
