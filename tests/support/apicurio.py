"""A real schema registry: Apicurio Registry, fetched by Maven once and started with its store in memory."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "3.0.9"
_NAME = f"apicurio-registry-app-{VERSION}"
_ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
_LONGEST_START_S = 90.0


def fetched() -> Path:
    """The program's jar; in the user's cache, or where HEADRACE_TEST_CACHE says."""
    cache = Path(os.environ.get("HEADRACE_TEST_CACHE") or Path.home() / ".cache" / "headrace-tests") / _NAME
    jar = cache / f"{_NAME}-runner.jar"
    if not jar.exists():
        part = cache.with_suffix(f".{os.getpid()}")
        part.mkdir(parents=True)
        command = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={part}"]
        subprocess.run(command, check=True, timeout=600)
        with tarfile.open(part / f"{_NAME}-all.tar.gz") as archive:
            archive.extractall(part, filter="data")
        (part / f"{_NAME}-all.tar.gz").unlink()
        if not cache.exists():
            part.rename(cache)
    return jar


def can_start() -> bool:
    """Whether there is what it takes."""
    return all(shutil.which(program) for program in ("java", "mvn"))


@contextmanager
def apicurio(folder: Path) -> Iterator[str]:
    """Runs the registry; gives the URL of its Confluent-compatible interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["java", "-Xmx512m", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}", "-jar", str(fetched())]
    with (folder / "apicurio.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
        try:
            url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
            _wait_for(f"{url}/subjects", process, folder / "apicurio.log")
            yield url
        finally:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _LONGEST_START_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                message = f"Apicurio did not start:\n{log.read_text()[-2000:]}"
                raise RuntimeError(message) from None
            time.sleep(0.2)
