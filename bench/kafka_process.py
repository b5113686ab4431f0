"""Measurements of bench.kafka_measure as processes."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.kafka_measure import Order

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build" / "bench"
_LONGEST_S = 900.0
_STOP_S = 60.0


@contextmanager
def ordered(bootstrap: str, program: str, guarantee: str, **options: Any) -> Iterator[Order]:
    """An application with an id and a state folder of its own; the folder goes with the block."""
    app_id = f"bench-{program}-{uuid.uuid4().hex[:8]}"
    directory = WORK / app_id
    try:
        yield Order(
            bootstrap=bootstrap,
            program=program,
            guarantee=guarantee,
            app_id=app_id,
            directory=str(directory),
            options=options,
        )
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def measure(kind: str, order: Order) -> dict[str, float]:
    """Runs one to its end."""
    with started(kind, order) as process:
        return ended(process, _LONGEST_S)


@contextmanager
def staying(order: Order) -> Iterator[None]:
    """An application that runs for the length of the block."""
    with started("stay", order) as process:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "running":
            ended(process, _STOP_S)
        yield
        process.send_signal(signal.SIGTERM)
        ended(process, _STOP_S)


@contextmanager
def started(kind: str, order: Order) -> Iterator[subprocess.Popen[str]]:
    """A process that does not outlive the block."""
    command = [sys.executable, "-m", "bench.kafka_measure", kind, order.as_json()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], timeout_s: float) -> dict[str, float]:
    """The figures of a process that comes to its end. Raises SystemExit with what it said if it failed."""
    out, problems = process.communicate(timeout=timeout_s)
    if process.returncode:
        message = f"{process.args!r} failed:\n{problems}"
        raise SystemExit(message)
    figures: dict[str, float] = json.loads(out.splitlines()[-1])
    return figures
