"""Finds a record that kills the process again and again, and keeps it from doing so for ever.

A process that dies (killed, out of memory, a crash in native code) cannot say which record it was. So each life notes where it
begins, and lives that die where they began are counted. At the limit the next life is *careful*: it reads one record at a time,
notes it before it touches it, and commits after it. A record that is noted at two deaths in a row is the culprit, and goes the
way of the policy for records that cannot be processed. An exception is no death: it has its own policies.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import msgspec

from headrace.core.identifiers import TopicPartition
from headrace.observe.events import event_logger

_FILE = "lives.json"
_CAREFUL_RECORDS = 1_000
_CONVICTED_AT = 2
_log = event_logger("crash_guard")


class Mode(Enum):
    """How a life reads: as fast as it can, or one record at a time."""

    NORMAL = "normal"
    CAREFUL = "careful"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A record, and how many lives have died on it."""

    topic: str
    partition: int
    offset: int
    deaths: int = 0

    def is_at(self, partition: TopicPartition, offset: int) -> bool:
        """Whether it is this record."""
        return (self.topic, self.partition, self.offset) == (*partition, offset)


@dataclass(frozen=True, slots=True)
class _Note:
    """What one life leaves to the next."""

    begun_at: dict[str, int]
    deaths: int
    suspect: Suspect | None = None


class CrashGuard:
    """One per worker.

    Args:
        directory: The application's state directory.
        limit: Deaths in a row without a commit after which a life is careful; 0 switches the guard off.
        worker: Which worker of the application.
    """

    def __init__(self, directory: Path, limit: int, worker: str = "0") -> None:
        self._path = directory / (_FILE if worker == "0" else f"lives-{worker}.json")
        self._limit = limit
        self._note = _Note({}, 0)
        self._careful_left = 0
        self.culprit: Suspect | None = None

    @property
    def mode(self) -> Mode:
        """How to read now."""
        return Mode.CAREFUL if self._careful_left else Mode.NORMAL

    def begin(self, positions: Mapping[TopicPartition, int]) -> None:
        """A life begins at these positions."""
        if not self._limit:
            return
        begun_at = {str(partition): offset for partition, offset in positions.items()}
        before = self._read()
        stuck = before is not None and before.begun_at == begun_at
        deaths = before.deaths + 1 if before is not None and stuck else 0
        suspect = None
        if before is not None and before.suspect is not None:
            suspect = replace(before.suspect, deaths=before.suspect.deaths + 1)
            if suspect.deaths >= _CONVICTED_AT:
                self.culprit = suspect
        if suspect is not None or deaths >= self._limit:
            self._careful_left = _CAREFUL_RECORDS
            _log.warning("careful_after_deaths", deaths=deaths, suspect=str(suspect))
        self._note = _Note(begun_at, deaths, suspect)
        self._write()

    def touch(self, partition: TopicPartition, offset: int) -> None:
        """A record is about to be processed, in careful mode."""
        known = self._note.suspect
        deaths = known.deaths if known is not None and known.is_at(partition, offset) else 0
        self._note = replace(self._note, suspect=Suspect(*partition, offset, deaths))
        self._write()

    def survived(self) -> None:
        """The record touched last is processed and committed."""
        self._careful_left = max(0, self._careful_left - 1)
        self._note = replace(self._note, suspect=None)
        if not self._careful_left:
            self._write()

    def end(self) -> None:
        """The life ends by itself, in order or with an exception."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> _Note | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Note)
        except (OSError, msgspec.DecodeError):
            return None

    def _write(self) -> None:
        """Whole, by renaming: a life may die at any moment. Not synced: it is the process that dies, not the machine."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self._note))
        os.replace(fresh, self._path)
