"""File locks of the log's directory, with its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.core.file_lock import FileLock
from headrace.log.embedded import failures


@contextmanager
def file_lock(path: Path, *, wait_s: float = 0.0) -> Iterator[bool]:
    """Holds the file's lock; yields False if others hold it after `wait_s`."""
    lock = FileLock(path)
    try:
        held = lock.acquire(wait_s)
    except OSError as error:
        raise failures.from_os(error, path.parent) from error
    try:
        yield held
    finally:
        lock.release()
