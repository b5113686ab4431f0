"""Lines of the benchmark on Kafka: what they have to reach, and how they are shown and written."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

GUARANTEES = ("at_least_once", "exactly_once_v2")

FLOORS = {
    ("w1", "at_least_once"): 1.3,
    ("w2", "at_least_once"): 1.8,
    ("w3", "at_least_once"): 1.4,
    ("w4", "at_least_once"): 3.0,
    ("w1", "exactly_once_v2"): 1.2,
    ("w2", "exactly_once_v2"): 1.5,
    ("w3", "exactly_once_v2"): 1.2,
    ("w4", "exactly_once_v2"): 2.5,
    ("w1all", "at_least_once"): 2.0,
    ("w1all", "exactly_once_v2"): 2.0,
}
"""Engine to Kafka Streams, both with this guarantee."""

QUIX_FLOOR = 8.0
RESTORE_FLOOR = 0.3
QUERY_LIMIT_MS = 5.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the result.

    `engine` and `peer` are records per second. In lines about time `engine` is the 99th percentile and `peer` the limit, both
    in ms, and `floor` is the most that `ratio` may be.
    """

    workload: str
    guarantee: str
    engine: float
    peer: float
    ratio: float
    floor: float
    ok: bool


def at_least(workload: str, guarantee: str, engine: float, peer: float, floor: float) -> Line:
    """A line of rates, of which more is better."""
    ratio = engine / peer
    return Line(workload, guarantee, round(engine), round(peer), round(ratio, 3), floor, ratio >= floor)


def at_most(workload: str, guarantee: str, p99_ms: float, limit_ms: float) -> Line:
    """A line of times, of which less is better."""
    ratio = p99_ms / limit_ms
    return Line(workload, guarantee, round(p99_ms, 2), limit_ms, round(ratio, 3), 1.0, ratio <= 1.0)


def show(console: Console, title: str, lines: list[Line], notes: list[str]) -> None:
    """The table, what else was seen, and where the figures come from."""
    table = Table(title=title)
    for column in ("workload", "guarantee", "engine", "peer", "ratio", "floor", "ok"):
        table.add_column(column, justify="left" if column in ("workload", "guarantee") else "right")
    for line in lines:
        figures = f"{line.engine:,g}", f"{line.peer:,g}", f"{line.ratio:.2f}", f"{line.floor:.2f}"
        table.add_row(line.workload, line.guarantee, *figures, "[green]yes" if line.ok else "[red]NO")
    console.print(table)
    for note in [*notes, *(f"{name}: {value}" for name, value in _environment().items())]:
        console.print(note)


def write(path: Path, lines: list[Line]) -> None:
    """As JSON."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([asdict(line) for line in lines], indent=2) + "\n")


def merge(path: Path, lines: list[Line]) -> None:
    """Puts lines into a result that was written before, each in the place of the one for the same; others come at the end."""
    known = [Line(**line) for line in json.loads(path.read_text())] if path.exists() else []
    merged = {(line.workload, line.guarantee): line for line in [*known, *lines]}
    write(path, list(merged.values()))


def _environment() -> dict[str, str]:
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?"
    )
    return {
        "processor": f"{model}, {os.cpu_count()} cores, for broker and program together",
        "system": platform.platform(),
        "python": platform.python_version(),
        "confluent-kafka": version("confluent-kafka"),
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }
