"""Driver, reader, instances: processes that outlive the command that starts them."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

from headrace.cli.server import UnreachableError, ask
from headrace.cluster.processes import Process, load_process, spawn
from headrace.core.errors import HeadraceError
from segmenter.fleet.places import MOST_INSTANCES, Fleet

_LOOK_EVERY_S = 0.1
_PYTHON = (sys.executable, "-m")


def start(fleet: Fleet, part: str) -> None:
    """Starts a part unless it runs."""
    if running(fleet, part) is None:
        spawn(_command(fleet, part), output=fleet.log_of(part), pid_file=_note(fleet, part))


def running(fleet: Fleet, part: str) -> Process | None:
    """The process of a part, if it runs."""
    process = load_process(_note(fleet, part))
    return process if process is not None and process.is_alive() else None


def instances(fleet: Fleet) -> list[int]:
    """The numbers of the instances that run."""
    return [number for number in range(1, MOST_INSTANCES + 1) if running(fleet, f"instance-{number}")]


def stop(fleet: Fleet, parts: Sequence[str], timeout_s: float = 30.0) -> None:
    """Asks parts to end in order, and waits for it; by force after the time-out."""
    asked = [process for part in parts if (process := running(fleet, part)) is not None]
    for process in asked:
        process.send(signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    for process in asked:
        while process.is_alive():
            if time.monotonic() > deadline:
                process.send(signal.SIGKILL)
            time.sleep(_LOOK_EVERY_S)


def crash(fleet: Fleet, number: int) -> None:
    """Ends an instance as a power cut would.

    Raises:
        HeadraceError: It does not run.
    """
    process = running(fleet, f"instance-{number}")
    if process is None:
        message = f"instance {number} does not run"
        raise HeadraceError(message, hint=f"these do: {instances(fleet)}")
    process.send(signal.SIGKILL)
    while process.is_alive():
        time.sleep(_LOOK_EVERY_S)


def busiest(fleet: Fleet) -> int | None:
    """The instance with most active tasks; None if none answers."""
    found = {number: statuses for number in instances(fleet) if (statuses := active_tasks(fleet, number)) is not None}
    return max(found, key=lambda number: len(found[number]), default=None)


def active_tasks(fleet: Fleet, number: int) -> list[str] | None:
    """The tasks that an instance processes; None if it does not answer."""
    status = status_of(fleet, number)
    return None if status is None else [task["task"] for task in status["tasks"] if task["role"] == "active"]


def status_of(fleet: Fleet, number: int) -> Any:
    """What an instance says about itself; None if it does not answer."""
    try:
        return ask(fleet.url_of(number), "/status")
    except UnreachableError:
        return None


def _note(fleet: Fleet, part: str) -> Any:
    return fleet.directory / f"{part}.pid"


def _command(fleet: Fleet, part: str) -> list[str]:
    if part == "driver":
        return [*_PYTHON, "segmenter.driver", *(["--full-speed"] if fleet.full_speed else [])]
    if part == "reader":
        return [*_PYTHON, "segmenter.reader"]
    number = int(part.removeprefix("instance-"))
    address = fleet.url_of(number).removeprefix("http://")
    state = fleet.directory / part  # of its own: a task's directory has one user, and a standby is a second one
    return [*_PYTHON, "headrace", "run", "segmenter.topology", "--data", str(state), "-o", f"serve={address}"]
