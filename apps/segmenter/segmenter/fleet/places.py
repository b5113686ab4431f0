"""Where a fleet keeps its files, and what it was started with."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from headrace.core.errors import ConfigurationError

FOLDER = Path(__file__).parents[2]
"""The application's own: the working directory of all parts."""

MOST_INSTANCES = 5
_FILE = "fleet.json"


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet in a directory.

    Attributes:
        directory: Holds logs, notes of processes, state, and a cluster and registry of its own.
        bootstrap: Brokers.
        registry: URL of the schema registry.
        serve_port: The first instance serves here, the second at the next, and so on.
        full_speed: The driver does not pause.
    """

    directory: Path
    bootstrap: str
    registry: str
    serve_port: int = 8081
    full_speed: bool = False

    def save(self) -> None:
        """Writes it down for later commands."""
        document = {**asdict(self), "directory": None}
        (self.directory / _FILE).write_text(json.dumps(document, indent=2) + "\n")

    @classmethod
    def load(cls, directory: Path) -> Fleet:
        """The fleet in a directory. Raises ConfigurationError if there is none."""
        try:
            document = json.loads((directory / _FILE).read_text())
        except OSError:
            message = f"there is no fleet in {directory}"
            raise ConfigurationError(message, hint="start one: make start") from None
        return cls(**{**document, "directory": directory})

    def enter(self) -> None:
        """Makes this process, and all that it starts, use the fleet's brokers and registry."""
        os.chdir(FOLDER)
        os.environ |= {"HEADRACE_BOOTSTRAP": self.bootstrap, "HEADRACE_SCHEMA_REGISTRY": self.registry}
        os.environ["PYTHONUNBUFFERED"] = "1"  # what parts print can be followed at once

    def log_of(self, part: str) -> Path:
        """What a part prints."""
        return self.directory / f"{part}.log"

    def url_of(self, number: int) -> str:
        """The server of an instance."""
        return f"http://127.0.0.1:{self.serve_port + number - 1}"
