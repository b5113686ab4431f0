"""From a target to an application with its options settled: what `run`, `topology`, `stores` and `config` share."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from headrace.app.application import App
from headrace.cli.failures import application_failures
from headrace.cli.target import Target, find_target
from headrace.config import AppConfig, resolve
from headrace.config.app_config import OPTIONS, OPTIONS_BY_NAME
from headrace.config.sources import find_file, from_environment, from_file
from headrace.core.errors import ConfigurationError
from headrace.dsl import StreamsBuilder
from headrace.topology.builder import TopologyBuilder
from headrace.topology.physical import Topology

F = TypeVar("F", bound=Callable[..., Any])

_COMMAND_LINE = "command line"
_DERIVED = "derived from the target"


@dataclass(frozen=True, slots=True)
class Program:
    """An application that can be run, described and asked for its options.

    Attributes:
        app: The user's own, if the target is one.
    """

    topology: Topology
    config: AppConfig
    app: App | None = None

    def application(self) -> App:
        """The application to run."""
        return self.app or App(None, self.topology, config=self.config)


def target_options(command: F) -> F:
    """TARGET and the options that every command over a program has."""
    for decorate in (
        click.option(
            "-o", "--option", "options", multiple=True, metavar="NAME=VALUE", help="Set an option; see `headrace config`."
        ),
        click.option(
            "--app-id", metavar="ID", help="Application id.  [default: app_id in headrace.toml, else from the target]"
        ),
        click.argument("target"),
    ):
        command = decorate(command)
    return command


def load_program(target: str, data: Path | None, app_id: str | None, options: tuple[str, ...]) -> Program:
    """The program of a target under the options of the command line.

    Raises:
        ConfigurationError: The target is not there or is no program, or an option is wrong.
        ApplicationError: The user's code failed while it was imported or built.
    """
    given = {**_pairs(options), "data_dir": data, "app_id": app_id}
    given = {name: value for name, value in given.items() if value is not None}
    found = find_target(target)
    value = _called(found)
    if isinstance(value, App):
        value.configure(_overridden(value.config, given))
        return Program(value.topology, value.config, value)
    config = _resolved(found, given)
    return Program(_topology(found, value, config), config)


def _pairs(options: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals or not name:
            message = f"-o {option}: expected NAME=VALUE, as in -o commit_interval=100ms"
            raise click.UsageError(message)
        pairs[name.strip()] = value
    return pairs


def _called(target: Target) -> Any:
    """The value, or what a function without parameters returns."""
    if _is_function(target.value) and not _parameters(target):
        with application_failures(f"{target.name}()"):
            return target.value()
    return target.value


def _topology(target: Target, value: Any, config: AppConfig) -> Topology:
    if isinstance(value, Topology):
        return value
    if isinstance(value, StreamsBuilder | TopologyBuilder):
        with application_failures(f"building {target.name}"):
            return value.build()
    if _is_function(value):
        return _built_by(target, value, config)
    message = f"{target.text}: {target.name!r} is {_kind(value)}, which is no program"
    hint = "it has to be an App, a Topology, a StreamsBuilder, a function build(builder), or one that returns one of these"
    raise ConfigurationError(message, hint=hint)


def _built_by(target: Target, build: Callable[..., Any], config: AppConfig) -> Topology:
    required = _parameters(target)
    if len(required) != 1:
        message = f"{target.text}: {target.name}({', '.join(required)}) takes {len(required)} parameters"
        raise ConfigurationError(message, hint="a program is built by build(builder), or by a function without parameters")
    builder = StreamsBuilder(naming=config.naming, strict_names=config.strict_names, optimize=config.optimize)
    with application_failures(f"{target.name}(builder)"):
        result = build(builder)
        return result if isinstance(result, Topology) else builder.build()


def _is_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, App | type)


def _parameters(target: Target) -> list[str]:
    """Parameters that have to be given."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = inspect.signature(target.value).parameters.values()
    return [parameter.name for parameter in found if parameter.kind in kinds and parameter.default is parameter.empty]


def _kind(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"of type {type(value).__name__}"


# ---- options ----------------------------------------------------------------------------------------------------------


def _resolved(target: Target, given: Mapping[str, Any]) -> AppConfig:
    """Options of the command line, the environment, the project's file; an application id from the target if none is given."""
    file = find_file(target.directory, os.environ)
    derived = "app_id" not in _known_names(file) | {OPTIONS_BY_NAME[name].name for name in given if name in OPTIONS_BY_NAME}
    wanted = {**given, "app_id": target.stem} if derived else given
    config = resolve(wanted, file=file, directory=target.directory, call_origin=_COMMAND_LINE)
    origins = dict(config.origins)
    if derived:
        origins["app_id"] = _DERIVED
    return replace(config, origins=origins, data_dir=_from_file_folder(config, file))


def _known_names(file: Path | None) -> set[str]:
    """Options that are set outside of the command line."""
    known, _ = from_environment(os.environ, OPTIONS)
    entries = [*known, *(from_file(file) if file is not None else [])]
    return {OPTIONS_BY_NAME[entry.name].name for entry in entries if entry.name in OPTIONS_BY_NAME}


def _from_file_folder(config: AppConfig, file: Path | None) -> Path:
    """A relative data directory in a file counts from the file's folder, so that it is the same from everywhere."""
    if file is None or not config.origin("data_dir").startswith("file"):
        return config.data_dir
    return config.data_dir if config.data_dir.is_absolute() else file.parent / config.data_dir


def _overridden(config: AppConfig, given: Mapping[str, Any]) -> AppConfig:
    """The options of an application that the user made, with those of the command line over them."""
    if not given:
        return config
    checked = resolve({"app_id": config.app_id, **given}, environment={}, directory=Path(os.devnull), call_origin=_COMMAND_LINE)
    options = [OPTIONS_BY_NAME[name] for name in given if name in OPTIONS_BY_NAME]
    origins = {**config.origins, **{option.name: _COMMAND_LINE for option in options}}
    changes = {option.attribute: getattr(checked, option.attribute) for option in options}
    return replace(config, **changes, kafka={**config.kafka, **checked.kafka}, origins=origins)
