"""A lock between processes that the kernel gives up when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.log.embedded import failures

_PAUSE_S = 0.01


@contextmanager
def file_lock(path: Path, *, wait_s: float = 0.0) -> Iterator[bool]:
    """Holds the file's lock, with this process's id written into the file; yields False if others hold it after `wait_s`."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise failures.from_os(error, path.parent) from error
    try:
        held = _acquire(handle, wait_s)
        if held:
            _sign(handle, path)
        yield held
    finally:
        # The file stays: removing it would let two processes lock two files of one name.
        os.close(handle)


def holder(path: Path) -> str:
    """The process id that the lock's holder wrote, for messages."""
    try:
        return path.read_text().strip() or "unknown"
    except OSError:
        return "unknown"


def _sign(handle: int, path: Path) -> None:
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
    except OSError as error:
        raise failures.from_os(error, path.parent) from error


def _acquire(handle: int, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE_S)
        else:
            return True
