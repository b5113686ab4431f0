"""The one way to SQLite: connections, write transactions and what waits for them."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from headrace.core.errors import ConfigurationError, LifecycleError
from headrace.log.embedded import failures
from headrace.log.embedded.directory import DATABASE, prepare
from headrace.log.embedded.schema import PAGE_SIZE

Durability = Literal["full", "normal"]
_SYNCHRONOUS = {"full": "FULL", "normal": "NORMAL"}
_SHORTEST_PAUSE_S = 0.0002
_LONGEST_PAUSE_S = 0.005
_KEPT_WAL_BYTES = 64 << 20
_CHECKPOINT_BYTES = 16 << 20

_READ_PAGES = 8
"""Readers pass over batches once: what they have read is copied on while it is still in the processor's cache."""


class Database:
    """The log's SQLite file as one process uses it.

    All writers of the process take turns under a mutex, on two connections: cleaning needs no sync at each commit.
    Processes take turns by SQLite's own lock, for as long as one short transaction. Each reader has a connection of its
    own, and none blocks or is blocked by a writer.
    """

    def __init__(self, directory: Path, *, durability: Durability, busy_timeout_s: float) -> None:
        if durability not in _SYNCHRONOUS:
            message = f"unknown durability {durability!r}"
            raise ConfigurationError(message, hint='use "full" or "normal"')
        self.directory = directory
        self._busy_timeout_s = busy_timeout_s
        self._pid = os.getpid()
        self._open_connections: set[sqlite3.Connection] = set()
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._committed = threading.Condition()
        self.commits = 0
        prepare(directory, busy_timeout_s)
        self._writer = self._connect_writer(_SYNCHRONOUS[durability])
        self._relaxed_writer = self._connect_writer("NORMAL")
        self._shared_reader = self.connect_reader()

    def connect_reader(self) -> sqlite3.Connection:
        """A connection that only reads; `disconnect` it after use."""
        connection = self._connect()
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA cache_size = {_READ_PAGES}")
        return connection

    def disconnect(self, connection: sqlite3.Connection) -> None:
        """Closes a connection."""
        self._open_connections.discard(connection)
        connection.close()

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One write transaction: committed at the end of the block, rolled back on an error.

        Args:
            durable: False spares the sync, for work that may as well be done again: cleaning. The order of transactions
                holds all the same, so a crash of the machine takes away the last ones only.

        Raises:
            LogBusyError: Others hold the log for too long.
            LogFullError: No space; nothing was written.
        """
        self.require_same_process()
        deadline = time.monotonic() + self._busy_timeout_s
        if not self._writing.acquire(timeout=self._busy_timeout_s):
            raise failures.busy(self.directory)
        try:
            connection = self._writer if durable else self._relaxed_writer
            self._begin(connection, deadline)
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise failures.from_sqlite(error, self.directory) from error
        finally:
            self._writing.release()
        with self._committed:
            self.commits += 1
            self._committed.notify_all()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One snapshot, for short reads."""
        self.require_same_process()
        with self._reading, self.snapshot(self._shared_reader) as connection:
            yield connection

    @contextmanager
    def snapshot(self, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        """One snapshot over a reader's connection: all statements see the same commits."""
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise failures.from_sqlite(error, self.directory) from error

    @contextmanager
    def idle_writer(self) -> Iterator[sqlite3.Connection]:
        """The writer's connection outside a transaction, for checkpoints."""
        with self._writing:
            try:
                yield self._writer
            except sqlite3.Error as error:
                raise failures.from_sqlite(error, self.directory) from error

    def wait_for_commit(self, seen: int, timeout_s: float) -> None:
        """Waits until `commits` is no longer `seen`: a commit of this process."""
        with self._committed:
            if self.commits == seen:
                self._committed.wait(timeout_s)

    def require_same_process(self) -> None:
        """SQLite's locks do not survive a fork; using them then damages the file."""
        if os.getpid() != self._pid:
            message = f"the log in {self.directory} was opened before a fork"
            raise LifecycleError(message, hint="open it in the child process, or start children by spawn")

    def close(self) -> None:
        """Closes all connections."""
        with self._writing, self._reading:
            for connection in list(self._open_connections):
                self.disconnect(connection)

    def _connect_writer(self, synchronous: str) -> sqlite3.Connection:
        connection = self._connect()
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA busy_timeout = 0")
        return connection

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self.directory / DATABASE,
                timeout=self._busy_timeout_s,
                isolation_level=None,
                check_same_thread=False,
            )
            self._open_connections.add(connection)
            for pragma in (
                "fullfsync = ON",
                "checkpoint_fullfsync = ON",
                "foreign_keys = ON",
                "secure_delete = OFF",
                f"journal_size_limit = {_KEPT_WAL_BYTES}",
                f"wal_autocheckpoint = {_CHECKPOINT_BYTES // PAGE_SIZE}",
            ):
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            raise failures.from_sqlite(error, self.directory) from error
        return connection

    def _begin(self, connection: sqlite3.Connection, deadline: float) -> None:
        # SQLite's own waiting backs off to 100 ms; transactions here take about one, so short pauses serve all sooner.
        pause = _SHORTEST_PAUSE_S
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() >= deadline:
                    raise
                time.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            else:
                return
