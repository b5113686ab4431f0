"""Which ports are taken, and which are free."""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Iterable

from headrace.cluster.spec import BrokerSpec
from headrace.core.errors import ClusterError

_BELOW_EPHEMERAL = range(20_000, 32_000, 4)
"""Systems take ports of outgoing connections from 32768 (Linux) or 49152 on."""


def is_taken(port: int) -> bool:
    """Whether a broker could not listen on this port of localhost."""
    with socket.socket() as probe:
        # As Java does it: connections of a former owner that are still closing are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            message = f"cannot listen on port {port}: {error.strerror}"
            raise ClusterError(message, hint="choose other ports: --ports") from None
    return False


def refuse_taken_ports(brokers: Iterable[BrokerSpec], *, sasl: bool) -> None:
    """Raises ClusterError that names every port which another process listens on."""
    taken = [
        f"{port} ({use} of broker {broker.id})"
        for broker in brokers
        for port, use in ports_of(broker, sasl=sasl)
        if is_taken(port)
    ]
    if taken:
        message = f"another process listens on port {', '.join(taken)}"
        hint = f"see which: lsof -i :{taken[0].split()[0]}; or choose other ports: --ports"
        raise ClusterError(message, hint=hint)


def ports_of(broker: BrokerSpec, *, sasl: bool) -> list[tuple[int, str]]:
    """The ports that a broker listens on, each with its use."""
    plain, controller = (broker.port, "clients"), (broker.controller_port, "controller")
    return [plain, (broker.sasl_port, "SASL_SSL"), controller] if sasl else [plain, controller]


def free_ports(brokers: int) -> tuple[int, ...]:
    """Ports for so many brokers, free at this moment; random, so that those who look at the same time seldom collide."""
    found: list[int] = []
    for port in random.sample(_BELOW_EPHEMERAL, len(_BELOW_EPHEMERAL)):
        if not any(is_taken(each) for each, _ in ports_of(BrokerSpec(0, port), sasl=True)):
            found.append(port)
            if len(found) == brokers:
                return tuple(found)
    message = f"there are no free ports for {brokers} brokers"
    raise ClusterError(message)
