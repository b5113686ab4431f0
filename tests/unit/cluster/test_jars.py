"""The cache, filled from a repository that this test serves, and by a Maven that fails or brings the wrong thing."""

import hashlib
from pathlib import Path

import pytest

from headrace.cluster.artifacts import KAFKA_VERSION, Artifact
from headrace.cluster.jars import cache_directory, ensure_jars
from headrace.core.errors import ClusterError

CONTENTS = {"one": b"first jar", "two": b"second jar"}
ARTIFACTS = [Artifact("org.example", name, "1.0", hashlib.sha256(content).hexdigest()) for name, content in CONTENTS.items()]


def publish(folder: Path, artifact: Artifact, content: bytes) -> Path:
    path = folder / artifact.repository_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def published(repository: tuple[str, Path]) -> tuple[str, Path]:
    for artifact in ARTIFACTS:
        publish(repository[1], artifact, CONTENTS[artifact.name])
    return repository


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_downloads_all_jars_once(published: tuple[str, Path], tmp_path: Path):
    address, served = published
    told: list[str] = []
    folder = ensure_jars(cache=tmp_path / "cache", artifacts=ARTIFACTS, repository=address, tell=told.append)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "one-1.0.jar": b"first jar",
        "two-1.0.jar": b"second jar",
    }
    assert folder.name.startswith(f"kafka-{KAFKA_VERSION}-")
    assert told == ["downloading 1 of 2: one-1.0.jar", "downloading 2 of 2: two-1.0.jar"]

    for path in served.rglob("*.jar"):
        path.unlink()
    assert ensure_jars(cache=tmp_path / "cache", artifacts=ARTIFACTS, repository=address) == folder


def test_another_choice_of_jars_is_another_folder(published: tuple[str, Path], tmp_path: Path):
    both = ensure_jars(cache=tmp_path, artifacts=ARTIFACTS, repository=published[0])
    one = ensure_jars(cache=tmp_path, artifacts=ARTIFACTS[:1], repository=published[0])

    assert both != one
    assert [path.name for path in one.iterdir()] == ["one-1.0.jar"]


def test_goes_on_where_a_download_was_interrupted(published: tuple[str, Path], tmp_path: Path):
    address, served = published
    second = served / ARTIFACTS[1].repository_path
    second.rename(second.with_suffix(".hidden"))
    with pytest.raises(ClusterError, match=r"cannot download .*two-1.0.jar: HTTP Error 404"):
        ensure_jars(cache=tmp_path / "cache", artifacts=ARTIFACTS, repository=address)

    second.with_suffix(".hidden").rename(second)
    told: list[str] = []
    ensure_jars(cache=tmp_path / "cache", artifacts=ARTIFACTS, repository=address, tell=told.append)

    assert told == ["downloading 1 of 1: two-1.0.jar"]


def test_a_jar_with_another_checksum_is_refused_and_not_kept(published: tuple[str, Path], tmp_path: Path):
    address, served = published
    publish(served, ARTIFACTS[0], b"something else")

    with pytest.raises(ClusterError, match=r"one-1.0.jar is not the file it should be: its SHA-256 is not"):
        ensure_jars(cache=tmp_path / "cache", artifacts=ARTIFACTS, repository=address)

    assert list((tmp_path / "cache").rglob("one-1.0*")) == []


def test_an_address_that_does_not_answer_is_told_with_the_mend(tmp_path: Path):
    with pytest.raises(ClusterError, match="cannot download") as caught:
        ensure_jars(cache=tmp_path, artifacts=ARTIFACTS, repository="http://127.0.0.1:1")

    assert "--repository URL" in str(caught.value)


def test_maven_gets_a_project_with_exactly_these_jars(tmp_path: Path):
    copied = tmp_path / "pom.xml"
    maven = script(
        tmp_path / "mvn",
        f'while [ "$1" != --file ]; do shift; done; cp "$2" {copied}\n'
        'for a; do case "$a" in -DoutputDirectory=*) out="${a#*=}";; esac; done\n'
        "printf 'first jar' > \"$out/one-1.0.jar\"; printf 'second jar' > \"$out/two-1.0.jar\"",
    )

    folder = ensure_jars(cache=tmp_path / "cache", artifacts=ARTIFACTS, maven=maven)

    assert len(list(folder.iterdir())) == 2
    assert copied.read_text().count("<dependency>") == 2
    assert "<groupId>org.example</groupId><artifactId>two</artifactId><version>1.0</version>" in copied.read_text()


def test_the_errors_of_maven_are_told(tmp_path: Path):
    maven = script(tmp_path / "mvn", "echo '[INFO] Scanning'; echo '[ERROR] no route to the mirror'; exit 1")

    with pytest.raises(ClusterError, match="no route to the mirror") as caught:
        ensure_jars(cache=tmp_path / "cache", artifacts=ARTIFACTS, maven=maven)

    assert "Scanning" not in str(caught.value)


def test_what_maven_brings_is_compared_with_the_checksums(tmp_path: Path):
    maven = script(tmp_path / "mvn", "exit 0")

    with pytest.raises(ClusterError, match=r"missing or have another checksum than they should: one-1\.0\.jar, two-1\.0\.jar"):
        ensure_jars(cache=tmp_path / "cache", artifacts=ARTIFACTS, maven=maven)


def test_the_cache_is_where_the_user_keeps_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert cache_directory({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "headrace"

    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_directory({}) == tmp_path / ".cache" / "headrace"
