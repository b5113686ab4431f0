"""The settled configuration of an application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from headrace.config.application import ApplicationOptions
from headrace.config.failures import FailureOptions
from headrace.config.option import Option, options_of
from headrace.config.processing import ProcessingOptions
from headrace.config.registry import RegistryOptions
from headrace.config.serving import ServingOptions
from headrace.config.standby import StandbyOptions
from headrace.config.storage import StorageOptions
from headrace.config.topics import TopicOptions
from headrace.core.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class AppConfig(
    ApplicationOptions,
    StorageOptions,
    ProcessingOptions,
    FailureOptions,
    TopicOptions,
    StandbyOptions,
    ServingOptions,
    RegistryOptions,
):
    """Every option with its value: durations in ms (`..._ms`), sizes in bytes (`..._bytes`).

    `resolve` makes one from call, environment and file; made directly, it has defaults where nothing is given. Change it with
    `dataclasses.replace`.

    Attributes:
        kafka: Settings for Kafka's clients under librdkafka's names. Not printed: they may hold secrets.
        origins: Where the values that are not defaults come from, by option name.

    Raises:
        ConfigurationError: A value is not of the option's kind.
    """

    kafka: Mapping[str, str] = field(default_factory=dict, repr=False)
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for option in OPTIONS:
            value = getattr(self, option.attribute)
            if value is not None or option.default is not None:
                object.__setattr__(self, option.attribute, option.parse(value, self.origin(option.name)))
        object.__setattr__(self, "kafka", MappingProxyType(dict(self.kafka)))
        object.__setattr__(self, "origins", MappingProxyType(dict(self.origins)))

    def value(self, name: str) -> Any:
        """The value of an option by name, attribute or alias, for code that gets the name as text."""
        return getattr(self, _named(name).attribute)

    def origin(self, name: str) -> str:
        """Where the value of an option (by name, attribute or alias) comes from: `call`, a variable, a file or `default`.

        Client settings are asked for as `kafka.<name>`.
        """
        return self.origins.get(name if name.startswith("kafka.") else _named(name).name, "default")

    @property
    def exactly_once(self) -> bool:
        """Whether commits are transactions."""
        return self.guarantee == "exactly_once_v2"

    @property
    def embedded(self) -> bool:
        """Whether the application runs on the embedded log."""
        return self.bootstrap is None

    @property
    def state_path(self) -> Path:
        """The folder of all applications' stores."""
        return self.data_dir / "state" if self.state_dir is None else self.state_dir

    @property
    def dead_letter_topic(self) -> str:
        """The dead letter topic, given or derived."""
        return f"{self.app_id}-dlq" if self.dlq_topic is None else self.dlq_topic


OPTIONS: tuple[Option, ...] = options_of(AppConfig)
"""All options, group by group."""

OPTIONS_BY_NAME: Mapping[str, Option] = MappingProxyType(
    {name: option for option in OPTIONS for name in (option.name, option.attribute, *option.aliases)}
)
"""Options by each of their names."""


def _named(name: str) -> Option:
    option = OPTIONS_BY_NAME.get(name)
    if option is None:
        message = f"there is no option {name!r}"
        raise ConfigurationError(message, hint="`headrace config TARGET` lists all options")
    return option
