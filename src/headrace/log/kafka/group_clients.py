"""Consumers that stand for groups without joining them: to read and commit positions, and for transactions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer

from headrace.log import faults
from headrace.log.kafka.membership import KafkaGroupMember
from headrace.log.kafka.settings import ClientSettings

_KEPT = 4
"""Each consumer has connections and threads of its own, and a cluster may have thousands of groups."""


class GroupClients:
    """Lends consumers, each to one user at a time, and keeps the last few for the next use. Safe to use from several threads.

    A consumer never joins, so its metadata stands for "no member": positions can be committed for as long as the group has no
    members. Where this process is a member, that one commits. The client for topics has calls for positions, too, but where a
    group's coordinator is not ready, as on brokers that have just started, reading them ends the whole process (librdkafka
    2.16: `rd_kafka_handle_OffsetFetch` then has a consumer look for the coordinator, and there is none).
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._idle: dict[str, Consumer] = {}
        self._members: dict[str, KafkaGroupMember] = {}
        self._closed = False
        self._lock = threading.Lock()

    @contextmanager
    def of(self, group: str) -> Iterator[Consumer]:
        """A consumer of a group, which nobody else uses or closes within the context."""
        with self._lock:
            if self._closed:
                raise faults.closed_log()
            idle = self._idle.pop(group, None)
        consumer = idle or self._settings.group_client(group)
        try:
            yield consumer
        finally:
            for surplus in self._kept(group, consumer):
                surplus.close()

    def admit(self, group: str, member: KafkaGroupMember) -> None:
        """From now on this process commits as a member of the group."""
        self._members[group] = member

    def dismiss(self, group: str) -> None:
        """It is none any more."""
        self._members.pop(group, None)

    def member(self, group: str) -> KafkaGroupMember | None:
        """This process as a member of the group, if it is one."""
        return self._members.get(group)

    def metadata(self, group: str) -> Any:
        """The opaque object that `send_offsets_to_transaction` takes. Raises FencedError if this process was expelled."""
        member = self.member(group)
        if member is not None:
            return member.ticket()
        with self.of(group) as consumer:
            return consumer.consumer_group_metadata()

    def close(self) -> None:
        """Closes all consumers; one that is lent is closed when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, {}
        for consumer in idle.values():
            consumer.close()

    def _kept(self, group: str, consumer: Consumer) -> list[Consumer]:
        """Takes a consumer back; those that are to be closed instead, which leaves the lock to others."""
        with self._lock:
            if self._closed or group in self._idle:
                return [consumer]
            self._idle[group] = consumer
            return [self._idle.pop(next(iter(self._idle))) for _ in range(len(self._idle) - _KEPT)]
