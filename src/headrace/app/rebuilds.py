"""Stores that turn out to be damaged while they are read: emptied, and restored from their changelogs in a new life."""

from __future__ import annotations

import shutil
from pathlib import Path

from headrace.core.errors import StoreCorruptError
from headrace.observe.events import event_logger
from headrace.topology.physical import Topology

_log = event_logger("app")


class Rebuilds:
    """Which stores of an application have been rebuilt: each once, for one that is damaged again has another cause.

    Args:
        state_root: The application's directory.
    """

    def __init__(self, state_root: Path) -> None:
        self._state_root = state_root
        self._done: set[Path] = set()

    def begin(self, error: StoreCorruptError, topology: Topology) -> bool:
        """Empties the damaged store; False if it cannot be rebuilt, or was already."""
        directory = error.directory
        if directory is None or directory in self._done or self._state_root not in directory.parents:
            return False
        spec = topology.stores.get(directory.name)
        if spec is None or not (spec.logging or spec.changelog_topic is not None):
            return False
        self._done.add(directory)
        _log.warning("damaged_store_rebuilt", store=directory.name, directory=str(directory), problem=error.message)
        shutil.rmtree(directory, ignore_errors=True)
        return True
