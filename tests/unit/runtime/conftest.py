"""Surroundings for parts of the runtime: a log in memory with a clock that stands still."""

import pytest

from headrace import ManualClock
from headrace.log.memory import MemoryLog


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_000_000)


@pytest.fixture
def log(clock: ManualClock) -> MemoryLog:
    return MemoryLog(clock)
