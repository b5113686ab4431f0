"""Calls that may hang, made in a thread."""

from functools import partial
from threading import Event

import pytest
from confluent_kafka import Producer

from headrace.log.kafka.guarded_client import GuardedClient, OverdueError


class Closing(Producer):
    """Tells when it is closed."""

    def __init__(self) -> None:
        super().__init__({"bootstrap.servers": "localhost:1", "log_level": 0})
        self.gone = Event()

    def close(self, timeout: float = -1) -> bool:
        self.gone.set()
        return bool(super().close(timeout))


def wait_for(event: Event) -> None:
    event.wait()


def test_what_a_call_raises_is_raised_where_it_was_asked_for() -> None:
    client = GuardedClient(Closing())

    def fails() -> None:
        raise TimeoutError("of the call itself")

    with pytest.raises(TimeoutError, match="of the call itself"):
        client.call(fails, 30)
    client.call(lambda: None, 30)
    client.close()


def test_a_lost_client_is_closed_when_its_call_returns() -> None:
    producer, returns = Closing(), Event()
    client = GuardedClient(producer)
    with pytest.raises(OverdueError):
        client.call(partial(wait_for, returns), 0.01)
    client.close()
    assert not producer.gone.is_set()
    returns.set()
    assert producer.gone.wait(30)


def test_a_client_that_answers_is_closed_at_once() -> None:
    producer = Closing()
    client = GuardedClient(producer)
    client.call(lambda: None, 30)
    client.close()
    assert producer.gone.is_set()
