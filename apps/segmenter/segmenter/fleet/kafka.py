"""Brokers of the fleet's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from headrace.cluster import Cluster, ClusterSpec
from headrace.cluster.spec import DEFAULT_PORTS


def started(directory: Path, brokers: int, tell: Callable[[str], None]) -> str:
    """Starts the cluster in a directory, which is made if there is none; its address."""
    if Cluster.exists(directory):
        cluster = Cluster(directory)
    else:
        cluster = Cluster.create(directory, ClusterSpec(ports=DEFAULT_PORTS[:brokers]))
    cluster.start(tell=tell)
    return cluster.bootstrap


def stopped(directory: Path) -> None:
    """Stops the cluster, if there is one."""
    if Cluster.exists(directory):
        Cluster(directory).stop()
