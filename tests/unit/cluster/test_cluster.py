"""What a cluster does without a broker being started."""

import stat
from pathlib import Path

import pytest

from headrace.cluster import Cluster, ClusterSpec
from headrace.cluster.broker import JavaRuntime
from headrace.cluster.cluster import default_directory
from headrace.cluster.java import Java
from headrace.cluster.ports import free_ports
from headrace.cluster.spec import new_cluster_id
from headrace.cluster.starting import start_brokers
from headrace.cluster.status import BrokerState
from headrace.core.errors import ClusterError, ConfigurationError


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster.create(tmp_path / "cluster", ClusterSpec(ports=free_ports(3), heap_mb=256))


def formatted(cluster: Cluster) -> Cluster:
    data = cluster.directory / "broker-1" / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("")
    return cluster


def test_is_opened_again_from_its_directory(cluster: Cluster):
    assert Cluster(cluster.directory).spec == cluster.spec
    assert stat.S_IMODE(cluster.directory.stat().st_mode) == 0o700


def test_a_directory_without_one_is_told(tmp_path: Path):
    with pytest.raises(ClusterError, match="there is no cluster in") as caught:
        Cluster(tmp_path)

    assert "headrace cluster start" in str(caught.value)


def test_a_second_one_in_a_directory_is_refused(cluster: Cluster):
    with pytest.raises(ClusterError, match="already"):
        Cluster.create(cluster.directory, ClusterSpec())


def test_bootstrap_servers_are_all_brokers(cluster: Cluster):
    assert cluster.bootstrap == ",".join(f"localhost:{port}" for port in cluster.spec.ports)
    assert cluster.sasl_bootstrap == ",".join(f"localhost:{port + 1}" for port in cluster.spec.ports)


def test_brokers_that_were_never_started_are_down(cluster: Cluster):
    assert [(each.broker, each.state, each.pid, each.data_bytes) for each in cluster.status()] == [
        (number, BrokerState.DOWN, None, 0) for number in (1, 2, 3)
    ]
    assert cluster.running == 0


def test_settings_change_while_it_is_down(cluster: Cluster):
    formatted(cluster).change(heap_mb=300, sasl=True)

    assert (Cluster(cluster.directory).spec.heap_mb, Cluster(cluster.directory).spec.sasl) == (300, True)


def test_the_number_of_brokers_changes_only_without_data(cluster: Cluster):
    cluster.change(ports=cluster.spec.ports[:2])
    assert len(Cluster(cluster.directory).spec.ports) == 2

    with pytest.raises(ConfigurationError, match="has 2 brokers, not 1"):
        formatted(cluster).change(ports=cluster.spec.ports[:1])


def test_an_unknown_broker_is_refused(cluster: Cluster):
    for act in (cluster.start, cluster.stop, cluster.kill, cluster.pause, cluster.log_file):
        with pytest.raises(ConfigurationError, match="no broker 4"):
            act(4)


def test_deleting_leaves_no_cluster(cluster: Cluster):
    formatted(cluster).delete()

    assert not Cluster.exists(cluster.directory)
    assert [path.name for path in cluster.directory.iterdir()] == ["lock"]


def java(tmp_path: Path, script: str) -> JavaRuntime:
    command = tmp_path / "java"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    return JavaRuntime(Java(command, 21), tmp_path)


def test_a_broker_that_ends_at_once_is_told_with_its_last_words(cluster: Cluster, tmp_path: Path):
    runtime = java(tmp_path, "echo 'Error: Could not reserve enough space for the heap'; exit 3")
    broker = cluster._brokers(1)[0]
    broker.folder.mkdir()

    with pytest.raises(ClusterError, match=r"broker 1 \(port \d+\) ended with exit code 3 while it started") as caught:
        start_brokers([broker], runtime, heap_mb=256, cluster_id=new_cluster_id(), timeout_s=60)

    assert "Could not reserve enough space" in str(caught.value)


def test_brokers_that_do_not_answer_are_stopped_again(cluster: Cluster, tmp_path: Path):
    runtime = java(tmp_path, "exec sleep 600")
    broker = cluster._brokers(2)[0]
    broker.folder.mkdir()

    with pytest.raises(ClusterError, match="did not answer within 1 s"):
        start_brokers([broker], runtime, heap_mb=256, cluster_id=new_cluster_id(), timeout_s=1)

    assert broker.process() is None


def test_brokers_that_run_and_do_not_answer_are_silent_and_keep_their_settings(cluster: Cluster, tmp_path: Path):
    runtime = java(tmp_path, "exec sleep 600")
    brokers = cluster._brokers(1, 2)
    for broker in brokers:
        broker.folder.mkdir()
    start_brokers(brokers, runtime, heap_mb=256, cluster_id=new_cluster_id(), timeout_s=None)
    try:
        assert [each.state for each in cluster.status()] == [BrokerState.SILENT, BrokerState.SILENT, BrokerState.DOWN]
        assert cluster.status()[1].pid == brokers[1].process().pid
        with pytest.raises(ClusterError, match="runs with other settings: heap_mb"):
            cluster.change(heap_mb=512)
        cluster.change(heap_mb=256)
    finally:
        cluster.kill()
    assert cluster.running == 0


def test_brokers_of_which_too_few_run_have_no_majority(cluster: Cluster, tmp_path: Path):
    broker = cluster._brokers(2)[0]
    broker.folder.mkdir()
    start_brokers([broker], java(tmp_path, "exec sleep 600"), heap_mb=256, cluster_id=new_cluster_id(), timeout_s=None)

    assert [each.state for each in cluster.status()] == [BrokerState.DOWN, BrokerState.NO_MAJORITY, BrokerState.DOWN]

    cluster.kill()


def test_there_is_one_default_directory_for_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert default_directory({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "headrace" / "cluster"

    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_directory({}) == tmp_path / ".local" / "share" / "headrace" / "cluster"
