"""Stopping brokers: in order, and after a time by force."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from enum import StrEnum

from headrace.cluster.broker import Broker
from headrace.cluster.processes import Process
from headrace.core.errors import ClusterError

_PAUSE_S = 0.05
_KILL_S = 15.0


class Stopped(StrEnum):
    """How a broker ended."""

    IN_ORDER = "stopped"
    KILLED = "killed"
    NOT_RUNNING = "was not running"


def stop_brokers(brokers: Sequence[Broker], *, timeout_s: float) -> dict[int, Stopped]:
    """Asks brokers to stop, all at the same time, and kills those that have not within the time-out.

    Args:
        brokers: Which.
        timeout_s: How long to wait; with 0 they are killed at once, as by a power cut.

    Raises:
        ClusterError: A process outlives being killed.
    """
    outcome = {broker.spec.id: Stopped.NOT_RUNNING for broker in brokers}
    running = {broker.spec.id: process for broker in brokers if (process := broker.process()) is not None}
    if timeout_s > 0:
        outcome |= dict.fromkeys(running, Stopped.IN_ORDER)
        left = _end(running, signal.SIGTERM, timeout_s)
    else:
        left = running
    outcome |= dict.fromkeys(left, Stopped.KILLED)
    immortal = _end(left, signal.SIGKILL, _KILL_S)
    if immortal:
        pids = ", ".join(str(process.pid) for process in immortal.values())
        message = f"cannot kill process {pids}"
        raise ClusterError(message, hint="it waits for a device, or belongs to another user")
    for broker in brokers:
        broker.process()  # forgets the note about it
    return outcome


def _end(processes: dict[int, Process], number: signal.Signals, timeout_s: float) -> dict[int, Process]:
    """Sends a signal to processes and waits for their end; those that still run."""
    for process in processes.values():
        process.send(number)
        process.send(signal.SIGCONT)  # one that is paused would not hear of it
    deadline = time.monotonic() + timeout_s
    left = processes
    while left := {broker: process for broker, process in left.items() if process.is_alive()}:
        if time.monotonic() >= deadline:
            break
        time.sleep(_PAUSE_S)
    return left
