"""One broker: its folder and its process."""

from __future__ import annotations

import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from headrace.cluster.credentials import write_secret
from headrace.cluster.java import Java
from headrace.cluster.log_files import last_lines
from headrace.cluster.processes import Process, load_process, spawn
from headrace.cluster.properties import as_text
from headrace.cluster.spec import BrokerSpec
from headrace.core.errors import ClusterError

_FORMAT_S = 120.0
_LINES_TOLD = 12
_BLOCK_BYTES = 512

_LOGGING = """shutdownHook = disable
rootLogger.level = INFO
rootLogger.appenderRef.file.ref = file
logger.settings.name = org.apache.kafka.common.config
logger.settings.level = WARN
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = ${sys:headrace.log}
appender.file.filePattern = ${sys:headrace.log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = [%d] %p %m (%c)%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
"""
"""Log4j's own shutdown hook would end the log before the broker has told how it stopped."""


@dataclass(frozen=True, slots=True)
class JavaRuntime:
    """What runs a broker: Java and the folder with Kafka's jars."""

    java: Java
    jars: Path


class Broker:
    """A broker in a folder of its own.

    Attributes:
        spec: Its id and ports.
        folder: Where its files are.
        log_file: What it logs; rolled over at 10 MB.
        console_file: What it prints beside the log, such as the last words of Java.
    """

    def __init__(self, folder: Path, spec: BrokerSpec) -> None:
        self.spec = spec
        self.folder = folder
        self.data = folder / "data"
        self.log_file = folder / "broker.log"
        self.console_file = folder / "console.log"
        self._temporary = folder / "tmp"
        self._properties_file = folder / "server.properties"
        self._logging_file = folder / "log4j2.properties"
        self._pid_file = folder / "pid.json"

    def process(self) -> Process | None:
        """Its process, None if it does not run. Notes about a process that has ended are forgotten."""
        process = load_process(self._pid_file)
        if process is not None and process.is_alive():
            return process
        self._pid_file.unlink(missing_ok=True)
        return None

    def is_formatted(self) -> bool:
        """Whether it has data of a cluster, maybe without any topic."""
        return (self.data / "meta.properties").is_file()

    def prepare(self, properties: dict[str, str], cluster_id: str, runtime: JavaRuntime) -> None:
        """Writes its files, and formats its data where that was not done before.

        Raises:
            ClusterError: Kafka refused to format.
        """
        self._temporary.mkdir(parents=True, exist_ok=True)
        write_secret(self._properties_file, as_text(properties))
        self._logging_file.write_text(_LOGGING, encoding="utf-8")
        if not self.is_formatted():
            self._format(cluster_id, runtime)

    def spawn(self, runtime: JavaRuntime, heap_mb: int) -> Process:
        """Starts its process, without waiting for it."""
        # Native libraries are unpacked there; after a kill they would be left behind.
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        options = [f"-Xmx{heap_mb}m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"]
        options += [f"-XX:ErrorFile={self.folder / 'java-crash.log'}"]
        command = [*self._java(runtime, *options), "kafka.Kafka", str(self._properties_file)]
        return spawn(command, output=self.console_file, pid_file=self._pid_file)

    def signal(self, number: signal.Signals) -> None:
        """Sends its process a signal, if it runs."""
        process = self.process()
        if process is not None:
            process.send(number)

    def log_position(self) -> int:
        """The end of its log in bytes, so that `last_words` can tell only what came later."""
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def last_words(self, *, since: int, count: int = _LINES_TOLD) -> list[str]:
        """The last lines of its log after a position; without any, those it printed."""
        return last_lines(self.log_file, count, since=since) or last_lines(self.console_file, count)

    def data_bytes(self) -> int:
        """Space on disk that its data takes. Kafka's index files are larger than what they take."""
        total = 0
        for path in self.data.rglob("*"):
            try:
                total += path.lstat().st_blocks * _BLOCK_BYTES
            except FileNotFoundError:
                continue  # removed by the broker meanwhile
        return total

    def _format(self, cluster_id: str, runtime: JavaRuntime) -> None:
        # What an interrupted attempt has left would be refused.
        shutil.rmtree(self.data, ignore_errors=True)
        arguments = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self._properties_file)]
        command = [*self._java(runtime, "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"), *arguments]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_FORMAT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            message = f"cannot format {self.data}: {error}"
            raise ClusterError(message) from None
        if ran.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            said = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
            message = "\n".join([f"Kafka refused to format {self.data}:", *said[:_LINES_TOLD]])
            raise ClusterError(message)

    def _java(self, runtime: JavaRuntime, *options: str) -> list[str]:
        # localhost is the IPv4 address for all, so that a broker listens where clients look first.
        fixed = ["-Djava.awt.headless=true", "-Djava.net.preferIPv4Stack=true", f"-Djava.io.tmpdir={self._temporary}"]
        logging = [f"-Dlog4j2.configurationFile={self._logging_file}", f"-Dheadrace.log={self.log_file}"]
        return [str(runtime.java.command), *options, *fixed, *logging, "-cp", f"{runtime.jars}/*"]
