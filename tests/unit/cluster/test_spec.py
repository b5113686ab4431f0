from pathlib import Path

import pytest

from headrace.cluster.spec import ClusterSpec, new_cluster_id
from headrace.core.errors import ClusterError, ConfigurationError


def test_brokers_are_numbered_from_1_and_take_the_two_ports_behind_their_own():
    first, second = ClusterSpec(ports=(9092, 9192)).brokers

    assert (first.id, second.id) == (1, 2)
    assert (second.port, second.sasl_port, second.controller_port) == (9192, 9193, 9194)


@pytest.mark.parametrize(("brokers", "majority"), [(1, 1), (2, 2), (3, 2), (5, 3)])
def test_a_majority_is_more_than_half(brokers: int, majority: int):
    assert ClusterSpec(ports=tuple(range(9000, 9000 + brokers * 10, 10))).majority == majority


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ports": ()}, "at least one broker"),
        ({"ports": (0,)}, "0 is no port"),
        ({"ports": (65534,)}, "65534 is no port"),
        ({"ports": (9092, 9094)}, "the brokers on ports 9092 and 9094 would share port 9094"),
        ({"ports": (9092, 9092)}, "would share port 9092"),
        ({"heap_mb": 64}, "64 MB is too small"),
        ({"properties": {"listeners": "PLAINTEXT://:1"}}, "the property listeners of a local cluster cannot be set"),
    ],
)
def test_what_cannot_be_is_refused(settings, message: str):
    with pytest.raises(ConfigurationError, match=message):
        ClusterSpec(**settings)


def test_comes_back_from_its_file_as_it_was(tmp_path: Path):
    spec = ClusterSpec(ports=(9092, 9192, 9292), heap_mb=256, sasl=True, properties={"log.retention.ms": "-1"})

    spec.save(tmp_path / "cluster.json")

    assert ClusterSpec.load(tmp_path / "cluster.json") == spec


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}', '{"version": 1, "ports": [9092], "colour": "red"}'])
def test_a_damaged_file_is_told(tmp_path: Path, text: str):
    path = tmp_path / "cluster.json"
    path.write_text(text)

    with pytest.raises(ClusterError, match="does not describe a cluster"):
        ClusterSpec.load(path)


def test_a_file_of_another_version_is_told(tmp_path: Path):
    path = tmp_path / "cluster.json"
    path.write_text('{"version": 2, "brokers": []}')

    with pytest.raises(ClusterError, match="its format is 2, not 1"):
        ClusterSpec.load(path)


def test_an_unknown_broker_is_told_with_those_there_are():
    with pytest.raises(ConfigurationError, match="no broker 4") as caught:
        ClusterSpec(ports=(9092, 9192, 9292)).broker(4)

    assert "1, 2, 3" in str(caught.value)


def test_ids_are_as_kafka_wants_them():
    ids = [new_cluster_id() for _ in range(200)]

    assert all(len(each) == 22 and not each.startswith("-") for each in ids)
    assert len(set(ids)) == len(ids)
