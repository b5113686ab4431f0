"""Brokers of the fleet's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from headrace.cluster import Cluster, ClusterSpec
from headrace.cluster.spec import DEFAULT_PORTS

PROPERTIES = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000"}
"""How often brokers look for transactions of the dead. Until they are over, nobody can read past them, and so take over: the
default of 10 s would come on top of the session time-out."""


def started(directory: Path, brokers: int, tell: Callable[[str], None]) -> str:
    """Starts the cluster in a directory, which is made if there is none; its address."""
    if Cluster.exists(directory):
        cluster = Cluster(directory)
    else:
        cluster = Cluster.create(directory, ClusterSpec(ports=DEFAULT_PORTS[:brokers], properties=PROPERTIES))
    cluster.start(tell=tell)
    return cluster.bootstrap


def stopped(directory: Path) -> None:
    """Stops the cluster, if there is one."""
    if Cluster.exists(directory):
        Cluster(directory).stop()
