"""Whether anybody listens where brokers are said to be: a wrong address is told in seconds, before Kafka's client waits."""

from __future__ import annotations

import socket
import time

from headrace.core.errors import LogError

_PATIENCE_S = 5.0
_PAUSE_S = 0.25
_PORT = 9092
"""Kafka's own default, for an address without a port."""


def require_listener(bootstrap: str, patience_s: float = _PATIENCE_S) -> None:
    """Returns once one of the addresses takes a connection: brokers that start at the same time may be slower.

    Raises:
        LogError: None of them does; the message has the reason for each.
    """
    addresses = [address for part in bootstrap.split(",") if (address := part.strip())]
    deadline = time.monotonic() + patience_s
    while True:
        reasons = [f"{address}: {reason}" for address in addresses if (reason := _refusal(address))]
        if len(reasons) < len(addresses) or not addresses:
            return
        if time.monotonic() + _PAUSE_S > deadline:
            message = f"no broker can be reached ({'; '.join(reasons)})"
            hint = "check the option bootstrap and that Kafka runs; `headrace cluster start` starts one on this machine"
            raise LogError(message, hint=hint)
        time.sleep(_PAUSE_S)


def _refusal(address: str) -> str | None:
    """Why nothing can connect, None if something can."""
    host, port = _host_and_port(address)
    try:
        socket.create_connection((host, port), _PATIENCE_S).close()
    except OSError as error:
        return error.strerror or str(error) or type(error).__name__
    return None


def _host_and_port(address: str) -> tuple[str, int]:
    """Of `host`, `host:9092`, `[::1]:9092`, `SASL_SSL://host:9092`."""
    place = address.rpartition("://")[2]
    host, colon, port = place.rpartition(":")
    if not colon or not port.isdecimal():
        host, port = place, str(_PORT)
    return host.strip("[]"), int(port)
