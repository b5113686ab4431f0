"""`headrace dlq`: dead letters, listed, shown, put back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click

from headrace.app.registries import with_registry
from headrace.cli.command import Group
from headrace.cli.data import data_option, opened_log, partitions_of, settings_of
from headrace.cli.letters import Letter, letters, put_back
from headrace.cli.named_formats import NAMES, FormatType
from headrace.cli.positions import confirm
from headrace.cli.printing import dry_run_option, json_option, print_json, print_rows
from headrace.cli.rendering import decoded_by, guess_key, guess_value, shown, time_text
from headrace.config import AppConfig
from headrace.core.errors import LogError
from headrace.core.identifiers import TopicPartition
from headrace.formats import Format
from headrace.log.api import Log

F = TypeVar("F", bound=Callable[..., Any])

_COLUMNS = ("letter", "time", "topic", "partition", "offset", "exception", "message")
_UNREADABLE = ("part", "field", "schema_id")
"""What only letters say whose bytes could not be read."""

_PLACE = re.compile(r"([0-9]+)@([0-9]+)\Z")
_LONGEST_MESSAGE = 120


@dataclass(frozen=True, slots=True)
class _Filter:
    """Which letters are meant."""

    topics: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.topics or self.exceptions or self.places)

    def takes(self, letter: Letter) -> bool:
        """Whether a letter is meant."""
        exception = letter.errors.get("exception", "")
        return (
            (not self.topics or letter.errors.get("topic") in self.topics)
            and (not self.exceptions or any(wanted in exception for wanted in self.exceptions))
            and (not self.places or letter.place in self.places)
        )


def _which(command: F) -> F:
    """APP_ID, and the options that say which letters are meant."""
    for decorate in (
        click.option(
            "--exception", "exceptions", multiple=True, metavar="TEXT", help="Only exceptions with this in their name."
        ),
        click.option("--from-topic", "topics", multiple=True, metavar="TOPIC", help="Only records read from this topic."),
        click.option("--dlq-topic", metavar="TOPIC", help="Dead letter topic.  [default: option dlq_topic, else APP_ID-dlq]"),
        click.argument("app_id"),
    ):
        command = decorate(command)
    return command


@click.group(
    cls=Group,
    examples="""
        headrace dlq ls orders
        headrace dlq show orders 0@12
        headrace dlq replay orders --dry-run
    """,
)
def command() -> None:
    """Records that an application could not handle (on_..._error = "dlq"): look at them, and put them back when it is mended.

    A letter goes by its place in the dead letter topic: 0@12 is offset 12 of partition 0.
    """


@command.command(
    "ls",
    examples="""
        headrace dlq ls orders --exception ZeroDivisionError
        headrace dlq ls orders --waiting --json
    """,
)
@_which
@click.option("--waiting", is_flag=True, help="Only letters that were not put back yet.")
@click.option("-n", "--max", "most", type=click.IntRange(1), metavar="N", help="Stop after N letters.")
@json_option
@data_option
def list_letters(app_id: str, data: Path | None, dlq_topic: str | None, waiting: bool, most: int | None, **given: Any) -> None:
    """List the dead letters of APP_ID with where they come from and why."""
    wanted = _Filter(given["topics"], given["exceptions"])
    config = settings_of(app_id, data)
    with opened_log(config) as log:
        found = islice(_found(log, config, dlq_topic, wanted, waiting=waiting), most)
        print_rows(
            [_row(letter) for letter in found], columns=_COLUMNS, as_json=given["as_json"], empty="there are no dead letters"
        )


@command.command(epilog=f"Formats: {NAMES}.", examples="headrace dlq show orders 0@12 --value-format json")
@click.argument("app_id")
@click.argument("letter")
@click.option("--dlq-topic", metavar="TOPIC", help="Dead letter topic.  [default: option dlq_topic, else APP_ID-dlq]")
@click.option("--key-format", type=FormatType(), help="How keys are written.  [default: guessed]")
@click.option("--value-format", type=FormatType(), help="How values are written.  [default: guessed]")
@json_option
@data_option
def show(
    app_id: str,
    letter: str,
    dlq_topic: str | None,
    key_format: Format[Any] | None,
    value_format: Format[Any] | None,
    as_json: bool,
    data: Path | None,
) -> None:
    """Show LETTER of APP_ID: where it comes from, the error with its stack, the original headers, key and value.

    Of a record that could not be read it says which field of key or value that was, and the id of its schema.
    """
    config = settings_of(app_id, data)
    with opened_log(config) as log:
        found = next(_found(log, config, dlq_topic, _Filter(places=_places((letter,)))), None)
    if found is None:
        message = f"there is no dead letter {letter} of {app_id}"
        raise LogError(message, hint=f"headrace dlq ls {app_id} lists them")
    document = _document(found, *with_registry((key_format, value_format), config))
    if as_json:
        print_json(document)
        return
    for name in ("letter", "time", "topic", "partition", "offset", "exception", "message"):
        click.echo(f"{name:<10} {document[name]}")
    for name in _UNREADABLE:
        if document[name] is not None:
            click.echo(f"{name:<10} {document[name]}")
    for name, value in document["headers"]:
        click.echo(f"{'header':<10} {name}={shown(value)}")
    for name in ("key", "value"):
        click.echo(f"{name:<10} {shown(document[name])}")
        if document[f"{name}_hex"] is not None:
            click.echo(f"{'':<10} {document[f'{name}_hex']}")
    click.echo(found.errors.get("stacktrace", "").rstrip())


@command.command(
    examples="""
        headrace dlq replay orders --dry-run
        headrace dlq replay orders --from-topic payments
        headrace dlq replay orders --letter 0@12 --letter 0@13
    """
)
@_which
@click.option("--letter", "places", multiple=True, metavar="LETTER", help="Only this one.")
@click.option("--all", "again", is_flag=True, help="Also letters that were put back before.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@data_option
def replay(app_id: str, data: Path | None, dlq_topic: str | None, again: bool, yes: bool, dry_run: bool, **given: Any) -> None:
    """Put dead letters of APP_ID back: to the topic and partition they came from, with their original headers and time.

    Without a choice of letters, all that came since the last replay; where it ended is kept as positions of the group
    APP_ID-dlq-replay, in one transaction with the records. A choice of letters does not move that place.
    """
    wanted = _Filter(given["topics"], given["exceptions"], _places(given["places"]))
    config = settings_of(app_id, data)
    with opened_log(config) as log:
        found = list(_found(log, config, dlq_topic, wanted, waiting=not again and not given["places"]))
        confirm(f"put {len(found)} letter(s) back?", yes=yes or not found, dry_run=dry_run)
        done = {} if wanted else _after(dlq_topic or config.dead_letter_topic, found)
        count = put_back(log, found, _group(config), done, click.echo, dry_run=dry_run)
    click.echo(f"{'would put' if dry_run else 'put'} {count} of {len(found)} letter(s) back")


def _found(log: Log, config: AppConfig, dlq_topic: str | None, wanted: _Filter, *, waiting: bool = False) -> Iterator[Letter]:
    partitions = partitions_of(log.admin(), dlq_topic or config.dead_letter_topic, to_delete=True)
    starts = log.admin().start_offsets(partitions)
    if waiting:
        replayed = log.admin().positions(_group(config))
        starts = {where: max(start, replayed[where].offset) if where in replayed else start for where, start in starts.items()}
    return (letter for letter in letters(log, starts) if wanted.takes(letter))


def _after(topic: str, found: list[Letter]) -> dict[TopicPartition, int]:
    """The positions behind letters that come in order."""
    return {TopicPartition(topic, letter.partition): letter.offset + 1 for letter in found}


def _group(config: AppConfig) -> str:
    return f"{config.app_id}-dlq-replay"


def _places(given: tuple[str, ...]) -> tuple[str, ...]:
    for text in given:
        if not _PLACE.match(text):
            message = f"{text!r} is no letter: write PARTITION@OFFSET, as in 0@12"
            raise click.UsageError(message)
    return given


def _row(letter: Letter) -> dict[str, Any]:
    errors = letter.errors
    message = errors.get("message", "").replace("\n", " ")
    return {
        "letter": letter.place,
        "time": time_text(letter.timestamp),
        "topic": errors.get("topic"),
        "partition": None if letter.source is None else letter.source.partition,
        "offset": _number(errors, "offset"),
        "exception": errors.get("exception"),
        "message": message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 3] + "...",
    }


def _number(errors: Mapping[str, str], name: str) -> int | None:
    return int(errors[name]) if errors.get(name, "").isdecimal() else None


def _document(letter: Letter, key_format: Format[Any] | None, value_format: Format[Any] | None) -> dict[str, Any]:
    topic = letter.errors.get("topic", "")
    key_of = guess_key if key_format is None else decoded_by(key_format.decoder(topic, is_key=True))
    value_of = guess_value if value_format is None else decoded_by(value_format.decoder(topic, is_key=False))
    return {
        **_row(letter),
        "message": letter.errors.get("message", ""),
        "stacktrace": letter.errors.get("stacktrace"),
        "part": letter.errors.get("part"),
        "field": letter.errors.get("field"),
        "schema_id": _number(letter.errors, "schema_id"),
        "headers": [[name, None if data is None else guess_value(data)] for name, data in letter.headers],
        "key": None if letter.key is None else key_of(letter.key),
        "key_hex": None if letter.key is None else letter.key.hex(),
        "value": None if letter.value is None else value_of(letter.value),
        "value_hex": None if letter.value is None else letter.value.hex(),
    }
