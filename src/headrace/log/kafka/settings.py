"""Settings of librdkafka's clients: what Headrace needs, what the user passes through, and who gets what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from headrace.core.errors import ConfigurationError
from headrace.log.kafka import failures
from headrace.log.kafka.client_events import ClientEvents

T = TypeVar("T")

_KINDS = ("consumer", "producer", "admin")

# The strategy "rebootstrap", librdkafka's default, gives learned brokers up when all are away. Transactions and fetches of
# librdkafka 2.16 then wait for ever, also when the brokers are back (seen with a single broker that is restarted).
_COMMON = {"metadata.recovery.strategy": "none"}
_CONSUMER = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "enable.partition.eof": True,
    "fetch.max.bytes": 50_000_000,
    "max.partition.fetch.bytes": 10_000_000,
}
_PRODUCER = {
    "enable.idempotence": True,
    "linger.ms": 20,
    "batch.num.messages": 10_000,
    "queue.buffering.max.messages": 500_000,
}
_TRANSACTION_TIMEOUT_MS = 10_000
"""As Kafka Streams: a dead owner's open transaction holds up readers for this long, 60 s with librdkafka's default."""

_DELIVERY_TIMEOUT_MS = 60_000


def _nothing() -> None:
    """Reads no topics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """Makes clients.

    Attributes:
        bootstrap: Brokers as host:port, separated by commas.
        client_id: Names the clients in logs and quotas of brokers; also the group of readers, which join none.
        passed: The user's settings under librdkafka's names, for all clients, or for one kind with the prefix `consumer.`,
            `producer.` or `admin.`. They win over Headrace's defaults. Not printed: they may hold secrets.
    """

    bootstrap: str
    client_id: str
    passed: Mapping[str, str] = field(default_factory=dict, repr=False)

    def consumer(self, on_unknown_topic: Callable[[], None]) -> Consumer:
        """A consumer that reads committed records only and reports instead of resetting.

        Args:
            on_unknown_topic: Called during a poll when a topic or partition seems to have gone.
        """
        return self._made(Consumer, "consumer", {**_CONSUMER, "group.id": self.client_id}, on_unknown_topic)

    def group_member(self, group: str) -> Consumer:
        """A consumer of a group, to ask for the group's metadata."""
        return self._made(Consumer, "consumer", {**_CONSUMER, "group.id": group})

    def producer(self, transactional_id: str | None) -> Producer:
        """A producer: idempotent, and transactional if it gets an id."""
        if transactional_id is None:
            own: dict[str, Any] = {**_PRODUCER, "message.timeout.ms": _DELIVERY_TIMEOUT_MS}
        else:
            own = {**_PRODUCER, "transactional.id": transactional_id, "transaction.timeout.ms": _TRANSACTION_TIMEOUT_MS}
        return self._made(Producer, "producer", own)

    def admin(self) -> AdminClient:
        """A client for topics and groups."""
        return self._made(AdminClient, "admin", {})

    def _made(
        self, make: Callable[..., T], kind: str, own: Mapping[str, Any], on_unknown_topic: Callable[[], None] = _nothing
    ) -> T:
        common = {"bootstrap.servers": self.bootstrap, "client.id": self.client_id, **_COMMON}
        events = ClientEvents(kind, self.bootstrap, on_unknown_topic)
        settings = {**common, **own, **self._passed_to(kind), "error_cb": events.problem}
        try:
            return make(settings, logger=events)
        except (KafkaException, ValueError, TypeError) as error:
            detail = failures.text_of(error)
            message = f"Kafka's {kind} client refuses its settings: {detail}"
            hint = "the table kafka takes librdkafka's names: https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md"
            raise ConfigurationError(message, hint=hint) from None

    def _passed_to(self, kind: str) -> dict[str, str]:
        general = {name: value for name, value in self.passed.items() if name.partition(".")[0] not in _KINDS}
        prefix = f"{kind}."
        special = {name.removeprefix(prefix): value for name, value in self.passed.items() if name.startswith(prefix)}
        return {**general, **special}
