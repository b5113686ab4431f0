"""The logs that the contract tests run against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from log_bench import NOW_MS, Bench

from headrace.core.time import ManualClock
from headrace.log.api import Log
from headrace.log.embedded import open_log
from headrace.log.memory import MemoryLog


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW_MS)


@pytest.fixture(params=["memory", "embedded"])
def log(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> Iterator[Log]:
    opened = MemoryLog(clock) if request.param == "memory" else open_log(tmp_path, durability="normal", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def bench(log: Log) -> Bench:
    return Bench(log)
