"""A member of a group that was not heard of, as with a laptop that was closed, or that does not hear of the others."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AdminClient

from headrace.core.errors import LogBusyError
from headrace.log.kafka import calls, open_kafka
from headrace.log.kafka.membership import KafkaGroupMember
from support.kafka_access import KafkaAccess

SOON = {"session.timeout.ms": "1000", "heartbeat.interval.ms": "200", "max.poll.interval.ms": "1500"}


def is_in(member: KafkaGroupMember) -> bool:
    return bool(member.place().member)


def test_who_was_not_heard_of_for_long_joins_again(access: KafkaAccess) -> None:
    access.create(control=1)
    log = open_kafka(access.bootstrap, settings=SOON)
    member = log.join("app", "control")
    calls.until(lambda: is_in(member), "join")
    first = member.place().member
    calls.until(lambda: first in (member.members() or ()), "be seen")
    calls.until(lambda: first not in (member.members() or ()), "be expelled")
    calls.until(lambda: is_in(member) and member.place().member != first, "join again")
    member.close()
    log.close()


def test_a_client_that_is_not_answered_is_not_asked_again(access: KafkaAccess) -> None:
    access.create(control=1)
    log = open_kafka(access.bootstrap)
    member = log.join("app", "control")
    calls.until(lambda: is_in(member), "join")
    member._client = AdminClient({"bootstrap.servers": "localhost:1", "log_level": 0})
    with pytest.raises(LogBusyError, match="describe group"):
        member.members()
    calls.until(lambda: member.members() == {member.place().member}, "be seen")
    member.close()
    log.close()
