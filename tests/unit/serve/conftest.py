from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from headrace.core.time import SystemClock
from headrace.log.memory import MemoryLog
from support import tasks as bench
from support.running import make_app
from support.serving import Site, settle, stores


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog(SystemClock())
    bench.make_topics(made, **{"in": 2, "g": 1})
    bench.write(made, "g", (b"k", b'"name"', 1))
    bench.write(made, "in", (b"a", b"1", 1), (b"ab", b"1", 2), (b"a", b"1", 12))
    bench.write(made, "in", (b"c", b"1", 1), partition=1)
    return made


@pytest.fixture
def site(log: MemoryLog, tmp_path: Path) -> Iterator[Site]:
    app = make_app(log, tmp_path, stores(), serve="127.0.0.1:0")
    with app:
        app.wait_until_running()
        settle(app)
        assert app.url is not None
        with httpx.Client(base_url=app.url) as client:
            yield Site(app, client)
