import pytest

from headrace.core.time import SystemClock
from headrace.log.memory import MemoryLog
from support import tasks as bench


@pytest.fixture
def log() -> MemoryLog:
    """A log with the topics `in` (two partitions) and `out`."""
    made = MemoryLog(SystemClock())
    bench.make_topics(made, **{"in": 2, "out": 1})
    return made
