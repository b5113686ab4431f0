"""The server.properties of each broker.

The settings are those of a cluster for one developer: they save memory and time to start, and keep what a real one promises
(replication, transactions, explicit topics).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from headrace.cluster.credentials import Credentials
from headrace.cluster.spec import BrokerSpec, ClusterSpec

_MOST_REPLICAS = 3
_INTERNAL_PARTITIONS = "4"
_LISTENERS = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL"


def shared_properties(brokers: int) -> dict[str, str]:
    """What all brokers of a cluster of this size have in common."""
    replicas = str(min(brokers, _MOST_REPLICAS))
    in_sync = "2" if brokers >= _MOST_REPLICAS else "1"
    return {
        "auto.create.topics.enable": "false",
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync,
        "offsets.topic.num.partitions": _INTERNAL_PARTITIONS,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.num.partitions": _INTERNAL_PARTITIONS,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.num.partitions": _INTERNAL_PARTITIONS,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": in_sync,
        # Consumers of tests come one by one and shall not wait for others.
        "group.initial.rebalance.delay.ms": "0",
        # Tests of lost members shall not wait for the usual limits either; defaults of clients are not touched.
        "group.min.session.timeout.ms": "500",
        "group.consumer.min.session.timeout.ms": "500",
        "group.consumer.min.heartbeat.interval.ms": "100",
        # The default buffer of 128 MB would be half of the heap.
        "log.cleaner.dedupe.buffer.size": "8388608",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
    }


def server_properties(cluster: ClusterSpec, broker: BrokerSpec, data: Path, credentials: Credentials | None) -> dict[str, str]:
    """All settings of one broker; those that the user gave win."""
    listeners = {"PLAINTEXT": broker.port}
    if credentials is not None:
        listeners["SASL_SSL"] = broker.sasl_port
    return {
        "process.roles": "broker,controller",
        "node.id": str(broker.id),
        "controller.quorum.voters": ",".join(f"{each.id}@localhost:{each.controller_port}" for each in cluster.brokers),
        "listeners": _addresses(listeners | {"CONTROLLER": broker.controller_port}),
        "advertised.listeners": _addresses(listeners),
        "listener.security.protocol.map": _LISTENERS,
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        **shared_properties(len(cluster.brokers)),
        **({} if credentials is None else _sasl(credentials)),
        **cluster.properties,
    }


def as_text(properties: Mapping[str, str]) -> str:
    """In the form of a Java properties file."""
    return "".join(f"{name}={_escaped(value)}\n" for name, value in properties.items())


def _escaped(value: str) -> str:
    """A backslash begins an escape in such files, and leading blanks are dropped."""
    text = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return "\\" + text if text.startswith(" ") else text


def _addresses(ports: Mapping[str, int]) -> str:
    return ",".join(f"{name}://localhost:{port}" for name, port in ports.items())


def _sasl(credentials: Credentials) -> dict[str, str]:
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    prefix = "listener.name.sasl_ssl"
    return {
        "sasl.enabled.mechanisms": "PLAIN",
        f"{prefix}.plain.sasl.jaas.config": f'{module} required user_{credentials.user}="{credentials.password}";',
        f"{prefix}.ssl.keystore.type": "PKCS12",
        f"{prefix}.ssl.keystore.location": str(credentials.keystore),
        f"{prefix}.ssl.keystore.password": credentials.password,
    }
