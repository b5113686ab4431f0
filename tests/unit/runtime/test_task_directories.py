"""State directories: one user at a time, and what is left in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace import ManualClock, Materialized, StreamsBuilder, TaskId, TopicPartition
from headrace.core.errors import StateError
from headrace.log.memory import MemoryLog
from headrace.runtime.held_state import held_by, left_over
from headrace.runtime.housekeeping import remove_old_state
from headrace.runtime.task_directories import TaskDirectories
from headrace.runtime.tasks.services import TaskServices
from support import tasks as bench
from support.tasks import Bench

TASK = TaskId(0, 0)


def test_a_directory_has_one_user_at_a_time(tmp_path: Path) -> None:
    one, two = TaskDirectories(tmp_path), TaskDirectories(tmp_path)
    assert one.take(TASK)
    assert one.take(TASK)
    assert not two.take(TASK)
    one.give_back(TASK)
    assert two.take(TASK)
    two.close()
    assert one.take(TASK)
    one.close()


def test_a_lock_that_cannot_be_made_is_an_error_that_says_where(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("no directory")
    with pytest.raises(StateError, match="cannot lock the state directory of task 0_0"):
        TaskDirectories(tmp_path).take(TASK)


def test_only_directories_of_tasks_count(tmp_path: Path) -> None:
    for name in ("0_1", "10_0", "global", "locks", "0_x"):
        (tmp_path / name).mkdir()
    (tmp_path / "0_2").write_text("")
    assert TaskDirectories(tmp_path).there() == [TaskId(0, 1), TaskId(10, 0)]
    assert TaskDirectories(tmp_path / "none").there() == []


def test_old_state_that_another_process_uses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "0_0").mkdir()
    user = TaskDirectories(tmp_path)
    user.take(TASK)
    clock = ManualClock(2**42)
    assert remove_old_state(tmp_path, [], 0, clock) == []
    user.close()
    assert remove_old_state(tmp_path, [], 0, clock) == ["0_0"]


@pytest.fixture
def services(log: MemoryLog, tmp_path: Path) -> TaskServices:
    """Of a counting program whose task 0_0 has stood at position 2."""
    bench.make_topics(log, **{"in": 1})
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("n"))
    made = Bench(builder.build(), log, tmp_path)
    task = made.task()
    task.begin_running()
    assert held_by([task]) == {TASK: 0}
    task.stores["n"].put("a", 1, 5)
    task.flush()
    task.commit_stores({TopicPartition("app-n-changelog", 0): 2})
    assert held_by([task]) == {TASK: 2}
    task.close()
    return made.services


def test_what_is_left_is_found_unless_another_process_uses_it(services: TaskServices) -> None:
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("n"))
    topology, directories = builder.build(), TaskDirectories(services.state_root)
    assert left_over(topology, services, directories) == {TASK: 2}
    other = TaskDirectories(services.state_root)
    other.take(TASK)
    assert left_over(topology, services, directories) == {}
    other.close()


def test_damaged_state_is_left_to_whoever_gets_the_task(services: TaskServices, caplog: pytest.LogCaptureFixture) -> None:
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("n"))
    (services.state_root / "0_0" / "n" / "FORMAT").write_text("of another time")
    assert left_over(builder.build(), services, TaskDirectories(services.state_root)) == {}
    assert "state_not_read" in caplog.text
