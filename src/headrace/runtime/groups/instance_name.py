"""Names of instances that survive restarts: they end transactional ids, and others know an instance again by them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.core.errors import StateError
from headrace.core.file_lock import FileLock

_FOLDER = "instances"
_LENGTH = 12


def transactional_id(app_id: str, name: str) -> str:
    """Under which an instance of an application writes its transactions.

    >>> transactional_id("orders", "0f3a")
    'orders-0f3a'
    """
    return f"{app_id}-{name}"


@contextmanager
def instance_name(state_root: Path) -> Iterator[str]:
    """A name that nobody else uses while the context is open: one that an ended process has left here, or a new one.

    So a process that starts again ends the transactions that it left open, instead of waiting for their time-out.

    Args:
        state_root: The application's state directory; several processes may share one.

    Raises:
        StateError: The directory is not writable.
    """
    folder = state_root / _FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name, lock = next(_free(folder))
    except OSError as error:
        message = f"cannot keep the name of this instance in {folder}: {error.strerror}"
        raise StateError(message, hint="make the directory writable, or choose another data_dir") from error
    try:
        yield name
    finally:
        lock.release()


def _free(folder: Path) -> Iterator[tuple[str, FileLock]]:
    names = sorted(path.name for path in folder.iterdir())
    while True:
        for name in names:
            lock = FileLock(folder / name)
            if lock.acquire():
                yield name, lock
        names = [uuid.uuid4().hex[:_LENGTH]]
