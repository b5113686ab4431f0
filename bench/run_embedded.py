"""`make bench`: engine and straight loops on the embedded log, side by side; writes bench/results/embedded.json.

See bench/README.md for the method. Ends with an error if a result is wrong, a peer is too slow to be one, or a floor is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from bench import inputs
from bench.expected import EXPECTED, check
from bench.workloads import WORKLOADS

ROOT = Path(__file__).parent
RESULTS = ROOT / "results" / "embedded.json"
WORK = ROOT.parent / "build" / "bench"

FLOORS = {"w1": 0.55, "w2": 0.6, "w3": 0.55, "w4": 0.6, "w5": 0.55}
"""Engine to peer."""

PEER_FLOORS = {"w1": 0.30, "w2": 0.15, "w3": 0.36, "w4": 0.08}
"""Peer to bare decoding; below, the peer is no measure."""

BARE_FLOOR_W5 = 0.30
TYPED_FLOOR = 1.2
TENTHS_FLOOR = 0.8
PEAK_LIMIT = 700_000_000
SUSTAINED = ("w1", "w3", "w5")

console = Console()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the result: figures of engine and peer, their ratio, and what it has to be.

    `engine` and `peer` are records per second; for memory `engine` is the peak and `peer` the limit, both in bytes.
    """

    workload: str
    engine: float
    peer: float
    ratio: float
    floor: float
    ok: bool


@dataclass(slots=True)
class Bench:
    """One run of the whole.

    Attributes:
        runs: Repetitions of each measurement.
        wrong: Results that were not as expected; a figure whose result is wrong is not printed.
    """

    records: int
    sustained_records: int
    wide_records: int
    runs: int
    lines: list[Line] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    bare: dict[str, float] = field(default_factory=dict)

    def compare(self, name: str) -> None:
        """Engine against peer, taking turns; for W1 also over the typed value."""
        kinds = {"engine": name, "peer": name} | ({"typed": "w1typed"} if name == "w1" else {})
        rates: dict[str, list[float]] = {kind: [] for kind in kinds}
        with _prepared(name, self.records) as (data, expected):
            decoding: list[float] = []
            for _ in range(self.runs):
                decoding.append(_measure("decode", name, self.records, data)["rate"])
                for kind, workload in kinds.items():
                    rates[kind].append(
                        self._checked("peer" if kind == "peer" else "engine", workload, self.records, data, expected)["rate"]
                    )
        bare = self.bare[name] = statistics.median(decoding)
        engine, peer = statistics.median(rates["engine"]), statistics.median(rates["peer"])
        self._add(name, engine, peer, FLOORS[name])
        if name in PEER_FLOORS:
            self._add(f"{name} peer / bare decoding", peer, bare, PEER_FLOORS[name])
        if name == "w5":
            self._add("w5 engine / bare decoding", engine, bare, BARE_FLOOR_W5)
        if name == "w1":
            self._add("w1 typed / w1", statistics.median(rates["typed"]), engine, TYPED_FLOOR)

    def sustain(self, name: str) -> None:
        """The last tenth of many records against the first."""
        with _prepared(name, self.sustained_records) as (data, expected):
            runs = [self._checked("tenths", name, self.sustained_records, data, expected) for _ in range(min(self.runs, 3))]
        middle = sorted(runs, key=lambda run: run["last"] / run["first"])[len(runs) // 2]
        self._add(f"{name} last tenth / first tenth", middle["last"], middle["first"], TENTHS_FLOOR)

    def widen(self) -> None:
        """Much more state than memory: the peak stays below the limit."""
        with _prepared("w2wide", self.wide_records) as (data, expected):
            run = self._checked("engine", "w2wide", self.wide_records, data, expected)
        peak = run["peak_bytes"]
        self.lines.append(
            Line("w2 wide: peak memory / limit", peak, PEAK_LIMIT, round(peak / PEAK_LIMIT, 3), 1.0, peak < PEAK_LIMIT)
        )
        console.print(f"w2wide: {run['rate']:,.0f} records/s, peak {peak / 1e6:,.0f} MB")

    def _add(self, title: str, ours: float, theirs: float, floor: float) -> None:
        ratio = ours / theirs
        self.lines.append(Line(title, round(ours), round(theirs), round(ratio, 3), floor, ratio >= floor))
        console.print(f"{title}: {ours:,.0f} / {theirs:,.0f} = {ratio:.3f} (at least {floor})")

    def _checked(self, kind: str, name: str, records: int, data: Path, expected: pl.DataFrame) -> dict[str, float]:
        run = WORK / "run"
        _copy(data, run)
        try:
            figures = _measure(kind, name, records, run)
            check(name, run, expected)
        except AssertionError as error:
            message = f"{kind} {name}: the result is wrong: {error}"
            raise SystemExit(message) from error
        finally:
            shutil.rmtree(run)
        return figures


@contextmanager
def _prepared(name: str, records: int) -> Iterator[tuple[Path, pl.DataFrame]]:
    """The data directory with the input, and the expected result."""
    data = WORK / f"{name}-{records}"
    shutil.rmtree(data, ignore_errors=True)
    try:
        values = inputs.prepare(WORKLOADS[name], records, data)
        yield data, EXPECTED[name](values)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _copy(data: Path, to: Path) -> None:
    """A copy that has reached the disk, so that its writing back is not part of a measurement."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(data, to)
    os.sync()


def _measure(kind: str, name: str, records: int, data: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.measure", kind, name, str(records), str(data)]
    done = subprocess.run(command, cwd=ROOT.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{' '.join(command[2:])} failed:\n{done.stderr}"
        raise SystemExit(message)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def environment() -> dict[str, str]:
    """Where the figures come from."""
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?"
    )
    return {
        "processor": f"{model}, {os.cpu_count()} cores, one used",
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("orjson", "msgspec", "rocksdict")},
        "sqlite": sqlite3.sqlite_version,
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def _print(bench: Bench) -> None:
    table = Table(title=f"Embedded log, {bench.records:,} records, exactly-once, full sync, commit 1 s, median of {bench.runs}")
    for column in ("workload", "engine", "peer", "ratio", "floor", "ok"):
        table.add_column(column, justify="left" if column == "workload" else "right")
    for line in bench.lines:
        mark = "[green]yes" if line.ok else "[red]NO"
        table.add_row(line.workload, f"{line.engine:,.0f}", f"{line.peer:,.0f}", f"{line.ratio:.2f}", f"{line.floor:.2f}", mark)
    console.print(table)
    for name, rate in bench.bare.items():
        console.print(f"Y of {name}: {rate:,.0f} values/s")
    for name, value in environment().items():
        console.print(f"{name}: {value}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--sustained-records", type=int, default=5_000_000)
    parser.add_argument("--wide-records", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--only", nargs="*", choices=[*FLOORS, "sustained", "wide"], help="parts to run; then nothing is written"
    )
    asked = parser.parse_args()
    parts = asked.only or [*FLOORS, "sustained", "wide"]
    bench = Bench(asked.records, asked.sustained_records, asked.wide_records, asked.runs)
    for name in FLOORS:
        if name in parts:
            bench.compare(name)
    if "sustained" in parts:
        for name in SUSTAINED:
            bench.sustain(name)
    if "wide" in parts:
        bench.widen()
    _print(bench)
    if not asked.only:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps([asdict(line) for line in bench.lines], indent=2) + "\n")
    failed = [line.workload for line in bench.lines if not line.ok]
    if failed:
        raise SystemExit("missed: " + ", ".join(failed))


if __name__ == "__main__":
    main()
