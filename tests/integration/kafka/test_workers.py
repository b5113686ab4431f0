"""The option workers on a real broker: each worker is an instance of the group, and the parent speaks for all."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Iterator
from subprocess import Popen

import pytest
from workers_access import PARTITIONS, children, eventually, is_gone, kill, start

from headrace import TopicPartition
from support.kafka_access import KafkaAccess

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
    pytest.mark.timeout(400),  # processes that start are slow beside other tests
]

LINES = 1000
TIMEOUT_S = 300


@pytest.fixture
def expected(access: KafkaAccess) -> Iterator[Counter[str]]:
    """Lines are there; the words in them."""
    access.create(lines=PARTITIONS, counts=PARTITIONS, names=1)
    texts = [f"to be w{n % 50} or w{n % 7}" for n in range(LINES)]
    access.write("lines", [(f"k{n}", text.encode(), n + 1) for n, text in enumerate(texts)])
    yield Counter(word for text in texts for word in text.split())


def consumed(access: KafkaAccess) -> int:
    """How far the group has come in the lines; a little more than lines, where transactions ended between them."""
    positions = access.log.admin().positions("counter")
    return sum(positions[where].offset for where in positions if where.topic == "lines")


def check(access: KafkaAccess, expected: Counter[str]) -> None:
    """Every word was counted once, and each count written once."""
    found = access.read("counts")
    assert dict(found) == expected
    assert len(found) == expected.total()


def test_workers_share_the_tasks_and_end_together(access: KafkaAccess, expected: Counter[str]) -> None:
    process = start(access.folder, 2, access.bootstrap)
    out, err = process.communicate(timeout=TIMEOUT_S)

    assert process.returncode == 0, err
    check(access, expected)
    assert out.splitlines()[-1] == f"goes on once: {LINES * 6} records read, 0 restarts"


def test_a_worker_that_is_killed_comes_back(access: KafkaAccess, expected: Counter[str]) -> None:
    process = start(access.folder, 2, access.bootstrap, "slow")
    eventually(lambda: consumed(access) > LINES // 10, "nothing was processed", process)
    kill(children(process.pid)[0])
    out, err = process.communicate(timeout=TIMEOUT_S)

    assert process.returncode == 0, err
    check(access, expected)
    assert ", 1 restarts" in out


def test_ctrl_c_stops_all_in_order(access: KafkaAccess, expected: Counter[str]) -> None:
    process: Popen[str] = start(access.folder, 2, access.bootstrap, "forever")
    eventually(lambda: sum(1 for _ in access.read("counts")) >= expected.total(), "not all was processed", process)
    workers = children(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=TIMEOUT_S)

    assert process.returncode == 0, err
    assert len(workers) == 2
    assert all(is_gone(pid) for pid in workers)
    check(access, expected)
    assert TopicPartition("lines", 0) in access.log.admin().positions("counter")
