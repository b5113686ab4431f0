"""Consumers that stand for groups: who holds them, and that each is closed once. None of them needs a broker for that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer

from headrace.core.errors import LifecycleError
from headrace.log.kafka.group_clients import GroupClients
from headrace.log.kafka.settings import ClientSettings


@pytest.fixture
def clients() -> Iterator[GroupClients]:
    made = GroupClients(ClientSettings(bootstrap="localhost:1", client_id="c", passed={"log_level": "0"}))
    yield made
    made.close()


def is_closed(consumer: Consumer) -> bool:
    try:
        consumer.assignment()
    except RuntimeError:
        return True
    return False


def test_a_consumer_is_kept_for_the_next_use(clients: GroupClients) -> None:
    with clients.of("g") as first:
        pass
    with clients.of("g") as second:
        assert second is first
        assert not is_closed(second)


def test_two_users_at_a_time_get_two_consumers_of_which_one_is_kept(clients: GroupClients) -> None:
    with clients.of("g") as first:
        with clients.of("g") as second:
            assert second is not first
        assert not is_closed(first)
    assert is_closed(first)
    assert not is_closed(second)


def test_only_the_last_few_are_kept(clients: GroupClients) -> None:
    used = []
    for number in range(6):
        with clients.of(f"g{number}") as consumer:
            used.append(consumer)
    assert [is_closed(consumer) for consumer in used] == [True, True, False, False, False, False]


def test_one_that_is_lent_while_the_log_is_closed_is_closed_by_its_user(clients: GroupClients) -> None:
    with clients.of("idle") as idle:
        pass
    with clients.of("lent") as lent:
        clients.close()
        assert is_closed(idle)
        assert not is_closed(lent)
    assert is_closed(lent)
    with pytest.raises(LifecycleError, match="this log is closed"), clients.of("lent"):
        pass
