"""Applications of the Java Kafka Streams as processes, and Kafka's own tools. Without a JDK their tests are skipped."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from headrace.cluster.artifacts import Artifact
from headrace.cluster.jars import ensure_jars
from headrace.cluster.java import find_java

_JARS = (
    Artifact("org.apache.kafka", "kafka-streams", "4.1.1", "e554318dbc2b07461f714be32bb324744ba993eb7a49f938792beff577d7044b"),
    Artifact("org.rocksdb", "rocksdbjni", "9.7.3", "5ca63e0e955f101f7af1c1fb8ce260b5d3a5701cea7d8c2852b9d56031a57221"),
    Artifact("org.apache.kafka", "kafka-tools", "4.1.1", "8a6939f310a61119cedaffc144119e9b2a374e32a7ec18f78e49ce5aeb71d6b0"),
)
_LONGEST_S = 60.0


class JavaStreams:
    """A compiled Java program.

    Args:
        source: Its one file; the class has the file's name.
        folder: For classes, states and what it writes.
    """

    def __init__(self, source: Path, folder: Path) -> None:
        java = find_java().command
        beside = java.with_name("javac")
        compiler = str(beside) if beside.is_file() else shutil.which("javac")
        if compiler is None:
            pytest.skip(f"{source.name} needs a Java compiler: install a JDK of version 17 or newer, or set JAVA_HOME to one")
        maven = shutil.which("mvn")
        self._folder = folder
        self._main = source.stem
        self._path = f"{ensure_jars(artifacts=_JARS, maven=maven)}/*:{ensure_jars(maven=maven)}/*:{folder}"
        self._java = [str(java), "-Xmx256m", "-XX:+UseSerialGC", "-cp", self._path]
        compiled = subprocess.run(
            [compiler, "-nowarn", "-cp", self._path, "-d", str(folder), str(source)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert compiled.returncode == 0, compiled.stderr

    def start(self, bootstrap: str, application_id: str, prefix: str) -> JavaRun:
        """An instance; it keeps its state for the next one of its application id."""
        state = self._folder / f"state-{application_id}"
        arguments = [bootstrap, application_id, prefix, str(state)]
        return JavaRun([*self._java, self._main, *arguments], self._folder / f"{application_id}.log")

    def reset(self, bootstrap: str, application_id: str, *inputs: str) -> str:
        """What `kafka-streams-application-reset --dry-run` says."""
        command = [*self._java, "org.apache.kafka.tools.StreamsResetter", "--bootstrap-server", bootstrap]
        command += ["--application-id", application_id, "--input-topics", ",".join(inputs), "--dry-run", "--force"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_S)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


class JavaRun:
    """An instance in a process of its own."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output)

    def check(self) -> None:
        """Fails if it has ended by itself."""
        assert self._process.poll() is None, self._log.read_text()[-5_000:]

    def stop(self) -> None:
        """Ends it in order."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(_LONGEST_S) == 0, self._log.read_text()[-5_000:]

    def kill(self) -> None:
        """Whatever it does."""
        self._process.kill()
        self._process.communicate()
