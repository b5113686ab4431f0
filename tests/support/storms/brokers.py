"""Brokers that go and come back, one at a time."""

from __future__ import annotations

import time
from enum import StrEnum

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from headrace.cluster import Cluster

_LONGEST_S = 120.0


class Outage(StrEnum):
    """How a broker goes."""

    KILLED = "killed"
    STOPPED = "stopped in order"
    HALTED = "halted"


class Brokers:
    """The brokers of a cluster; all data have to be on all of them before the next one may go."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._client = AdminClient({"bootstrap.servers": cluster.bootstrap})

    @property
    def names(self) -> list[str]:
        return [str(broker.id) for broker in self._cluster.spec.brokers]

    def outage(self, name: str, lasts_s: float, how: Outage) -> None:
        """Lets a broker go, as soon as that costs no partition its second last copy, and brings it back."""
        deadline = time.monotonic() + _LONGEST_S
        while not self._in_sync():
            assert time.monotonic() < deadline, "the brokers do not get in sync"
            time.sleep(0.2)
        go = {Outage.KILLED: self._cluster.kill, Outage.STOPPED: self._cluster.stop, Outage.HALTED: self._cluster.pause}[how]
        go(int(name))
        time.sleep(lasts_s)
        if how is Outage.HALTED:
            self._cluster.resume(int(name))
        else:
            self._cluster.start(int(name), timeout_s=_LONGEST_S)

    def _in_sync(self) -> bool:
        try:
            topics = self._client.list_topics(timeout=5).topics.values()
        except KafkaException:
            return False
        return all(len(of.isrs) == len(of.replicas) for topic in topics for of in topic.partitions.values())
