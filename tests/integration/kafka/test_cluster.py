"""Real brokers: started, stopped, killed, replaced, and asked by a socket that speaks Kafka's protocol."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.cluster import Cluster, ClusterSpec, temporary_cluster
from headrace.cluster.ports import free_ports
from headrace.cluster.probe import live_brokers
from headrace.cluster.processes import identity_of
from headrace.cluster.status import BrokerState
from headrace.cluster.stopping import Stopped
from headrace.core.errors import ClusterError
from headrace.log.kafka.calls import until
from support.command_line import CommandLine

pytestmark = pytest.mark.timeout(300)

SMALL = ("--heap", "256")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    directory = tmp_path / "cluster"
    monkeypatch.setenv("HEADRACE_CLUSTER_HOME", str(directory))
    yield directory
    if Cluster.exists(directory):
        Cluster(directory).delete()


def states(cluster: Cluster) -> dict[int, BrokerState]:
    return {each.broker: each.state for each in cluster.status()}


def sasl_plain(connection: ssl.SSLSocket, user: str, password: str) -> int:
    """Kafka's error code for this user: SaslHandshake, then SaslAuthenticate."""

    def ask(api: int, body: bytes) -> int:
        request = struct.pack(">hhih", api, 1, 0, -1) + body
        connection.sendall(struct.pack(">i", len(request)) + request)
        size = struct.unpack(">i", read(connection, 4))[0]
        code: int = struct.unpack_from(">h", read(connection, size), 4)[0]
        return code

    token = f"\0{user}\0{password}".encode()
    return ask(17, struct.pack(">h5s", 5, b"PLAIN")) or ask(36, struct.pack(">i", len(token)) + token)


def read(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        assert part, "the broker closed the connection"
        parts += part
    return parts


def test_the_fixture_is_a_cluster_that_answers(kafka_cluster: Cluster):
    host, _, port = kafka_cluster.bootstrap.partition(":")

    assert host == "localhost"
    assert live_brokers(int(port)) == {1}
    assert states(kafka_cluster) == {1: BrokerState.UP}


def test_one_broker_from_start_to_stop_by_the_command(cli: CommandLine, home: Path):
    port = free_ports(1)[0]
    first = cli.ok("cluster", "start", "--ports", port, *SMALL)
    assert first.out == f"HEADRACE_BOOTSTRAP=localhost:{port}\n"
    assert "starting broker 1\n" in first.err

    (row,) = cli.ok("cluster", "status", "--json").json
    assert (row["port"], row["state"]) == (port, "up")
    assert row["uptime_ms"] > 0
    assert row["data_bytes"] > 0

    again = cli.ok("cluster", "start")
    assert "the brokers run already" in again.err
    assert cli.ok("cluster", "status", "--json").json[0]["pid"] == row["pid"]
    assert "has 1 broker, not 3" in cli("cluster", "start", "--brokers", "3").err
    assert cli("cluster", "start", "--heap", "300").code == 1
    assert "Kafka Server started" in cli.ok("cluster", "logs", "-n", "500").out

    assert cli.ok("cluster", "stop").err == "broker 1 stopped\n"
    assert identity_of(row["pid"]) is None
    assert cli("cluster", "status").code == 1

    cli.ok("cluster", "start", "--heap", "260")
    assert Cluster(home).spec.heap_mb == 260
    assert "broker 1 killed\n" in cli.ok("cluster", "stop", "--delete", "--kill").err
    assert not Cluster.exists(home)


def test_a_broker_that_was_killed_is_down_and_starts_again(home: Path):
    cluster = Cluster.create(home, ClusterSpec(ports=free_ports(1), heap_mb=256))
    cluster.start()
    pid = cluster.status()[0].pid
    assert pid is not None

    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert states(cluster) == {1: BrokerState.DOWN}

    assert cluster.start() == [1]
    assert states(cluster) == {1: BrokerState.UP}
    cluster.pause(1)
    until(lambda: states(cluster) == {1: BrokerState.SILENT}, "see the broker halt")  # on a busy machine it still answers
    cluster.resume(1)
    assert live_brokers(cluster.spec.ports[0], timeout_s=60) == {1}
    assert cluster.stop() == {1: Stopped.IN_ORDER}


def test_a_broker_that_does_not_start_is_told_with_its_reason(home: Path):
    spec = ClusterSpec(ports=free_ports(1), heap_mb=256, properties={"num.io.threads": "many"})
    cluster = Cluster.create(home, spec)

    with pytest.raises(ClusterError, match=r"Invalid value many for configuration num\.io\.threads") as caught:
        cluster.start()

    assert cluster.running == 0
    assert "last lines of" in str(caught.value) or "refused to format" in str(caught.value)


def test_ctrl_c_leaves_no_broker_behind(home: Path):
    command = [sys.executable, "-c", "from headrace.cli.main import main; main()", "cluster", "start", "--ports"]
    port = free_ports(1)[0]
    with subprocess.Popen([*command, str(port), *SMALL], stderr=subprocess.PIPE, text=True) as start:
        assert start.stderr is not None
        for line in start.stderr:
            if line.startswith("starting"):
                break
        start.send_signal(signal.SIGTERM)
        said = start.communicate(timeout=60)[1]

    assert start.returncode == 130
    assert "interrupted" in said
    assert Cluster(home).running == 0


def test_sasl_takes_the_password_and_no_other(cli: CommandLine, home: Path):
    port = free_ports(1)[0]
    told = cli.ok("cluster", "start", "--ports", port, "--sasl", *SMALL)
    cluster = Cluster(home)
    credentials = cluster.credentials
    assert credentials is not None
    assert f"password {credentials.password}" in told.err
    assert credentials.password not in cli.ok("cluster", "start").err
    assert f"HEADRACE_KAFKA_SASL_PASSWORD='{credentials.password}'" in credentials.client_file.read_text()

    context = ssl.create_default_context(cafile=str(credentials.certificate))
    codes = {}
    for password in (credentials.password, "wrong"):
        with (
            socket.create_connection(("localhost", port + 1), timeout=60) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            codes[password] = sasl_plain(secure, credentials.user, password)
    assert codes == {credentials.password: 0, "wrong": 58}  # SASL_AUTHENTICATION_FAILED
    cluster.kill()


DIES = """
import os, signal
from headrace.cluster import temporary_cluster
with temporary_cluster() as cluster:
    print(cluster.status()[0].pid, cluster.directory, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_temporary_cluster_ends_with_the_process_that_made_it():
    # The guard has inherited the pipe, so that reading it to its end waits for the guard.
    died = subprocess.run([sys.executable, "-c", DIES], stdout=subprocess.PIPE, text=True, check=False, timeout=240)
    pid, directory = died.stdout.split()

    assert died.returncode == -signal.SIGKILL
    assert identity_of(int(pid)) is None
    assert not Path(directory).exists()


@pytest.mark.soak
def test_three_brokers_lose_one_and_take_it_back():
    with temporary_cluster(brokers=3) as cluster:
        ports = cluster.spec.ports
        assert states(cluster) == dict.fromkeys((1, 2, 3), BrokerState.UP)

        assert cluster.stop(2) == {2: Stopped.IN_ORDER}
        assert states(cluster) == {1: BrokerState.UP, 2: BrokerState.DOWN, 3: BrokerState.UP}
        assert 2 not in live_brokers(ports[0], timeout_s=30)

        assert cluster.start(2) == [2]
        assert live_brokers(ports[1], timeout_s=30) == {1, 2, 3}

        cluster.kill(1)
        assert states(cluster)[1] is BrokerState.DOWN
        assert cluster.start() == [1]
        assert set(cluster.stop().values()) == {Stopped.IN_ORDER}

        cluster.start(3)
        assert states(cluster)[3] is BrokerState.NO_MAJORITY
        assert cluster.running < cluster.spec.majority
