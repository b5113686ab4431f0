"""A schema registry of the fleet's own: Apicurio Registry, fetched by Maven once, which keeps schemas in the fleet's Kafka."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from headrace.cluster.processes import Process, load_process, spawn
from headrace.core.errors import HeadraceError

PORT = 18081
_VERSION = "3.0.9"
_NAME = f"apicurio-registry-app-{_VERSION}"
_LONGEST_START_S = 120.0
_LOOK_EVERY_S = 0.2


def started(directory: Path, bootstrap: str, tell: Callable[[str], None], port: int = PORT) -> str:
    """Starts the registry unless it runs; the URL of its interface as Confluent's clients know it.

    Raises:
        HeadraceError: Java or Maven is missing, or it does not come up.
    """
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    process = load_process(_note(directory))
    if process is None or not process.is_alive():
        program = _fetched(tell)
        tell("starting the schema registry")
        directory.mkdir(parents=True, exist_ok=True)
        os.environ |= {
            "APICURIO_STORAGE_KIND": "kafkasql",
            "APICURIO_KAFKASQL_BOOTSTRAP_SERVERS": bootstrap,
            "APICURIO_KAFKASQL_TOPIC": "registry-journal",
            "APICURIO_KAFKASQL_SNAPSHOTS_TOPIC": "registry-snapshots",
            "APICURIO_EVENTS_KAFKA_TOPIC": "registry-events",
        }
        options = ["-Xmx512m", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}"]
        command = [_required("java"), *options, "-jar", str(program)]
        process = spawn(command, output=_log(directory), pid_file=_note(directory))
    _wait_for(f"{url}/subjects", process, _log(directory))
    return url


def stopped(directory: Path) -> None:
    """Stops the registry, if it runs."""
    process = load_process(_note(directory))
    if process is not None and process.is_alive():
        process.send(signal.SIGTERM)
        while process.is_alive():
            time.sleep(_LOOK_EVERY_S)


def _note(directory: Path) -> Path:
    return directory / "registry.pid"


def _log(directory: Path) -> Path:
    return directory / "registry.log"


def _required(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        message = f"a schema registry of its own needs {program}, which is not there"
        raise HeadraceError(message, hint="install it, or take a registry that runs: make start REGISTRY=http://host:8081")
    return found


def _fetched(tell: Callable[[str], None]) -> Path:
    """The program's jar, in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headrace" / _NAME
    jar = cache / f"{_NAME}-runner.jar"
    if not jar.exists():
        tell("fetching the schema registry (109 MB)")
        part = cache.with_suffix(f".{os.getpid()}")
        part.mkdir(parents=True)
        artifact = f"io.apicurio:apicurio-registry-app:{_VERSION}:tar.gz:all"
        command = [_required("mvn"), "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={part}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"Maven cannot fetch {artifact}: {done.stdout[-1000:]}"
            raise HeadraceError(message, hint="take a registry that runs: make start REGISTRY=http://host:8081")
        with tarfile.open(part / f"{_NAME}-all.tar.gz") as archive:
            archive.extractall(part, filter="data")
        (part / f"{_NAME}-all.tar.gz").unlink()
        part.replace(cache)
    return jar


def _wait_for(url: str, process: Process, log: Path) -> None:
    deadline = time.monotonic() + _LONGEST_START_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if not process.is_alive() or time.monotonic() > deadline:
                message = f"the schema registry does not answer at {url}"
                raise HeadraceError(message, hint=f"its log is {log}") from None
            time.sleep(_LOOK_EVERY_S)
