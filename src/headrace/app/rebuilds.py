"""Local state that is given up: damaged stores while they are read, or all of it. It is restored from changelogs."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

from headrace.app.instance import open_log_of
from headrace.config.app_config import AppConfig
from headrace.core.errors import StoreCorruptError
from headrace.log.api import Log
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


def remove_state(config: AppConfig, log: Log | None) -> None:
    """Deletes all local state of an application that does not run. Raises OwnedError if it does, in another process."""
    with ExitStack() as stack:
        if log is None:
            log = open_log_of(config)
            stack.callback(log.close)
        stack.enter_context(log.own(config.app_id))
        shutil.rmtree(config.state_path / config.app_id, ignore_errors=True)
