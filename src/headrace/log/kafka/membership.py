"""A member of a group, through librdkafka: for liveness, generations and fencing only. What it reads is its own affair.

The member subscribes to a topic with one partition, and leads while this partition is assigned to it. Under the cooperative
protocol it stays where it is for as long as its holder lives.
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import OFFSET_END, Consumer, ConsumerGroupState, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient

from headrace.core.errors import FencedError, HeadraceError, LogBusyError
from headrace.log import faults
from headrace.log.api import GroupPlace
from headrace.log.kafka import failures
from headrace.log.kafka.calls import REQUEST_S, answer

_MAGIC = b"CGMDv"
_HEAD_LENGTH = len(_MAGIC) + 2
_GENERATION = struct.Struct("<i")
_LEAVE_S = 2.0
_PASSING = failures.UNKNOWN_TOPIC | failures.SUSPENDED


@dataclass(frozen=True, slots=True)
class Ticket:
    """What librdkafka knows of a membership, read from the text that it gives out for transactions.

    The text is `CGMDv2:`, the generation (4 bytes), and group, member and its static name as texts that end with a zero byte.
    """

    raw: bytes
    generation: int
    member: str


def read_ticket(raw: bytes) -> Ticket:
    """Takes the text apart. Raises LogBusyError if it is of a form that this version does not know."""
    if not raw.startswith(_MAGIC) or len(raw) < _HEAD_LENGTH + _GENERATION.size:
        message = f"librdkafka writes the metadata of group members in an unknown form: {raw[:20]!r}"
        raise LogBusyError(message, hint="use the version of confluent-kafka that Headrace asks for")
    (generation,) = _GENERATION.unpack_from(raw, _HEAD_LENGTH)
    texts = raw[_HEAD_LENGTH + _GENERATION.size :].split(b"\0")
    return Ticket(raw, generation, texts[1].decode() if len(texts) > 1 else "")


class KafkaGroupMember:
    """A `GroupMember`.

    Args:
        consumer: A new consumer of the group.
        make_client: Makes a client for the group's description. One that was not answered in time is given up: it may ask a
            coordinator that has gone for ever (librdkafka#5511), and end the process when that comes back (librdkafka#4605).
        static: Whether it has a name of its own; then the coordinator keeps its place until the session time-out.
        closed: Called when it commits nothing more.
    """

    def __init__(
        self,
        consumer: Consumer,
        make_client: Callable[[], AdminClient],
        group: str,
        topic: str,
        *,
        static: bool,
        closed: Callable[[], None],
    ) -> None:
        self._consumer = consumer
        self._make_client = make_client
        self._client: AdminClient | None = None
        self._group = group
        self._static = static
        self._closed = closed
        self._commit_as = ""
        self._open = True
        self._lock = threading.Lock()
        consumer.subscribe([topic], on_assign=_assigned)

    def place(self) -> GroupPlace:
        """The place now."""
        message = self._consumer.poll(0)
        error = message.error() if message is not None else None
        if error is not None and error.code() not in _PASSING and not failures.is_temporary(error):
            raise self._refusal(error)
        before = self._ticket()
        leads = bool(self._consumer.assignment())
        after = self._ticket()
        return GroupPlace(after.member, after.generation, leads=leads and before == after and bool(after.member))

    def members(self) -> frozenset[str] | None:
        """The ids of all members, as the coordinator tells."""
        if self._client is None:
            self._client = self._make_client()
        try:
            found = answer(self._client.describe_consumer_groups([self._group], request_timeout=REQUEST_S)[self._group])
        except KafkaException as error:
            self._client = None
            raise failures.translated(error, f'describe group "{self._group}"') from None
        if found.state is not ConsumerGroupState.STABLE:
            return None
        return frozenset(member.member_id for member in found.members)

    def commit_as(self, member: str) -> None:
        """Binds commits to this membership."""
        self._commit_as = member

    def ticket(self) -> bytes:
        """What `send_offsets_to_transaction` takes. Raises FencedError if this process is another member by now.

        A text without a member's id must never be used: brokers take it from anybody, also while the group has members.
        """
        ticket = self._ticket()
        if not ticket.member or ticket.member != self._commit_as:
            raise faults.expelled(self._group)
        return ticket.raw

    def commit(self, positions: list[KafkaPartition]) -> list[KafkaPartition]:
        """Commits positions without a transaction. Raises FencedError as `ticket`, and KafkaException."""
        with self._lock:
            self.ticket()
            answers = self._consumer.commit(offsets=positions, asynchronous=False)
        return list(answers or ())

    def close(self) -> None:
        """Leaves. To close alone is not enough: librdkafka 2.16 then often forgets to tell the coordinator."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._closed()
            try:
                if not self._static:
                    self._leave()
            finally:
                self._consumer.close()

    def _leave(self) -> None:
        self._consumer.unsubscribe()
        deadline = time.monotonic() + _LEAVE_S
        while self._ticket().member and time.monotonic() < deadline:
            self._consumer.poll(0.01)

    def _refusal(self, error: KafkaError) -> HeadraceError:
        doing = f'be a member of group "{self._group}"'
        if error.code() in failures.OTHER_PROTOCOL:
            message = f"cannot {doing}: another program has members in it, such as the same application in Java"
            return LogBusyError(
                message, hint="stop it; its members may stay for as long as their session time-out, 45 s in Java"
            )
        if error.code() in failures.EXPELLED:
            message = f"cannot {doing}: another process has joined under the same group.instance.id"
            return FencedError(message, hint="give each instance its own group.instance.id, or none")
        return failures.translated(error, doing)

    def _ticket(self) -> Ticket:
        return read_ticket(self._consumer.consumer_group_metadata())


def _assigned(consumer: Consumer, partitions: list[KafkaPartition]) -> None:
    """Takes the partition for what it means, and fetches nothing of it."""
    taken = [KafkaPartition(each.topic, each.partition, OFFSET_END) for each in partitions]
    consumer.incremental_assign(taken)
    if taken:
        consumer.pause(taken)
