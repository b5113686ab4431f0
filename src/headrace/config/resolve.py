"""From all sources to one configuration. Order: call, environment, file, default."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from headrace.config.app_config import OPTIONS, OPTIONS_BY_NAME, AppConfig
from headrace.config.option import REQUIRED
from headrace.config.sources import KAFKA, Entry, find_file, from_call, from_environment, from_file
from headrace.core.errors import ConfigurationError

_OWNED_CLIENT_SETTINGS = {
    "bootstrap.servers": "set the option bootstrap",
    "group.id": "the group is the option app_id",
    "client.id": "it is derived from the option app_id",
    "auto.offset.reset": "set the option offset_reset",
    "enable.auto.commit": "positions are part of the commit; set the option commit_interval",
    "max.poll.records": "set the option poll_records",
    "isolation.level": "it follows from the option guarantee",
    "enable.idempotence": "it follows from the option guarantee",
    "transactional.id": "it follows from the option guarantee",
    "partitioner.class": "give a partitioner in the program",
    "partitioner": "keys are partitioned as Java's producers do it; give a partitioner in the program",
}
_WITHOUT_EQUAL = {
    "num.stream.threads": "processes share the work here: set the option workers",
    "default.key.serde": "formats belong to the program: Consumed(key=...), Produced(key=...)",
    "default.value.serde": "formats belong to the program: Consumed(value=...), Produced(value=...)",
    "default.timestamp.extractor": "timestamps belong to the program: Consumed(timestamp=...)",
}
"""Options of Kafka Streams that there are none for here, and what to do instead."""

_CLIENT_KINDS = ("main.consumer.", "restore.consumer.", "global.consumer.", "consumer.", "producer.", "admin.")
"""Prefixes of settings that are for one kind of client only."""

_TYPO_SIMILARITY = 0.85


def resolve(
    call: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    file: Path | None = None,
    call_origin: str = "call",
) -> AppConfig:
    """The configuration of an application.

    Options go by their name, their attribute (`commit_interval_ms`, in ms too) or Kafka Streams' name
    (`commit.interval.ms`); client settings by librdkafka's names in a table `kafka`. Environment variables that begin with
    HEADRACE_ but resemble no option are left alone: orchestrators set such variables for services of that name.

    Args:
        call: Values given in the program; None values count as not given.
        environment: Variables; those of the process by default.
        directory: Where headrace.toml or pyproject.toml is looked for; the working directory by default.
        file: The file to read instead.
        call_origin: What errors and origins say of values in `call`.

    Raises:
        ConfigurationError: An unknown name (with the nearest one), a wrong value (with where it comes from), an option that
            is given twice in one place or must be given, or a file that cannot be read.
    """
    environment = os.environ if environment is None else environment
    path = file or find_file(directory or Path.cwd(), environment)
    from_variables, unknown_variables = from_environment(environment, OPTIONS)
    _refuse_misspelt(unknown_variables)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    client: dict[str, str] = {}
    for entries in (from_file(path) if path else [], from_variables, from_call(call or {}, call_origin)):
        _apply(entries, values, origins, client)
    for option in OPTIONS:
        if option.default is REQUIRED and option.attribute not in values:
            message = f"option {option.name} is not set"
            hint = f"give it in the program, as {option.environment_name}, or in headrace.toml"
            raise ConfigurationError(message, hint=hint)
    return AppConfig(**values, kafka=client, origins=origins)


def _apply(entries: Iterable[Entry], values: dict[str, Any], origins: dict[str, str], client: dict[str, str]) -> None:
    """Puts the values of one source over those of weaker ones."""
    written: dict[str, str] = {}
    for entry in entries:
        if entry.name.startswith(KAFKA):
            setting = entry.name.removeprefix(KAFKA)
            client[setting] = _client_value(setting, entry)
            origins[entry.name] = entry.origin
            continue
        option = OPTIONS_BY_NAME.get(entry.name)
        if option is None:
            raise _unknown(entry)
        if option.name in written:
            message = f"option {option.name} is given twice ({entry.origin}): as {written[option.name]} and as {entry.name}"
            raise ConfigurationError(message)
        written[option.name] = entry.name
        values[option.attribute] = option.parse(entry.value, entry.origin)
        origins[option.name] = entry.origin


def _client_value(setting: str, entry: Entry) -> str:
    prefix = next((prefix for prefix in _CLIENT_KINDS if setting.startswith(prefix)), "")
    owned = _OWNED_CLIENT_SETTINGS.get(setting.removeprefix(prefix))
    if owned is not None:
        message = f"the client setting {setting} ({entry.origin}) belongs to Headrace"
        raise ConfigurationError(message, hint=owned)
    if isinstance(entry.value, bool):
        return str(entry.value).lower()
    if isinstance(entry.value, str | int | float):
        return str(entry.value)
    message = f"the client setting {setting} ({entry.origin}) is no text or number"
    raise ConfigurationError(message)


def _unknown(entry: Entry) -> ConfigurationError:
    near = difflib.get_close_matches(entry.name, OPTIONS_BY_NAME, n=1)
    message = f"unknown option {entry.name!r} ({entry.origin})"
    if entry.name in _WITHOUT_EQUAL:
        return ConfigurationError(message, hint=_WITHOUT_EQUAL[entry.name])
    if near:
        return ConfigurationError(message, hint=f"did you mean {near[0]!r}?")
    if "." in entry.name:
        return ConfigurationError(message, hint="settings of Kafka's clients go into the table 'kafka'")
    return ConfigurationError(message, hint="`headrace config TARGET` lists all options")


def _refuse_misspelt(unknown: Iterable[Entry]) -> None:
    names = [option.environment_name for option in OPTIONS]
    for entry in unknown:
        near = difflib.get_close_matches(entry.name, names, n=1, cutoff=_TYPO_SIMILARITY)
        if near:
            message = f"unknown environment variable {entry.name}"
            raise ConfigurationError(message, hint=f"did you mean {near[0]}?")
