"""A cluster in a directory: started, stopped and looked at by any process that knows the directory.

The directory holds `cluster.json`, `lock`, a folder for each broker (`broker-1` ...) and, with SASL, the folder `sasl`.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from headrace.cluster.broker import Broker, JavaRuntime
from headrace.cluster.credentials import Credentials, find_keytool, load_credentials, make_credentials, write_secret
from headrace.cluster.jars import ensure_jars, quiet
from headrace.cluster.java import find_java
from headrace.cluster.lock import directory_lock
from headrace.cluster.ports import refuse_taken_ports
from headrace.cluster.properties import server_properties
from headrace.cluster.spec import ClusterSpec
from headrace.cluster.starting import start_brokers
from headrace.cluster.status import BrokerStatus, status_of
from headrace.cluster.stopping import Stopped, stop_brokers
from headrace.core.errors import ClusterError, ConfigurationError
from headrace.core.time import Clock, SystemClock

START_S = 90.0
STOP_S = 30.0

_SPEC_FILE = "cluster.json"
_WAIT_FOR_OTHERS_S = START_S + STOP_S


class Cluster:
    """A Kafka cluster of brokers on this machine.

    Args:
        directory: Where it is.
        clock: Tells the time for uptimes.

    Raises:
        ClusterError: There is none in the directory.

    Attributes:
        directory: Where it is, absolute.
    """

    def __init__(self, directory: Path, *, clock: Clock | None = None) -> None:
        self.directory = directory.absolute()
        self._clock = clock or SystemClock()
        if not self.exists(self.directory):
            message = f"there is no cluster in {self.directory}"
            raise ClusterError(message, hint="start one: headrace cluster start")
        self._spec = ClusterSpec.load(self.directory / _SPEC_FILE)

    @staticmethod
    def exists(directory: Path) -> bool:
        """Whether there is a cluster in this directory, running or not."""
        return (directory / _SPEC_FILE).is_file()

    @classmethod
    def create(cls, directory: Path, spec: ClusterSpec) -> Cluster:
        """Makes a cluster, which is not started yet.

        Raises:
            ClusterError: There is one already.
        """
        with directory_lock(directory, wait_s=_WAIT_FOR_OTHERS_S):
            if cls.exists(directory):
                message = f"there is a cluster in {directory} already"
                raise ClusterError(message, hint="open it, or choose another directory")
            spec.save(directory / _SPEC_FILE)
        return cls(directory)

    @property
    def spec(self) -> ClusterSpec:
        """What it consists of."""
        return self._spec

    @property
    def bootstrap(self) -> str:
        """Its bootstrap servers in plain text: `localhost:19092,...`."""
        return ",".join(f"localhost:{broker.port}" for broker in self._spec.brokers)

    @property
    def sasl_bootstrap(self) -> str:
        """Its bootstrap servers for SASL_SSL."""
        return ",".join(f"localhost:{broker.sasl_port}" for broker in self._spec.brokers)

    @property
    def credentials(self) -> Credentials | None:
        """User, password and certificate for SASL_SSL; None if the cluster has not got that, or was never started."""
        return load_credentials(self.directory / "sasl") if self._spec.sasl else None

    def change(self, **settings: Any) -> None:
        """Changes attributes of its `ClusterSpec`, from the next start on.

        Raises:
            ConfigurationError: Another number of brokers, where there are data: these are made for the number there was.
            ClusterError: A broker runs.
        """
        with self._locked():
            changed = dataclasses.replace(self._spec, **settings)
            if changed == self._spec:
                return
            if len(changed.ports) != len(self._spec.ports) and any(broker.is_formatted() for broker in self._brokers()):
                message = f"the cluster in {self.directory} has {_brokers_text(self._spec)}, not {len(changed.ports)}"
                hint = "delete it and its data first (headrace cluster stop --delete), or choose another --dir"
                raise ConfigurationError(message, hint=hint)
            running = [broker.spec.id for broker in self._brokers() if broker.process() is not None]
            if running:
                names = ", ".join(name for name in settings if getattr(changed, name) != getattr(self._spec, name))
                message = f"the cluster in {self.directory} runs with other settings: {names}"
                raise ClusterError(message, hint="stop it first: headrace cluster stop")
            changed.save(self.directory / _SPEC_FILE)
            self._spec = changed

    def start(
        self,
        *ids: int,
        timeout_s: float = START_S,
        repository: str | None = None,
        tell: Callable[[str], None] = quiet,
    ) -> list[int]:
        """Starts brokers that do not run, and waits until they answer. Fetches Kafka's jars if that was never done.

        Where fewer than a majority of the controllers run, the cluster cannot answer, and nothing is waited for.

        Args:
            ids: Which; all if none is given.
            timeout_s: How long to wait for answers.
            repository: Maven repository to download from.
            tell: Takes lines about the progress.

        Returns:
            The ids of those that were started.

        Raises:
            ClusterError: No Java, no jars, a taken port, or a broker that does not come up. Nothing that was started stays.
        """
        with self._locked():
            brokers = [broker for broker in self._brokers(*ids) if broker.process() is None]
            if not brokers:
                return []
            refuse_taken_ports([broker.spec for broker in brokers], sasl=self._spec.sasl)
            runtime = find_runtime(repository=repository, tell=tell)
            credentials = self._make_credentials(runtime) if self._spec.sasl else None
            for broker in brokers:
                properties = server_properties(self._spec, broker.spec, broker.data, credentials)
                broker.prepare(properties, self._spec.cluster_id, runtime)
            started = [broker.spec.id for broker in brokers]
            tell(f"starting broker {', '.join(map(str, started))}")
            enough = self.running + len(started) >= self._spec.majority
            spec, patience_s = self._spec, timeout_s if enough else None
            start_brokers(brokers, runtime, heap_mb=spec.heap_mb, cluster_id=spec.cluster_id, timeout_s=patience_s)
            return started

    def stop(self, *ids: int, timeout_s: float = STOP_S) -> dict[int, Stopped]:
        """Stops brokers in order; those that have not ended after the time-out are killed.

        Args:
            ids: Which; all if none is given.
            timeout_s: How long to wait.
        """
        with self._locked():
            return stop_brokers(self._brokers(*ids), timeout_s=timeout_s)

    def kill(self, *ids: int) -> None:
        """Ends brokers at once, as a power cut would; all if none is given."""
        with self._locked():
            stop_brokers(self._brokers(*ids), timeout_s=0)

    def pause(self, *ids: int) -> None:
        """Halts brokers where they are, as a long garbage collection would; their connections stay open."""
        for broker in self._brokers(*ids):
            broker.signal(signal.SIGSTOP)

    def resume(self, *ids: int) -> None:
        """Lets paused brokers go on."""
        for broker in self._brokers(*ids):
            broker.signal(signal.SIGCONT)

    @property
    def running(self) -> int:
        """How many brokers have a process."""
        return sum(broker.process() is not None for broker in self._brokers())

    def status(self) -> list[BrokerStatus]:
        """What each broker is doing now."""
        has_majority = self.running >= self._spec.majority
        return [status_of(broker, self._clock, has_majority=has_majority) for broker in self._brokers()]

    def log_file(self, number: int) -> Path:
        """The log of a broker. Raises ConfigurationError if there is no such broker."""
        return self._brokers(number)[0].log_file

    def delete(self) -> None:
        """Stops the brokers and removes the cluster with all its data."""
        with self._locked():
            stop_brokers(self._brokers(), timeout_s=0)
            # First, so that what an interruption leaves behind is no cluster.
            (self.directory / _SPEC_FILE).unlink(missing_ok=True)
            for path in (*(broker.folder for broker in self._brokers()), self.directory / "sasl"):
                shutil.rmtree(path, ignore_errors=True)

    def _brokers(self, *ids: int) -> list[Broker]:
        specs = [self._spec.broker(number) for number in sorted(set(ids))] if ids else self._spec.brokers
        return [Broker(self.directory / f"broker-{spec.id}", spec) for spec in specs]

    def _locked(self) -> AbstractContextManager[None]:
        return directory_lock(self.directory, wait_s=_WAIT_FOR_OTHERS_S)

    def _make_credentials(self, runtime: JavaRuntime) -> Credentials:
        folder = self.directory / "sasl"
        found = load_credentials(folder)
        if found is None:
            keytool = find_keytool(runtime.java.command)
            found = make_credentials(folder, openssl=shutil.which("openssl"), keytool=keytool)
        lines = (f"export {name}='{value}'\n" for name, value in found.client_options(self.sasl_bootstrap).items())
        write_secret(found.client_file, "".join(lines))
        return found


def default_directory(environment: Mapping[str, str] | None = None) -> Path:
    """`headrace/cluster` in XDG_DATA_HOME, `~/.local/share` by default: one cluster for a user, whose ports are fixed, too."""
    variables = os.environ if environment is None else environment
    base = variables.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "headrace" / "cluster"


def find_runtime(*, repository: str | None = None, tell: Callable[[str], None] = quiet) -> JavaRuntime:
    """Java and Kafka's jars, which are fetched if they are not in the user's cache.

    Raises:
        ClusterError: No Java is new enough, or the jars cannot be had.
    """
    java = find_java()
    return JavaRuntime(java, ensure_jars(repository=repository, maven=shutil.which("mvn"), tell=tell))


def _brokers_text(spec: ClusterSpec) -> str:
    count = len(spec.ports)
    return f"{count} broker{'' if count == 1 else 's'}"
