"""Where option values come from: the call, the environment, a file. Each gives flat names and raw values."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.config.option import ENVIRONMENT_PREFIX, Option
from headrace.core.errors import ConfigurationError

FILE_VARIABLE = ENVIRONMENT_PREFIX + "CONFIG"
"""Names the file to read in place of the ones that are looked for."""

KAFKA = "kafka."
_KAFKA_VARIABLE = ENVIRONMENT_PREFIX + "KAFKA_"


@dataclass(frozen=True, slots=True)
class Entry:
    """One value as somebody wrote it: its name there, and where that is."""

    name: str
    value: Any
    origin: str


def from_call(values: Mapping[str, Any], origin: str) -> list[Entry]:
    """Values of the call; None means not given. Client settings come as a mapping `kafka` or under `kafka.<name>`."""
    given = {name: value for name, value in values.items() if value is not None}
    return [Entry(name, value, origin) for name, value in _flat(given)]


def from_environment(environment: Mapping[str, str], options: tuple[Option, ...]) -> tuple[list[Entry], list[Entry]]:
    """Values of `HEADRACE_...` variables, and the variables of that prefix that are no option. Empty means not set.

    `HEADRACE_KAFKA_SASL_USERNAME` is the client setting `sasl.username`.
    """
    names = {option.environment_name: option.name for option in options}
    known, unknown = [], []
    for variable, value in sorted(environment.items()):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable == FILE_VARIABLE or not value:
            continue
        origin = f"environment {variable}"
        if variable.startswith(_KAFKA_VARIABLE):
            setting = variable.removeprefix(_KAFKA_VARIABLE).lower().replace("_", ".")
            known.append(Entry(KAFKA + setting, value, origin))
        elif variable in names:
            known.append(Entry(names[variable], value, origin))
        else:
            unknown.append(Entry(variable, value, origin))
    return known, unknown


def from_file(path: Path) -> list[Entry]:
    """Values of a TOML file: all of it, or the table `tool.headrace` of a pyproject.toml.

    Raises:
        ConfigurationError: The file cannot be read or is no TOML.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"cannot read the configuration file {path}: {error}"
        raise ConfigurationError(message) from None
    if path.name == "pyproject.toml":
        content = content.get("tool", {}).get("headrace", {})
    return [Entry(name, value, f"file {path}") for name, value in _flat(content)]


def find_file(directory: Path, environment: Mapping[str, str]) -> Path | None:
    """The file to read: that of HEADRACE_CONFIG, else headrace.toml, else pyproject.toml of the directory, else none."""
    if environment.get(FILE_VARIABLE):
        return Path(environment[FILE_VARIABLE])
    return next((path for name in ("headrace.toml", "pyproject.toml") if (path := directory / name).is_file()), None)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested tables as dotted names: TOML reads `commit.interval.ms = 100` as three of them."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
