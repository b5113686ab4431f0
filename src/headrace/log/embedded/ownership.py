"""Who runs an application id: a locked file for each, with the owner's process id in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.core.file_lock import holder
from headrace.log import faults
from headrace.log.embedded.directory import OWNERS
from headrace.log.embedded.file_lock import file_lock


@contextmanager
def owning(directory: Path, application_id: str) -> Iterator[None]:
    """Holds the ownership of an application id that was checked. Raises OwnedError with the owner's process id."""
    path = directory / OWNERS / f"{application_id}.lock"
    with file_lock(path) as held:
        if not held:
            raise faults.owned(application_id, holder(path), str(directory))
        yield
