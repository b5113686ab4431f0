"""From options to what tasks work with; progress lines."""

import logging
from pathlib import Path
from typing import Any

import pytest

from headrace import Consumed, Decision, StreamsBuilder, Topology
from headrace.app.wiring import cache_bytes_of, engine_of, needs_dead_letters, policies_of
from headrace.config.app_config import AppConfig
from headrace.log.memory import MemoryLog
from headrace.runtime.policies import Always
from headrace.state.engines.memory import MemoryEngine
from headrace.state.engines.rocksdb import RocksDbEngine
from support import tasks as bench
from support.running import counting, make_app


def config(**options: Any) -> AppConfig:
    return AppConfig(app_id="app", **options)


def copying(**consumed: Any) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in", Consumed(**consumed)).to("out")
    return builder.build()


def test_the_memory_limit_is_shared_between_engine_and_caches() -> None:
    engine = engine_of(config(memory_limit_bytes=1_000))
    assert isinstance(engine, RocksDbEngine)
    assert engine.cache_bytes + cache_bytes_of(config(memory_limit_bytes=1_000)) == 1_000


def test_the_engine_in_memory_leaves_the_whole_limit_to_caches() -> None:
    assert isinstance(engine_of(config(engine="memory")), MemoryEngine)
    assert cache_bytes_of(config(engine="memory", memory_limit_bytes=1_000)) == 1_000


def test_policies_are_the_options_unless_functions_are_given() -> None:
    def decide(_record: Any) -> Decision:
        return Decision.SKIP

    policies = policies_of(config(on_decode_error="skip", on_process_error="dlq"), {"on_produce_error": decide})
    assert (policies.on_decode, policies.on_process) == (Always(Decision.SKIP), Always(Decision.DLQ))
    assert policies.on_produce is decide
    assert policies.dead_letter_topic == "app-dlq"


@pytest.mark.parametrize(
    ("options", "handlers", "consumed", "needed"),
    [
        ({}, {}, {}, False),
        ({"on_process_error": "skip"}, {}, {}, False),
        ({"on_process_error": "dlq"}, {}, {}, True),
        ({"dlq_topic": "dead"}, {}, {}, True),
        ({}, {"on_process_error": lambda record: Decision.DLQ}, {}, True),
        ({}, {}, {"on_decode_error": "dlq"}, True),
    ],
)
def test_a_dead_letter_topic_is_made_where_something_may_be_written_to_it(
    options: Any, handlers: Any, consumed: Any, needed: bool
) -> None:
    assert needs_dead_letters(config(**options), handlers, copying(**consumed)) is needed


def test_with_a_memory_limit_of_zero_each_update_is_passed_on(log: MemoryLog, tmp_path: Path) -> None:
    bench.write(log, "in", *((b"a", b"1", n) for n in range(3)))
    make_app(log, tmp_path, memory_limit=0).run(until_end=True)
    assert [value for _, value, _ in bench.read(log, "out")] == [b"1", b"2", b"3"]


def test_a_progress_line_says_rate_lag_and_state(log: MemoryLog, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench.write(log, "in", (b"a", b"1", 1), (None, b"1", 2))
    with caplog.at_level(logging.INFO, "headrace.progress"), make_app(log, tmp_path, progress_interval="1ms") as app:
        app.wait_until_running()
        while "1 dropped" not in caplog.text:
            app.wait("5ms")
    lines = [record.message for record in caplog.records if record.name == "headrace.progress"]
    assert any(line.startswith("running: ") and "records/s, lag 0, state" in line and "1 dropped" in line for line in lines)


def test_progress_lines_can_be_switched_off(log: MemoryLog, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "headrace.progress"):
        make_app(log, tmp_path, counting(), progress_interval=0).run(until_end=True)
    assert not [record for record in caplog.records if record.name == "headrace.progress"]
