from pathlib import Path

from headrace.cluster.artifacts import KAFKA_VERSION, Artifact, broker_artifacts

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_list_has_the_broker_in_its_version_and_a_back_end_for_its_log():
    by_name = {artifact.name: artifact for artifact in broker_artifacts()}

    assert by_name["kafka_2.13"].version == by_name["kafka-clients"].version == KAFKA_VERSION
    assert {"log4j-slf4j-impl", "log4j-core", "scala-library", "zstd-jni"} <= set(by_name)


def test_every_jar_is_pinned_once_by_a_sha256():
    artifacts = broker_artifacts()

    assert len({artifact.file_name for artifact in artifacts}) == len(artifacts) == 46
    assert all(len(bytes.fromhex(artifact.sha256)) == 32 for artifact in artifacts)


def test_an_artifact_knows_its_place_in_a_repository():
    artifact = Artifact("org.apache.kafka", "kafka_2.13", "4.1.1", EMPTY)

    assert artifact.repository_path == "org/apache/kafka/kafka_2.13/4.1.1/kafka_2.13-4.1.1.jar"


def test_a_file_is_intact_only_byte_for_byte(tmp_path: Path):
    artifact, path = Artifact("g", "a", "1", EMPTY), tmp_path / "a.jar"
    assert not artifact.is_intact(path)

    path.write_bytes(b"")
    assert artifact.is_intact(path)

    path.write_bytes(b"x")
    assert not artifact.is_intact(path)
