"""One command at a time on a directory: a lock that the kernel gives up when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.core.errors import ClusterError

_PAUSE_S = 0.05


@contextmanager
def directory_lock(directory: Path, *, wait_s: float) -> Iterator[None]:
    """Holds the lock of a directory, which is made if it is missing.

    Raises:
        ClusterError: Another process holds it for longer than `wait_s`.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(handle, directory, time.monotonic() + wait_s)
        yield
    finally:
        # The file stays: removing it would let two processes lock two files of one name.
        os.close(handle)


def _acquire(handle: int, directory: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                message = f"another command is at work on {directory}"
                raise ClusterError(message, hint="wait until it has ended, or end it") from None
            time.sleep(_PAUSE_S)
        else:
            return
