import multiprocessing
from pathlib import Path

import pytest

from headrace.cluster.lock import directory_lock
from headrace.core.errors import ClusterError


def test_a_second_command_is_refused_after_its_time(tmp_path: Path):
    held, refused = directory_lock(tmp_path, wait_s=0), pytest.raises(ClusterError, match="another command is at work")
    with held, refused, directory_lock(tmp_path, wait_s=0.1):
        pytest.fail("two held the lock")

    with directory_lock(tmp_path, wait_s=0):
        assert (tmp_path / "lock").exists()


def hold(directory: Path, ready, forever) -> None:
    with directory_lock(directory, wait_s=0):
        ready.set()
        forever.wait()


def test_the_lock_of_a_process_that_was_killed_is_free(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    ready, forever = context.Event(), context.Event()
    holder = context.Process(target=hold, args=(tmp_path, ready, forever))
    holder.start()
    assert ready.wait(60)
    with pytest.raises(ClusterError), directory_lock(tmp_path, wait_s=0):
        pytest.fail("two held the lock")

    holder.kill()
    holder.join()

    with directory_lock(tmp_path, wait_s=0):
        assert (tmp_path / "lock").exists()
