"""Several instances of an application as processes on a real broker: they come, go, die and are stopped, under load."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace import SystemClock
from support.kafka_access import KafkaAccess
from support.members import Members

PROGRAM = Path(__file__).with_name("member_program.py")
BASE = SystemClock().now_ms() - 600_000
AT_ONCE = 50
SHORT_SESSION, LONG_SESSION = "6000", "60000"
INSTANCES = {"a", "b", "c"}


class Load:
    """Writes ids to both sides, in a thread, until it is stopped."""

    def __init__(self, access: KafkaAccess) -> None:
        self.written = 0
        self._access = access
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(0.05):
            ids = range(self.written, self.written + AT_ONCE)
            for side in ("left", "right"):
                self._access.write(side, [(f"k{n}", n, BASE + n) for n in ids])
            self.written += AT_ONCE


@pytest.fixture
def load(access: KafkaAccess) -> Iterator[Load]:
    access.create(left=4, right=4, out=4)
    running = Load(access)
    yield running
    running.stop()


def check_results(access: KafkaAccess, members: Members, load: Load) -> None:
    """Every id is joined with itself, once."""
    load.stop()

    def results() -> int:
        return len(access.read("out"))

    members.wait(lambda: results() >= load.written, "all ids joined")
    assert set(members.stop_all()) == {0}
    assert sorted(value for _, value in access.read("out")) == [[n, n] for n in range(load.written)]


def test_18_instances_come_and_go_under_load_and_both_sides_of_a_partition_are_always_together(
    access: KafkaAccess, load: Load
) -> None:
    with Members(access, PROGRAM, "joined", "exactly_once_v2", SHORT_SESSION, "0") as members:
        members.start("a")
        members.wait_until_shared(4, "a")
        members.start("b", "c")
        members.wait_until_shared(4, "a", "b", "c")
        assert members.stop("b") == 0
        members.wait_until_shared(4, "a", "c")
        members.start("d")
        members.wait_until_shared(4, "a", "c", "d")
        check_results(access, members, load)


def test_a_rebalance_leaves_tasks_alone_that_do_not_move(access: KafkaAccess, load: Load) -> None:
    with Members(access, PROGRAM, "joined", "exactly_once_v2", SHORT_SESSION, "0") as members:
        members.start("a")
        members.wait_until_shared(4, "a")
        before = members.owners()
        members.start("b")
        members.wait_until_shared(4, "a", "b")
        moved = [task for task, owner in members.owners().items() if before[task] != owner]
        assert len(moved) == 2
        check_results(access, members, load)


def test_an_orderly_stop_is_taken_over_long_before_the_session_time_out(access: KafkaAccess, load: Load) -> None:
    with Members(access, PROGRAM, "joined", "exactly_once_v2", LONG_SESSION, "0") as members:
        members.start("a", "b")
        members.wait_until_shared(4, "a", "b")
        plans = len(members.plans)
        assert members.stop("a") == 0
        members.wait_until_shared(4, "b")
        assert members.plans[plans].generation == members.plans[plans - 1].generation  # before the group has changed
        check_results(access, members, load)


@pytest.mark.parametrize("guarantee", ["exactly_once_v2", "at_least_once"])
def test_a_killed_owner_is_taken_over_after_the_session_time_out(access: KafkaAccess, load: Load, guarantee: str) -> None:
    with Members(access, PROGRAM, "joined", guarantee, SHORT_SESSION, "0") as members:
        members.start("a", "b")
        members.wait_until_shared(4, "a", "b")
        members.kill("a")
        members.wait_until_shared(4, "b")
        if guarantee == "exactly_once_v2":
            check_results(access, members, load)
        else:
            load.stop()
            joined = {tuple(value) for value in ([n, n] for n in range(load.written))}
            members.wait(lambda: {tuple(value) for _, value in access.read("out")} == joined, "all ids joined")


def test_20_a_stopped_owner_is_expelled_and_joins_again_without_an_exit_and_without_duplicates(
    access: KafkaAccess, load: Load
) -> None:
    with Members(access, PROGRAM, "joined", "exactly_once_v2", SHORT_SESSION, "0") as members:
        members.start("a", "b")
        members.wait_until_shared(4, "a", "b")
        members.pause("a")
        members.wait_until_shared(4, "b")
        members.go_on("a")
        members.wait_until_shared(4, "a", "b")
        check_results(access, members, load)


def test_partitions_that_are_added_are_shared_as_well(access: KafkaAccess) -> None:
    access.create(left=2, out=1)
    with Members(access, PROGRAM, "copied", "exactly_once_v2", SHORT_SESSION, "0") as members:
        members.start("a", "b")
        members.wait_until_shared(2, "a", "b")
        access.write("left", [(f"k{n}", n, BASE + n) for n in range(100)])
        access.log.admin().add_partitions("left", 5)
        members.wait_until_shared(5, "a", "b")
        access.write("left", [(f"k{n}", n, BASE + n) for n in range(100, 200)])
        members.wait(lambda: len(access.read("out")) >= 200, "all ids copied")
        assert members.stop_all() == [0, 0]
    assert sorted(n for _, n in access.read("out")) == list(range(200))


def test_a_named_instance_comes_back_before_its_session_is_over(access: KafkaAccess, load: Load) -> None:
    with Members(access, PROGRAM, "joined", "exactly_once_v2", LONG_SESSION, "0", "named") as members:
        members.start("a")
        members.wait_until_shared(4, "a")
        members.start("b")
        members.wait_until_shared(4, "a", "b")
        before = members.owners()
        members.kill("a")
        members.start("a")
        id_before = members.plans[-1].members["a"]
        members.wait(lambda: len(members.owners()) == 4 and members.plans[-1].members["a"] != id_before, "a is back")
        assert members.owners() == before
        assert members.stop("b") == 0
        members.wait_until_shared(4, "a")
        members.start("b")
        members.wait_until_shared(4, "a", "b")
        check_results(access, members, load)


def test_a_dead_owner_s_tasks_go_to_their_standbys(access: KafkaAccess, load: Load) -> None:
    with Members(access, PROGRAM, "joined", "exactly_once_v2", SHORT_SESSION, "1") as members:
        members.start(*INSTANCES)
        members.wait_until_shared(4, *INSTANCES)
        members.wait(lambda: sum(map(len, (s.standby for s in members.plans[-1].shares.values()))) == 4, "a copy of each task")
        copies = members.plans[-1].copies()
        owners = members.owners()
        dead = max(INSTANCES, key=list(owners.values()).count)
        lost = [task for task, owner in owners.items() if owner == dead]
        assert len(lost) == 2  # of four, so that each of the others has room for one
        members.kill(dead)
        members.wait_until_shared(4, *INSTANCES - {dead})
        now = members.plans[-1].owners()
        # If both copies are in one place, one task has to go elsewhere so that both have two.
        assert any(now[task] in copies[task] for task in lost)
        check_results(access, members, load)
