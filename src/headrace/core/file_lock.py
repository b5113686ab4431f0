"""A lock between processes that the kernel gives up when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_PAUSE_S = 0.01


class FileLock:
    """A locked file, with its holder's process id in it. The directory must be there. Not inherited by what is executed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self, wait_s: float = 0.0) -> bool:
        """Takes the lock; False if others hold it after `wait_s` seconds. Raises OSError."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            held = _locked(handle, wait_s)
            if held:
                os.ftruncate(handle, 0)
                os.pwrite(handle, str(os.getpid()).encode(), 0)
        except BaseException:
            os.close(handle)
            raise
        if held:
            self._handle = handle
        else:
            os.close(handle)
        return held

    def release(self) -> None:
        """Gives the lock up if it is held. The file stays: removing it would let two processes lock two files of one name."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def holder(path: Path) -> str:
    """The process id that the lock's holder wrote, for messages."""
    try:
        return path.read_text().strip() or "unknown"
    except OSError:
        return "unknown"


def _locked(handle: int, wait_s: float) -> bool:
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
