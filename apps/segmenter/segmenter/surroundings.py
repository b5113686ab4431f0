"""The log and the registry that the options name, for the parts that are no topology: driver and reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from headrace.app.instance import open_log_of
from headrace.app.registries import with_registry
from headrace.config import AppConfig, resolve
from headrace.formats import Format
from headrace.log.api import Log

T = TypeVar("T")

_FOLDER = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """An open log, and the options that say where it is."""

    config: AppConfig
    log: Log

    def connected(self, form: Format[T]) -> Format[T]:
        """A format that knows the registry."""
        return with_registry(form, self.config)


def options_of(app_id: str | None = None, data: Path | None = None) -> AppConfig:
    """The options in `headrace.toml` beside this package, with the environment over them, and these over both."""
    given = {"app_id": app_id, "data_dir": data}
    return resolve({name: value for name, value in given.items() if value is not None}, directory=_FOLDER)


@contextmanager
def surroundings(config: AppConfig) -> Iterator[Surroundings]:
    """Opens the log, and closes it at the end."""
    log = open_log_of(config)
    try:
        yield Surroundings(config, log)
    finally:
        log.close()
