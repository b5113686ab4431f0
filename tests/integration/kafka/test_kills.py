"""Applications that are killed at moments of a commit, on a real broker: nothing lost, nothing twice."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headrace import SystemClock, TopicPartition
from support.kafka_access import KafkaAccess

BASE = SystemClock().now_ms() // 100_000 * 100_000 - 3_600_000
ORDERS = 600


def started(access: KafkaAccess, program: str, *moment: str, guarantee: str = "exactly_once_v2") -> int:
    """Runs a program in a process of its own; its exit code."""
    script = Path(__file__).with_name("killed_program.py")
    command = [sys.executable, str(script), access.bootstrap, str(access.folder), program, guarantee, *moment]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.returncode


def killed(access: KafkaAccess, program: str, *moment: str, guarantee: str = "exactly_once_v2") -> None:
    assert started(access, program, *moment, guarantee=guarantee) == -signal.SIGKILL


def fill(access: KafkaAccess) -> dict[str, list[int]]:
    access.create(orders=2, out=1, copies=2)
    access.write("orders", [(f"k{n}", {"id": n}, BASE + n) for n in range(ORDERS)])
    expected: dict[str, list[int]] = {}
    for n in range(ORDERS):
        total = expected.setdefault(f"p{n % 11}", [0, 0])
        total[0], total[1] = total[0] + 1, total[1] ^ n
    return expected


def copies(access: KafkaAccess) -> list[int]:
    return sorted(order["id"] for _, order in access.read("copies"))


@pytest.mark.parametrize("nth", ["1", "3"])
def test_19_killed_between_produce_and_commit_committed_readers_see_each_result_once(access: KafkaAccess, nth: str) -> None:
    expected = fill(access)
    killed(access, "counting", "open-transaction", nth)
    assert started(access, "counting") == 0
    assert copies(access) == list(range(ORDERS))
    assert dict(access.read("out")) == expected
    assert access.uncommitted("copies") > ORDERS


@pytest.mark.parametrize("moment", ["after-log-commit", "before-store-batch", "after-store-batch"])
def test_19_killed_between_the_log_s_commit_and_that_of_the_stores_the_tail_is_restored(
    access: KafkaAccess, moment: str
) -> None:
    expected = fill(access)
    killed(access, "counting", moment, "4")
    assert started(access, "counting") == 0
    assert copies(access) == list(range(ORDERS))
    assert dict(access.read("out")) == expected


def test_a_transaction_that_was_left_open_is_ended_by_whoever_takes_the_tasks_over(access: KafkaAccess) -> None:
    expected = fill(access)
    killed(access, "counting", "open-transaction", "2")
    assert started(access, "counting", "never", "1", "two") == 0
    assert copies(access) == list(range(ORDERS))
    assert dict(access.read("out")) == expected


def test_a_transaction_that_was_left_open_holds_up_nobody_who_starts_anew(access: KafkaAccess) -> None:
    fill(access)
    killed(access, "counting", "open-transaction", "1")
    where = [TopicPartition("copies", number) for number in range(2)]
    assert set(access.log.admin().end_offsets(where).values()) == {0}
    access.log.producer("app-one").close()
    assert access.log.admin().positions("app") == {}
    assert sum(access.log.admin().end_offsets(where).values()) > 0
    assert access.found("copies") == []


def test_at_least_once_a_kill_repeats_but_loses_nothing(access: KafkaAccess) -> None:
    fill(access)
    killed(access, "counting", "after-outputs", "3", guarantee="at_least_once")
    killed(access, "counting", "after-log-commit", "2", guarantee="at_least_once")
    assert started(access, "counting", guarantee="at_least_once") == 0
    assert set(copies(access)) == set(range(ORDERS))
    assert all(count >= ORDERS // 11 for count, _ in dict(access.read("out")).values())


@pytest.mark.parametrize("moment", ["open-transaction", "after-log-commit"])
def test_16_killed_in_mid_buffer_a_suppressed_session_is_told_once(access: KafkaAccess, moment: str) -> None:
    access.create(orders=1, out=1)
    access.write("orders", [("a", 1, BASE + 1_000), ("a", 2, BASE + 1_050)])
    killed(access, "suppressed", moment, "1")
    access.write("orders", [("a", 3, BASE + 5_000)])
    assert started(access, "suppressed") == 0
    assert access.read("out") == [("a", 2)]
    assert started(access, "suppressed") == 0
    assert access.read("out") == [("a", 2)]


@pytest.mark.parametrize("moment", ["open-transaction", "after-log-commit"])
def test_17_killed_before_its_window_has_passed_an_unjoined_record_is_told_once(access: KafkaAccess, moment: str) -> None:
    access.create(orders=1, bills=1, out=1)
    access.write("orders", [("a", "L", BASE + 1_000)])
    access.write("bills", [("a", "R", BASE + 1_020), ("b", "RR", BASE + 1_030)])
    killed(access, "joined", moment, "1")
    access.write("orders", [("c", "late", BASE + 10_000)])
    assert started(access, "joined") == 0
    results: list[tuple[str | None, Any]] = [("a", ["L", "R"]), ("b", [None, "RR"])]
    assert access.read("out") == results
    assert started(access, "joined") == 0
    assert access.read("out") == results


@pytest.mark.parametrize("moment", ["open-transaction", "after-log-commit"])
def test_23_killed_before_the_commit_a_table_over_its_source_topic_shows_no_row_of_the_future(
    access: KafkaAccess, moment: str
) -> None:
    access.create(orders=1, prices=1, out=1)
    access.write("prices", [("a", 10, BASE)])
    access.write("orders", [("a", 1, BASE + 5)])
    assert started(access, "enriched") == 0
    access.write("prices", [("a", 20, BASE + 10)])
    access.write("orders", [("a", 2, BASE + 7), ("a", 3, BASE + 12)])
    killed(access, "enriched", moment, "1")
    shutil.rmtree(access.folder / "state")
    assert started(access, "enriched") == 0
    assert access.read("out") == [("a", [1, 10]), ("a", [2, 10]), ("a", [3, 20])]
    assert not [name for name in access.log.admin().partition_counts() if name.endswith("-changelog")]
