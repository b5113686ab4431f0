"""A warm copy beside an owner that has a transaction open, and what it answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace import App, SystemClock, TopicPartition
from headrace.log.kafka import calls
from headrace.runtime.directory import Role
from integration.kafka.holding_program import OPTIONS, counting
from support.kafka_access import KafkaAccess, Restored

PROGRAM = Path(__file__).with_name("holding_program.py")
BASE = SystemClock().now_ms() - 600_000
KEYS = 1_000
TAKE_OVER_S = 60.0


class Owner:
    """The instance that is started first, in a process of its own."""

    def __init__(self, access: KafkaAccess) -> None:
        self._folder = access.folder / "owner"
        self._folder.mkdir()
        self._process = subprocess.Popen([sys.executable, str(PROGRAM), access.bootstrap, str(self._folder)])

    def hold(self) -> None:
        """Its next transaction stays open, and it does nothing any more."""
        (self._folder / "hold").touch()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def owner(access: KafkaAccess) -> Iterator[Owner]:
    access.create(**{"in": 1})
    access.write("in", [(f"k{n}", 1, BASE + n) for n in range(KEYS)])
    started = Owner(access)
    yield started
    started.kill()


def is_a_copy(app: App) -> bool:
    instance = app.instance
    states = instance.worker.task_states() if instance is not None and instance.has_worker else ()
    return [state.role for state in states] == [Role.STANDBY]


def test_22_a_standby_shows_nothing_of_an_open_transaction_and_takes_over_from_the_tail(
    access: KafkaAccess, owner: Owner
) -> None:
    calls.until(lambda: access.positions().get("in-0", (0, ""))[0] == KEYS, "see the owner's first commit", TAKE_OVER_S)
    restored = Restored()
    app = App("app", counting(), bootstrap=access.bootstrap, data_dir=access.folder / "copy", **OPTIONS)
    app.on_restore(restored)
    with app:
        app.wait_until_running()
        copies = app.query("n", stale=True, timeout="30s")
        calls.until(lambda: is_a_copy(app) and len(copies.all()) == KEYS and copies.lag == 0, "see the copy", TAKE_OVER_S)
        owner.hold()
        access.write("in", [("late", 1, BASE + KEYS)])
        calls.until(lambda: access.uncommitted("app-n-changelog") == KEYS + 1, "see what is not committed", TAKE_OVER_S)
        assert len(copies.all()) == KEYS
        assert copies.get("late") is None
        before = restored.records
        owner.kill()
        assert copies.get("k7").value == 1
        assert copies.get("late") is None
        assert copies.lag == 0
        calls.until(lambda: not is_a_copy(app), "take over", TAKE_OVER_S)
        current = app.query("n", timeout="30s")
        calls.until(lambda: current.get("late") is not None, "see the late key", TAKE_OVER_S)
        assert current.get("late").value == 1
        assert {found.value for _, found in current.all()} == {1}
        assert restored.records - before <= 1
    assert access.log.admin().end_offsets([TopicPartition("in", 0)])[TopicPartition("in", 0)] == access.positions()["in-0"][0]
