"""The embedded log: its parts, and the constructor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from headrace.core.identifiers import checked_name
from headrace.core.time import Clock, SystemClock
from headrace.log.api import Admin, Producer, Reader, ReaderKind
from headrace.log.embedded.admin import EmbeddedAdmin
from headrace.log.embedded.cleaner import Cleaner
from headrace.log.embedded.database import Database, Durability
from headrace.log.embedded.maintenance import maintaining
from headrace.log.embedded.ownership import owning
from headrace.log.embedded.producer import EmbeddedProducer
from headrace.log.embedded.reader import EmbeddedReader
from headrace.log.embedded.writer import fencing_committer, plain_committer


def open_log(
    directory: Path | str,
    *,
    durability: Durability = "full",
    clock: Clock | None = None,
    busy_timeout_s: float = 30.0,
) -> EmbeddedLog:
    """Opens the log in a directory, and makes it if there is none.

    Several processes may open one log at a time. The directory has to be on a local disk: SQLite's shared memory and
    locks do not work over a network.

    Args:
        directory: Where it lies; made if missing.
        durability: `full` syncs the disk at each commit; `normal` may lose the last commits when the machine (not the
            process) dies, but never damages the log or splits a transaction.
        clock: What retention and compaction take for now.
        busy_timeout_s: How long a commit waits for the writers of other processes.

    Raises:
        LogFormatError: A newer format, a damaged log, or the directory of something else.
        LogFullError: No space to make it.
        LogBusyError: Another process makes it and does not come to an end.
    """
    return EmbeddedLog(Path(directory), durability, clock or SystemClock(), busy_timeout_s)


class EmbeddedLog:
    """A `Log` in a directory. Made by `open_log`."""

    def __init__(self, directory: Path, durability: Durability, clock: Clock, busy_timeout_s: float) -> None:
        self._database = Database(directory, durability=durability, busy_timeout_s=busy_timeout_s)
        self._cleaner = Cleaner(self._database, clock, busy_timeout_s)
        self._admin = EmbeddedAdmin(self._database, self._cleaner.clean)

    def admin(self) -> Admin:
        """Topics and groups."""
        return self._admin

    def reader(self, kind: ReaderKind = "main") -> Reader:
        """A new reader."""
        return EmbeddedReader(self._database)

    def producer(self, transactional_id: str | None = None) -> Producer:
        """A new producer; with a transactional id it fences every older one of that id."""
        if transactional_id is None:
            return EmbeddedProducer(plain_committer(self._database), transactional=False)
        return EmbeddedProducer(fencing_committer(self._database, transactional_id), transactional=True)

    def own(self, application_id: str) -> AbstractContextManager[None]:
        """Ownership of an application id; the owner also keeps the log clean in the background."""
        checked_name(application_id, "application id")
        return self._owning(application_id)

    def close(self) -> None:
        """Closes the log for this process, with all readers."""
        self._database.close()

    @contextmanager
    def _owning(self, application_id: str) -> Iterator[None]:
        with owning(self._database.directory, application_id), maintaining(self._cleaner):
            yield
