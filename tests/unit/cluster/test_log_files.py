import threading
from pathlib import Path

import pytest

from headrace.cluster.log_files import follow, last_lines, reason_of_failure

BIND = """
[2026-11-21 14:51:50,003] INFO Starting (kafka.server.KafkaServer)
[2026-11-21 14:51:50,003] ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)
org.apache.kafka.common.KafkaException: Socket server failed to bind to localhost:9092: Address already in use.
\tat org.apache.kafka.network.SocketServer.open(SocketServer.java:1)
Caused by: java.net.BindException: Address already in use
\tat java.base/sun.nio.ch.Net.bind0(Native Method)
[2026-11-21 14:51:50,100] INFO Stopped (kafka.server.KafkaServer)
""".splitlines()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "broker.log"
    path.write_text("".join(f"line {number}\n" for number in range(20_000)))
    return path


def test_the_last_lines_are_read_from_the_end(log: Path):
    assert last_lines(log, 3) == ["line 19997", "line 19998", "line 19999"]
    assert len(last_lines(log, 15_000)) == 15_000
    assert len(last_lines(log, 90_000)) == 20_000
    assert last_lines(log, 0) == []


def test_what_was_there_before_is_left_out(log: Path):
    before = log.stat().st_size
    with log.open("a") as file:
        file.write("new\n")

    assert last_lines(log, 5, since=before) == ["new"]


def test_a_file_that_was_rolled_over_is_read_from_its_start(log: Path):
    before = log.stat().st_size
    log.write_text("fresh\n")

    assert last_lines(log, 5, since=before) == ["fresh"]


def test_a_missing_file_has_no_lines(tmp_path: Path):
    assert last_lines(tmp_path / "none", 5) == []


def test_following_gives_what_is_appended_also_after_the_file_is_rolled_over(log: Path):
    stop = threading.Event()
    following = follow(log, stop)
    got: list[str] = []
    arrived = threading.Semaphore(0)

    def read() -> None:
        for text in following:
            if text:
                got.append(text)
                arrived.release()

    reader = threading.Thread(target=read)
    # The end of the file is looked for at the first step, which comes back with what is appended before the second.
    opened = threading.Event()
    reader.start()
    try:
        while not opened.wait(0.01):
            with log.open("a") as file:
                file.write("first\n")
            if arrived.acquire(timeout=5):
                opened.set()
        log.rename(log.with_suffix(".1"))
        log.write_text("second\n")
        while "second\n" not in got:
            assert arrived.acquire(timeout=30)
    finally:
        stop.set()
        reader.join()

    assert set(got) >= {"second\n"}
    assert got[0].startswith("first\n")


def test_the_reason_is_the_cause_nearest_to_the_root():
    assert reason_of_failure(BIND) == "java.net.BindException: Address already in use"


def test_an_error_without_an_exception_is_the_reason_itself():
    lines = ["[2026-11-21 14:51:50,003] ERROR Shutdown broker because all log dirs have failed (kafka.log.LogManager)"]

    assert reason_of_failure(lines) == "Shutdown broker because all log dirs have failed (kafka.log.LogManager)"


def test_lines_without_an_error_have_no_reason():
    assert reason_of_failure(["[2026-11-21 14:51:50,003] INFO Started (kafka.server.KafkaServer)"]) is None
