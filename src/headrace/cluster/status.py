"""What the brokers are doing now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from headrace.cluster.broker import Broker
from headrace.cluster.probe import live_brokers
from headrace.core.time import Clock


class BrokerState(StrEnum):
    """What a broker is doing."""

    UP = "up"
    SILENT = "silent"
    """Its process runs and does not answer: it starts, or hangs."""
    NO_MAJORITY = "no majority"
    """It runs, but too few others do: it may answer what it knows, and can change nothing."""
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerStatus:
    """One broker.

    Attributes:
        broker: Its id.
        port: Where clients talk to it.
        state: What it is doing.
        pid: Its process; None if it is down.
        uptime_ms: How long the process runs; None if it is down.
        data_bytes: Space that its data takes on disk.
    """

    broker: int
    port: int
    state: BrokerState
    pid: int | None
    uptime_ms: int | None
    data_bytes: int


def status_of(broker: Broker, clock: Clock, *, has_majority: bool) -> BrokerStatus:
    """Looks at the process, asks the broker, and measures its data."""
    process = broker.process()
    if process is None:
        state = BrokerState.DOWN
    elif not has_majority:
        state = BrokerState.NO_MAJORITY
    else:
        answers = broker.spec.id in live_brokers(broker.spec.port)
        state = BrokerState.UP if answers else BrokerState.SILENT
    return BrokerStatus(
        broker=broker.spec.id,
        port=broker.spec.port,
        state=state,
        pid=None if process is None else process.pid,
        uptime_ms=None if process is None else max(0, clock.now_ms() - process.started_ms),
        data_bytes=broker.data_bytes(),
    )
