"""A cluster for the length of a block, as tests need it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.cluster.cluster import Cluster
from headrace.cluster.ports import free_ports
from headrace.cluster.spec import ClusterSpec

_HEAP_MB = 256
_GUARD_S = 60.0


@contextmanager
def temporary_cluster(
    *, brokers: int = 1, sasl: bool = False, heap_mb: int = _HEAP_MB, properties: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Starts a cluster on free ports; stops it and deletes its data at the end, also if this process is killed.

    Args:
        brokers: How many.
        sasl: Whether it has a SASL_SSL listener, too.
        heap_mb: Largest heap of each broker in MB.
        properties: Settings of the brokers.

    Raises:
        ClusterError: It cannot be started.

    >>> with temporary_cluster() as cluster:  # doctest: +SKIP
    ...     App("clicks", topology, bootstrap=cluster.bootstrap).run(until_end=True)
    """
    spec = ClusterSpec(ports=free_ports(brokers), sasl=sasl, heap_mb=heap_mb, properties=dict(properties or {}))
    with TemporaryDirectory(prefix="headrace-kafka-") as folder:
        cluster = Cluster.create(Path(folder), spec)
        with _guarded(cluster):
            try:
                cluster.start()
                yield cluster
            finally:
                # Nobody will read the data again, so that brokers need not write it out.
                cluster.delete()


@contextmanager
def _guarded(cluster: Cluster) -> Iterator[None]:
    """A process of its own waits for the end of this one, which closes the pipe between them however it comes."""
    command = [sys.executable, "-m", "headrace.cluster.guard", str(cluster.directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as guard:
        yield
        guard.communicate(timeout=_GUARD_S)
