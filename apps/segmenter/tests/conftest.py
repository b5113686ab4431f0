"""The segmenter under a test driver."""

from collections.abc import Callable
from typing import Any

import pytest
from segmenter.model import EVENTS, SESSION_EVENTS, Device, Envelope, Event, SessionKey
from segmenter.topology import build

from headrace import StreamsBuilder
from headrace.testing import TestDriver


class Bench:
    """Pipes events, and reads the keys under which they come out."""

    def __init__(self, driver: TestDriver) -> None:
        self.driver = driver

    def pipe(self, event: Event, at: int, device: str = "device-1") -> SessionKey:
        """The key of one event's session event, which is the only one."""
        self.driver.topic(EVENTS).pipe(Device(device), Envelope(event, at), timestamp=at)
        ((key, value),) = self.driver.topic(SESSION_EVENTS).key_values()
        assert value == Envelope(event, at)
        return key

    def sessions(self) -> dict[str, Any]:
        """The store."""
        return {device.id: session for device, session in self.driver.store("sessions").all()}


@pytest.fixture
def bench(headrace_driver: Callable[..., TestDriver]) -> Bench:
    builder = StreamsBuilder()
    build(builder)
    return Bench(headrace_driver(builder.build()))
