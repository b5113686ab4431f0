"""SQLite's and the operating system's errors as ours."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from headrace.core.errors import HeadraceError, LogBusyError, LogError, LogFormatError, LogFullError
from headrace.log import faults

_PRIMARY = 0xFF
_ALMOST_NOTHING = 1 << 20
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


def from_sqlite(error: sqlite3.Error, directory: Path) -> HeadraceError:
    """What an error of SQLite means for the user of the log in `directory`."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return faults.closed_log() if "closed" in str(error) else _other(error, directory)
    match code & _PRIMARY:
        case sqlite3.SQLITE_FULL:
            return full(directory)
        case sqlite3.SQLITE_IOERR if _free_bytes(directory) < _ALMOST_NOTHING:
            return full(directory)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return busy(directory)
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return damaged(directory, str(error))
        case _:
            return _other(error, directory)


def from_os(error: OSError, directory: Path) -> HeadraceError:
    """What an error of the operating system means for the user of the log in `directory`."""
    return full(directory) if error.errno in _DISK_FULL else _other(error, directory)


def full(directory: Path) -> LogFullError:
    """No space."""
    message = f"no space left for the log in {directory}; nothing of this transaction was written"
    return LogFullError(message, hint="free disk space and repeat; what was committed is safe")


def busy(directory: Path) -> LogBusyError:
    """Another process does not let go."""
    message = f"another process holds the log in {directory} longer than the time-out"
    return LogBusyError(message, hint="look for a stopped or stuck process that uses this directory")


def damaged(directory: Path, detail: str) -> LogFormatError:
    """Not a log, or one with broken pages."""
    message = f"the log in {directory} is damaged or not a log: {detail}"
    return LogFormatError(message, hint="restore the directory from a backup, or use another one")


def _other(error: Exception, directory: Path) -> LogError:
    message = f"the log in {directory} cannot be used: {error}"
    return LogError(message, hint="check that the directory exists on a local disk and may be written")


def _free_bytes(directory: Path) -> int:
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return _ALMOST_NOTHING
