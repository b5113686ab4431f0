"""The data directory: the option for it, and the log in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import click

from headrace.app.instance import open_log_of
from headrace.cli.brokers import require_listener
from headrace.config import AppConfig, resolve
from headrace.core.errors import LogError, UnknownTopicError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import Admin, Log
from headrace.log.embedded import open_log

F = TypeVar("F", bound=Callable[..., Any])

_ANY_APPLICATION = "headrace-cli"
"""Stands for the application id where only the place of the log is asked for."""


def data_option(command: F) -> F:
    """`--data`. Not given: HEADRACE_DATA_DIR, then data_dir of headrace.toml here, then `.headrace`."""
    option = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Data directory.  [default: HEADRACE_DATA_DIR, data_dir in headrace.toml, .headrace]",
    )
    return option(command)


def settings(data: Path | None) -> AppConfig:
    """The options that apply to a log which belongs to no single application."""
    return resolve({"app_id": _ANY_APPLICATION, "data_dir": data}, call_origin="command line")


def settings_of(app_id: str | None, data: Path | None) -> AppConfig:
    """The options of an application by name, or of the one in headrace.toml. Raises ConfigurationError."""
    given = {"data_dir": data} if app_id is None else {"data_dir": data, "app_id": app_id}
    return resolve(given, call_origin="command line")


@contextmanager
def opened_log(config: AppConfig, *, create: bool = False) -> Iterator[Log]:
    """The log that a configuration names: brokers where it has some, else the one in its data directory.

    Raises:
        LogError: There is none, and `create` is not set: a mistyped directory must not become an empty log.
    """
    if config.bootstrap is not None:
        require_listener(config.bootstrap)
        with closing(open_log_of(config)) as brokers:
            yield brokers
        return
    directory = config.data_dir / "log"
    if not create and not directory.is_dir():
        message = f"there is no log in {config.data_dir.absolute()}"
        hint = "give the data directory by --data; `headrace topics create` and `headrace run` make a new one"
        raise LogError(message, hint=hint)
    log = open_log(directory, durability=config.durability)
    try:
        yield log
    finally:
        log.close()


def partitions_of(admin: Admin, topic: str, *, to_delete: bool = False) -> list[TopicPartition]:
    """All partitions of a topic. Raises UnknownTopicError that names similar topics, or what can be done without any."""
    topics = admin.topics()
    if topic not in topics:
        near = get_close_matches(topic, topics, n=3)
        message = f"topic {topic!r} does not exist"
        otherwise = (
            f"there are: {', '.join(sorted(topics)) or 'none'}" if to_delete else f"create it: headrace topics create {topic}"
        )
        raise UnknownTopicError(message, hint=f"did you mean {' or '.join(near)}?" if near else otherwise)
    return [TopicPartition(topic, number) for number in range(topics[topic].partitions)]
