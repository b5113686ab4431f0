"""What a cluster is: its brokers, ports and settings; kept as `cluster.json` in its directory."""

from __future__ import annotations

import base64
import dataclasses
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headrace.core.errors import ClusterError, ConfigurationError

DEFAULT_PORTS = (19092, 29092, 39092)
DEFAULT_HEAP_MB = 384

_SMALLEST_HEAP_MB = 128
_PORTS_OF_A_BROKER = 3
_LAST_PORT = 65535
_FORMAT_VERSION = 1

_FIXED_PROPERTIES = {
    "process.roles": "each broker is a controller, too",
    "node.id": "brokers are numbered from 1",
    "controller.quorum.voters": "it follows from the ports",
    "controller.listener.names": "it follows from the ports",
    "listeners": "choose ports: --ports",
    "advertised.listeners": "choose ports: --ports",
    "listener.security.protocol.map": "choose --sasl for a listener with SASL_SSL",
    "inter.broker.listener.name": "brokers talk to one another in plain text",
    "log.dirs": "data are in the cluster's directory: --dir",
    "log.dir": "data are in the cluster's directory: --dir",
}


def new_cluster_id() -> str:
    """A random id in the form that Kafka wants; never one that a command line takes for an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


@dataclass(frozen=True, slots=True)
class BrokerSpec:
    """One broker, which is a controller too.

    Attributes:
        id: Its node id, from 1.
        port: Where clients talk to it in plain text; the others are the two ports behind it.
    """

    id: int
    port: int

    @property
    def sasl_port(self) -> int:
        """Where clients talk to it by SASL_SSL, if the cluster has that."""
        return self.port + 1

    @property
    def controller_port(self) -> int:
        """Where controllers talk to one another."""
        return self.port + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSpec:
    """A cluster.

    Attributes:
        ports: The plain-text port of each broker; there are as many brokers as ports.
        heap_mb: Largest heap of each broker in MB (`-Xmx`).
        sasl: Whether there is a SASL_SSL listener with PLAIN beside the plain-text one.
        properties: Settings of the brokers over those that Headrace chooses.
        cluster_id: Kafka's id of the cluster.

    Raises:
        ConfigurationError: A port or size that cannot be, or a property that follows from other attributes.
    """

    ports: tuple[int, ...] = DEFAULT_PORTS[:1]
    heap_mb: int = DEFAULT_HEAP_MB
    sasl: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    cluster_id: str = field(default_factory=new_cluster_id)

    def __post_init__(self) -> None:
        _check_ports(self.ports)
        if self.heap_mb < _SMALLEST_HEAP_MB:
            message = f"a heap of {self.heap_mb} MB is too small for a broker"
            raise ConfigurationError(message, hint=f"give it {_SMALLEST_HEAP_MB} MB at least; {DEFAULT_HEAP_MB} do well")
        for name in self.properties:
            if name in _FIXED_PROPERTIES:
                message = f"the property {name} of a local cluster cannot be set"
                raise ConfigurationError(message, hint=_FIXED_PROPERTIES[name])

    @property
    def brokers(self) -> tuple[BrokerSpec, ...]:
        """The brokers, in the order of their ids."""
        return tuple(BrokerSpec(number, port) for number, port in enumerate(self.ports, start=1))

    @property
    def majority(self) -> int:
        """How many controllers must run for the cluster to answer."""
        return len(self.ports) // 2 + 1

    def broker(self, number: int) -> BrokerSpec:
        """The broker of this id. Raises ConfigurationError if there is none."""
        if not 1 <= number <= len(self.ports):
            ids = ", ".join(str(broker.id) for broker in self.brokers)
            message = f"the cluster has no broker {number}"
            raise ConfigurationError(message, hint=f"it has: {ids}")
        return self.brokers[number - 1]

    def save(self, path: Path) -> None:
        """Writes it as JSON."""
        document = {"version": _FORMAT_VERSION, **dataclasses.asdict(self)}
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> ClusterSpec:
        """Reads what `save` wrote. Raises ClusterError for anything else."""
        try:
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            version = document.pop("version")
            if version == _FORMAT_VERSION:
                return cls(**(document | {"ports": tuple(document["ports"])}))
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            message = f"{path} does not describe a cluster: {error}"
            raise ClusterError(message, hint=f"delete {path.parent} and start a new one") from None
        message = f"{path} was written by another version of Headrace (its format is {version}, not {_FORMAT_VERSION})"
        raise ClusterError(message, hint=f"use that version, or delete {path.parent} and start a new cluster")


def _check_ports(ports: tuple[int, ...]) -> None:
    if not ports:
        message = "a cluster has at least one broker, and a port for each"
        raise ConfigurationError(message)
    taken: dict[int, int] = {}
    for port in ports:
        if not 1 <= port <= _LAST_PORT - _PORTS_OF_A_BROKER + 1:
            message = f"{port} is no port for a broker"
            raise ConfigurationError(message, hint=f"choose one from 1024 to {_LAST_PORT - _PORTS_OF_A_BROKER + 1}")
        for used in range(port, port + _PORTS_OF_A_BROKER):
            if used in taken:
                message = f"the brokers on ports {taken[used]} and {port} would share port {used}"
                hint = "each broker also takes the two ports behind its own (SASL_SSL, controller): keep them 3 apart"
                raise ConfigurationError(message, hint=hint)
            taken[used] = port
