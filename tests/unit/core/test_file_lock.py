"""Locks between processes."""

from __future__ import annotations

import os
from pathlib import Path

from headrace.core.file_lock import FileLock, holder


def test_is_held_by_one_and_names_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first, second = FileLock(path), FileLock(path)
    assert first.acquire()
    assert not second.acquire()
    assert holder(path) == str(os.getpid())
    first.release()
    assert second.acquire()
    second.release()


def test_waits_for_the_one_that_holds_it(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.acquire()
    assert not second.acquire(wait_s=0.02)
    first.release()
    assert second.acquire(wait_s=60)
    second.release()


def test_nobody_is_known_where_there_is_no_file(tmp_path: Path) -> None:
    assert holder(tmp_path / "lock") == "unknown"
