"""The jars of a broker: exactly which, pinned by version and checksum."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

KAFKA_VERSION = "4.1.1"

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Artifact:
    """One jar in a Maven repository."""

    group: str
    name: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Its name in a folder of jars."""
        return f"{self.name}-{self.version}.jar"

    @property
    def repository_path(self) -> str:
        """Where it lies below the address of a repository."""
        return f"{self.group.replace('.', '/')}/{self.name}/{self.version}/{self.file_name}"

    def is_intact(self, path: Path) -> bool:
        """Whether the file at this path is this jar, byte for byte."""
        if not path.is_file():
            return False
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == self.sha256


def broker_artifacts() -> tuple[Artifact, ...]:
    """All jars that a broker needs: Kafka, what it requires at run time, and a back end for its log lines."""
    lines = (files("headrace.cluster") / "artifacts.sha256").read_text(encoding="utf-8").splitlines()
    return tuple(_parsed(line) for line in lines)


def _parsed(line: str) -> Artifact:
    sha256, coordinates = line.split()
    group, name, version = coordinates.split(":")
    return Artifact(group, name, version, sha256)
