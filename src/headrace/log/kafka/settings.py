"""Settings of librdkafka's clients: what Headrace needs, what the user passes through, and who gets what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from headrace.core.errors import ConfigurationError
from headrace.log.api import ReaderKind
from headrace.log.kafka import failures
from headrace.log.kafka.client_events import ClientEvents
from headrace.log.kafka.setting_names import settings_for

T = TypeVar("T")

# The strategy "rebootstrap", librdkafka's default, gives learned brokers up when all are away. Transactions and fetches of
# librdkafka 2.16 then wait for ever, also when the brokers are back (seen with a single broker that is restarted).
#
# A broker that hangs answers nothing, and librdkafka looks for a new leader or coordinator only when a request has timed out.
# Its 60 s are far more than brokers take to elect another one (9 s).
_COMMON: dict[str, Any] = {"metadata.recovery.strategy": "none", "socket.timeout.ms": 10_000}
_CONSUMER = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "enable.partition.eof": True,
    "fetch.max.bytes": 50_000_000,
    "max.partition.fetch.bytes": 10_000_000,
}
_MEMBER = {
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": 10_000,
    "heartbeat.interval.ms": 1000,
    "auto.offset.reset": "latest",
    "enable.partition.eof": False,
}
"""How soon a dead member is noticed (librdkafka: 45 s), and the others hear of it (3 s). Slow user code costs no heartbeats."""

_STATIC_NAME = "group.instance.id"
_PRODUCER = {
    "enable.idempotence": True,
    "linger.ms": 20,
    "batch.num.messages": 10_000,
    "queue.buffering.max.messages": 500_000,
}
_OF_MEMBERS = ("consumer", "main.consumer")
_TRANSACTION_TIMEOUT_MS = 10_000
"""As Kafka Streams: a dead owner's open transaction holds up readers for this long, 60 s with librdkafka's default."""

_PLAIN_PRODUCER = {
    "linger.ms": 2,  # its records come in groups, and somebody waits for each
    "message.timeout.ms": 60_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """Makes clients.

    Attributes:
        bootstrap: Brokers as host:port, separated by commas.
        client_id: Names the clients in logs and quotas of brokers; also the group of readers, which join none.
        passed: The user's settings under librdkafka's names, or under Kafka Streams' where that means the same; for all
            clients, or with Kafka Streams' prefixes (`consumer.`, `main.consumer.`, `producer.` ...) for one kind. They win
            over Headrace's defaults. Not printed: they may hold secrets.
    """

    bootstrap: str
    client_id: str
    passed: Mapping[str, str] = field(default_factory=dict, repr=False)

    def consumer(self, kind: ReaderKind, on_unknown_topic: Callable[[], None]) -> Consumer:
        """A consumer that reads committed records only and reports instead of resetting.

        Args:
            kind: What it reads, for settings that are for such consumers only.
            on_unknown_topic: Called during a poll when a topic or partition seems to have gone.
        """
        own = {**_CONSUMER, "group.id": self.client_id}
        events = ClientEvents("consumer", self.bootstrap, on_unknown_topic)
        return self._made(Consumer, ("consumer", f"{kind}.consumer"), own, events)

    def group_client(self, group: str) -> Consumer:
        """A consumer that stands for a group without joining: for its positions, and its metadata in transactions."""
        return self._made(Consumer, _OF_MEMBERS, {**_CONSUMER, "group.id": group}, self._events("consumer"))

    def group_member(self, group: str) -> Consumer:
        """A consumer that can join a group, to be a member and nothing else."""
        own = {**_CONSUMER, **_MEMBER, "group.id": group}
        return self._made(Consumer, _OF_MEMBERS, own, self._events("consumer"), static_name=self.static_name())

    def static_name(self) -> str | None:
        """The user's `group.instance.id`: with it a member that restarts within the session time-out keeps its place."""
        return settings_for(self.passed, [f"{each}." for each in _OF_MEMBERS]).get(_STATIC_NAME)

    def producer(self, transactional_id: str | None) -> Producer:
        """A producer: idempotent, and transactional if it gets an id."""
        if transactional_id is None:
            own: dict[str, Any] = {**_PRODUCER, **_PLAIN_PRODUCER}
        else:
            own = {**_PRODUCER, "transactional.id": transactional_id, "transaction.timeout.ms": _TRANSACTION_TIMEOUT_MS}
        return self._made(Producer, ("producer",), own, self._events("producer"))

    def admin(self) -> tuple[AdminClient, ClientEvents]:
        """A client for topics and groups, and what it has to say: that is told during its `poll` only."""
        events = self._events("admin")
        return self._made(AdminClient, ("admin",), {}, events), events

    def _events(self, kind: str) -> ClientEvents:
        return ClientEvents(kind, self.bootstrap)

    def _made(
        self,
        make: Callable[..., T],
        kinds: Sequence[str],
        own: Mapping[str, Any],
        events: ClientEvents,
        *,
        static_name: str | None = None,
    ) -> T:
        common = {"bootstrap.servers": self.bootstrap, "client.id": self.client_id, **_COMMON}
        settings = {**common, **own, **settings_for(self.passed, [f"{each}." for each in kinds]), "error_cb": events.problem}
        settings.pop(_STATIC_NAME, None)
        if static_name is not None:  # only for the one client that joins: two of a name fence each other
            settings[_STATIC_NAME] = static_name
        try:
            return make(settings, logger=events)
        except (KafkaException, ValueError, TypeError) as error:
            detail = failures.text_of(error)
            message = f"Kafka's {kinds[0]} client refuses its settings: {detail}"
            hint = "the table kafka takes librdkafka's names: https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md"
            raise ConfigurationError(message, hint=hint) from None
