"""The peers in Java: Kafka Streams from Maven Central, its programs compiled once, each run in a process of its own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from headrace.cluster.artifacts import Artifact, broker_artifacts
from headrace.cluster.jars import ensure_jars
from headrace.cluster.java import find_java

THREADS = 2

_SOURCE = Path(__file__).parent / "peers" / "KsPeers.java"
_HEAP_MB = 1024
_LONGEST_S = 900.0
_OF_BROKER = ("jackson-annotations", "jackson-core", "jackson-databind", "kafka-clients", "lz4-java", "slf4j-api")
_OWN = (
    Artifact("org.apache.kafka", "kafka-streams", "4.1.1", "e554318dbc2b07461f714be32bb324744ba993eb7a49f938792beff577d7044b"),
    Artifact("org.rocksdb", "rocksdbjni", "9.7.3", "5ca63e0e955f101f7af1c1fb8ce260b5d3a5701cea7d8c2852b9d56031a57221"),
    Artifact("org.slf4j", "slf4j-nop", "1.7.36", "c214958b07816cb4412b30c7bdbd4308ffdc6ba2a83767b8f3a9229cbd9274d6"),
)


class KafkaStreams:
    """Kafka Streams, ready to run workloads.

    Args:
        folder: For classes and state.

    Raises:
        ClusterError: No Java, or the jars cannot be had.
        RuntimeError: There is no compiler, or it refuses the programs.
    """

    def __init__(self, folder: Path) -> None:
        self._java = str(find_java().command)
        artifacts = [*_OWN, *(artifact for artifact in broker_artifacts() if artifact.name in _OF_BROKER)]
        jars = ensure_jars(artifacts=artifacts, maven=shutil.which("mvn"))
        self._state = folder / "kafka-streams"
        classes = folder / f"classes-{hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:8]}"
        self._path = f"{jars}/*:{classes}"
        if not classes.is_dir():
            self._compile(classes, f"{jars}/*")

    def run(self, workload: str, guarantee: str, bootstrap: str, records: int) -> dict[str, float]:
        """Seconds from the first record that was processed: `processed_s` to the last one, `committed_s` to the last commit."""
        shutil.rmtree(self._state, ignore_errors=True)
        self._state.mkdir(parents=True)
        heap = [f"-Xms{_HEAP_MB}m", f"-Xmx{_HEAP_MB}m"]
        given = [bootstrap, workload, str(records), str(THREADS), guarantee]
        command = [self._java, *heap, f"-Djava.io.tmpdir={self._state}", "-cp", self._path, "KsPeers", *given]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_S)
        finally:
            shutil.rmtree(self._state)
        if done.returncode:
            message = f"KsPeers {' '.join(given)} failed:\n{done.stdout}{done.stderr}"
            raise RuntimeError(message)
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return figures

    def _compile(self, classes: Path, path: str) -> None:
        beside = Path(self._java).with_name("javac")
        compiler = str(beside) if beside.is_file() else shutil.which("javac")
        if compiler is None:
            message = "the peers need a Java compiler: install a JDK, or set JAVA_HOME to one"
            raise RuntimeError(message)
        unfinished = classes.with_suffix(".unfinished")
        unfinished.mkdir(parents=True, exist_ok=True)
        command = [compiler, "-cp", path, "-d", str(unfinished), str(_SOURCE)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"KsPeers.java cannot be compiled:\n{done.stderr}"
            raise RuntimeError(message)
        unfinished.rename(classes)
