import re
from pathlib import Path

import pytest

from headrace.cluster.credentials import Credentials
from headrace.cluster.properties import as_text, server_properties, shared_properties
from headrace.cluster.spec import DEFAULT_PORTS, ClusterSpec
from support.source_tree import ROOT

THREE = ClusterSpec(ports=DEFAULT_PORTS)


@pytest.mark.parametrize(("brokers", "replicas", "in_sync"), [(1, "1", "1"), (2, "2", "1"), (3, "3", "2"), (5, "3", "2")])
def test_replication_fits_the_number_of_brokers(brokers: int, replicas: str, in_sync: str):
    properties = shared_properties(brokers)

    factors = {value for name, value in properties.items() if name.endswith("replication.factor")}
    least = {value for name, value in properties.items() if name.endswith((".min.isr", "min.insync.replicas"))}
    assert (factors, least) == ({replicas}, {in_sync})


def test_each_broker_listens_on_its_own_ports_and_knows_all_controllers():
    properties = server_properties(THREE, THREE.broker(2), Path("/data"), None)

    assert properties["listeners"] == "PLAINTEXT://localhost:29092,CONTROLLER://localhost:29094"
    assert properties["advertised.listeners"] == "PLAINTEXT://localhost:29092"
    assert properties["controller.quorum.voters"] == "1@localhost:19094,2@localhost:29094,3@localhost:39094"
    assert properties["auto.create.topics.enable"] == "false"


def test_sasl_is_a_listener_beside_the_plain_one():
    credentials = Credentials("headrace", "secret", Path("/sasl"))
    properties = server_properties(THREE, THREE.broker(1), Path("/data"), credentials)

    assert "PLAINTEXT://localhost:19092,SASL_SSL://localhost:19093" in properties["advertised.listeners"]
    assert 'user_headrace="secret"' in properties["listener.name.sasl_ssl.plain.sasl.jaas.config"]
    assert properties["inter.broker.listener.name"] == "PLAINTEXT"


def test_settings_of_the_user_win():
    spec = ClusterSpec(properties={"offsets.topic.num.partitions": "50"})

    assert server_properties(spec, spec.broker(1), Path("/data"), None)["offsets.topic.num.partitions"] == "50"


def test_the_text_is_what_java_reads():
    text = as_text({"a": "plain", "b": "C:\\data", "c": " indented", "d": "two\nlines"})

    assert text == "a=plain\nb=C:\\\\data\nc=\\ indented\nd=two\\nlines\n"


def test_secrets_are_not_shown_by_accident():
    assert "secret" not in repr(Credentials("headrace", "secret", Path("/sasl")))


def test_the_cluster_for_docker_has_the_same_settings():
    text = (ROOT / "compose.yaml").read_text()
    variables = dict(re.findall(r'^  (KAFKA_\w+): "?([^"\n]*)"?$', text, re.MULTILINE))

    expected = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in shared_properties(3).items()}
    assert {name: variables.get(name) for name in expected} == expected
    assert re.findall(r'ports: \["127.0.0.1:(\d+):\1"\]', text) == [str(port) for port in DEFAULT_PORTS]
