"""A Kafka cluster as a log: its parts, and the constructor."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from confluent_kafka import KafkaError

from headrace.core.identifiers import checked_name
from headrace.log.api import Admin, Producer, Reader, ReaderKind
from headrace.log.buffered_producer import BufferedProducer
from headrace.log.kafka.admin import KafkaAdmin
from headrace.log.kafka.calls import TIMEOUT_S, Patience
from headrace.log.kafka.catalog import Catalog
from headrace.log.kafka.group_clients import GroupClients
from headrace.log.kafka.groups import Groups
from headrace.log.kafka.membership import KafkaGroupMember
from headrace.log.kafka.offsets import Offsets
from headrace.log.kafka.own_writes import OwnWrites
from headrace.log.kafka.parts import ClusterParts
from headrace.log.kafka.plain_producer import PlainProducer
from headrace.log.kafka.plain_writes import PlainWrites
from headrace.log.kafka.reader import KafkaReader
from headrace.log.kafka.settings import ClientSettings
from headrace.log.kafka.topics import Topics
from headrace.log.kafka.transactions import Transactions


def open_kafka(
    bootstrap: str,
    *,
    client_id: str = "headrace",
    settings: Mapping[str, str] | None = None,
    replication_factor: int = -1,
    patience_s: float = TIMEOUT_S,
) -> KafkaLog:
    """The log of a Kafka cluster. Clients connect when they are first used.

    Args:
        bootstrap: Brokers as host:port, separated by commas.
        client_id: Names the clients in logs, metrics and quotas of the brokers.
        settings: Settings of the clients under librdkafka's names, or Kafka Streams' where they mean the same; with the prefix
            `consumer.`, `main.consumer.`, `restore.consumer.`, `global.consumer.`, `producer.` or `admin.` for one kind only.
        replication_factor: Replicas of topics that are made; -1: the brokers' default.
        patience_s: How long brokers may be away, once they have answered, before calls fail as busy.

    Raises:
        ConfigurationError: A client refuses its settings.
    """
    clients = ClientSettings(bootstrap=bootstrap, client_id=client_id, passed=settings or {})
    return KafkaLog(clients, replication_factor, patience_s)


class KafkaLog:
    """A `Log` over a Kafka cluster. Made by `open_kafka`.

    What was committed through one KafkaLog is seen at once by its own `admin`; other processes see it a little later, when the
    transaction's markers have reached all partitions.
    """

    def __init__(self, settings: ClientSettings, replication_factor: int, patience_s: float) -> None:
        self._settings = settings
        client, events = settings.admin()

        def refusal() -> KafkaError | None:
            client.poll(0)
            return events.refusal

        patience, own_writes = Patience(patience_s, refusal), OwnWrites()
        catalog = Catalog(client, patience)
        offsets = Offsets(client, catalog, own_writes, patience)
        group_clients = GroupClients(settings)
        groups = Groups(client, catalog, group_clients, patience)
        self._parts = ClusterParts(catalog, offsets, groups, group_clients, own_writes)
        self._admin = KafkaAdmin(self._parts, Topics(client, catalog, replication_factor))

    def admin(self) -> Admin:
        """Topics and groups."""
        return self._admin

    def reader(self, kind: ReaderKind = "main") -> Reader:
        """A new reader."""
        return KafkaReader(self._settings, kind, self._parts.catalog, self._parts.offsets)

    def producer(self, transactional_id: str | None = None) -> Producer:
        """A new producer; with a transactional id it fences every older one of that id, and ends what that one left open."""
        if transactional_id is None:
            return PlainProducer(PlainWrites(self._settings.producer(None), self._parts.catalog, self._parts.own_writes))
        writes = Transactions(partial(self._settings.producer, transactional_id), transactional_id, self._parts)
        return BufferedProducer(writes, transactional=True, give_up=writes.close)

    def own(self, application_id: str) -> AbstractContextManager[None]:
        """Owns nothing: on Kafka several instances of an application share its partitions, and transactions fence zombies."""
        checked_name(application_id, "application id")
        return nullcontext()

    def join(self, group: str, topic: str) -> KafkaGroupMember:
        """Joins a group. Positions of this group that are committed through this log are the member's from now on."""
        clients = self._parts.group_clients
        member = KafkaGroupMember(
            self._settings.group_member(group),
            lambda: self._settings.admin()[0],
            group,
            topic,
            static=self.static_name() is not None,
            closed=partial(clients.dismiss, group),
        )
        clients.admit(group, member)
        return member

    def static_name(self) -> str | None:
        """The client setting `group.instance.id`."""
        return self._settings.static_name()

    def close(self) -> None:
        """Closes the clients for groups; readers and producers are closed by their users."""
        self._parts.group_clients.close()
