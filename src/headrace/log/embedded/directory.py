"""The directory of a log: what lies in it, and whether it is one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from headrace.core.errors import LogFormatError
from headrace.log.embedded import failures
from headrace.log.embedded.file_lock import file_lock
from headrace.log.embedded.schema import APPLICATION_ID, BEFORE_TABLES, FORMAT_VERSION, create_tables

DATABASE = "log.db"
CLEANING_LOCK = "cleaning.lock"
OWNERS = "owners"
_SETUP_LOCK = "setup.lock"
_OURS = {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal", CLEANING_LOCK, OWNERS, _SETUP_LOCK}


def prepare(directory: Path, busy_timeout_s: float) -> None:
    """Makes the directory and an empty log in it, or checks the one that is there.

    Raises:
        LogFormatError: A newer format, a damaged log, or the directory of something else.
        LogFullError: No space for it.
        LogBusyError: Another process takes too long to make it.
    """
    try:
        _refuse_foreign(directory)
        (directory / OWNERS).mkdir(parents=True, exist_ok=True)
        # One at a time: two processes that start together must not both make the tables.
        with file_lock(directory / _SETUP_LOCK, wait_s=busy_timeout_s) as held:
            if not held:
                raise failures.busy(directory)
            _create_or_check(directory, busy_timeout_s)
    except sqlite3.Error as error:
        raise failures.from_sqlite(error, directory) from error
    except OSError as error:
        raise failures.from_os(error, directory) from error


def _refuse_foreign(directory: Path) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        message = f"{directory} is a file, not the directory of a log"
        raise LogFormatError(message, hint="give the path of a new or empty directory")
    names = {entry.name for entry in directory.iterdir() if not entry.name.startswith(".")}
    if DATABASE not in names and (foreign := sorted(names - _OURS)):
        shown = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
        message = f"{directory} is the data directory of something else: it holds {shown} and no {DATABASE}"
        raise LogFormatError(message, hint="give the path of a new or empty directory")


def _create_or_check(directory: Path, busy_timeout_s: float) -> None:
    connection = sqlite3.connect(directory / DATABASE, timeout=busy_timeout_s, isolation_level=None)
    try:
        (stamp,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0 and stamp == 0:
            for statement in BEFORE_TABLES:
                connection.execute(statement)
            create_tables(connection)
            return
        if stamp != APPLICATION_ID:
            detail = f"{DATABASE} is an SQLite database of another application"
            raise failures.damaged(directory, detail)
        _check_version(connection, directory)
    finally:
        connection.close()


def _check_version(connection: sqlite3.Connection, directory: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > FORMAT_VERSION:
        message = f"the log in {directory} has format {version}; this Headrace reads formats up to {FORMAT_VERSION}"
        raise LogFormatError(message, hint="upgrade headrace, or use another directory")
    if version < 1:
        detail = f"{DATABASE} has the format number {version}, which no version wrote"
        raise failures.damaged(directory, detail)
