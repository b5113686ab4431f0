"""`headrace consume`: records of a topic, for people or as JSON."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import click

from headrace.app.registries import with_registry
from headrace.app.signals import stop_on_signals
from headrace.cli.command import Command
from headrace.cli.data import data_option, opened_log, partitions_of, settings
from headrace.cli.named_formats import NAMES, FormatType
from headrace.cli.places import Place, PlaceType, offsets_at
from headrace.cli.positions import is_application
from headrace.cli.printing import json_line, json_option
from headrace.cli.rendering import decoded_by, guess_key, guess_value, shown, time_text
from headrace.config import AppConfig
from headrace.core.errors import ConfigurationError
from headrace.core.identifiers import TopicPartition
from headrace.core.records import Headers
from headrace.formats import Format
from headrace.formats.plain import Rendered
from headrace.log.api import Admin, Log, Position, Reader, RecordBatch

_POLL = 1_000
_WAIT_S = 0.2
_LONGEST_HEADER = 80
_FIELDS = ("at", "timestamp", "key", "value", "headers")

_Render = Callable[[bytes], Rendered]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Printing:
    """How records are shown."""

    key: _Render
    value: _Render
    fields: tuple[str, ...]
    as_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The options of the command."""

    start: Place
    stop: Place | None
    only: tuple[int, ...]
    most: int | None
    follow: bool
    key_format: Format[Any] | None
    value_format: Format[Any] | None
    fields: str
    group: str | None
    as_json: bool


@click.command(
    cls=Command,
    examples="""
        headrace consume orders
        headrace consume orders --from -10 --follow
        headrace consume orders --json | jq .value.amount
        headrace consume totals --key-format windowed-string:1m --value-format int64
        headrace consume orders --fields key,value --group my-checks
    """,
    epilog=f"Formats: {NAMES}.",
)
@click.argument("topic")
@click.option("--from", "start", type=PlaceType(), default="beginning", show_default=True, help="Where to begin.")
@click.option("--to", "stop", type=PlaceType(), help="Before which record to end.  [default: the end as it is now]")
@click.option("-p", "--partition", "only", type=click.IntRange(0), multiple=True, help="Only these partitions.")
@click.option("-n", "--max", "most", type=click.IntRange(1), metavar="N", help="Stop after N records.")
@click.option("-F", "--follow", is_flag=True, help="Wait for more; Ctrl-C ends it.")
@click.option("--key-format", type=FormatType(), help="How keys are written.  [default: guessed]")
@click.option("--value-format", type=FormatType(), help="How values are written.  [default: guessed]")
@click.option("--fields", default=",".join(_FIELDS), show_default=True, help="What to print, separated by commas.")
@click.option("--group", help="Go on at this group's positions, and commit what was printed.")
@json_option
@data_option
def command(topic: str, data: Path | None, **given: Any) -> None:
    """Print the records of TOPIC: partition@offset, time, key, value, headers.

    A PLACE is: beginning, end, an offset, -N (the last N of each partition), a time (2024-05-01T12:00:00Z, or @MS), or a
    duration (5m: that long ago). Long headers are shortened, except in --json. Without formats, text is shown as text, 8
    bytes as an integer (as counts are written), window keys with their start, and anything else in hex.
    """
    options, config = _Options(**given), settings(data)
    printing = _printing(topic, options, config)
    with opened_log(config) as log:
        admin = log.admin()
        partitions = _chosen(partitions_of(admin, topic), options.only)
        starts = offsets_at(admin, options.start, partitions)
        if options.group is not None:
            starts |= _positions(admin, options.group, partitions)
        endless = options.follow and options.stop is None
        ends = None if endless else offsets_at(admin, options.stop or Place("end"), partitions)
        done = dict(starts)
        stop = Event()
        if options.start.kind in ("offset", "time") and starts == admin.end_offsets(partitions):
            click.echo(f"nothing to print yet: {topic} ends before {_begin(options.start)}", err=True)
        try:
            # Following is ended by a signal between two batches, so that positions are those of what was printed.
            with stop_on_signals(stop.set, notice=False) if options.follow else nullcontext():
                _print_all(log, starts, ends, options, printing, done, stop)
        finally:
            if options.group is not None:
                admin.set_positions(options.group, {partition: Position(offset) for partition, offset in done.items()})


def _begin(place: Place) -> str:
    return f"offset {place.value}" if place.kind == "offset" else time_text(place.value)


def _printing(topic: str, options: _Options, config: AppConfig) -> _Printing:
    keys, values = with_registry((options.key_format, options.value_format), config)
    return _Printing(
        key=guess_key if keys is None else decoded_by(keys.decoder(topic, is_key=True)),
        value=guess_value if values is None else decoded_by(values.decoder(topic, is_key=False)),
        fields=_checked_fields(options.fields),
        as_json=options.as_json,
    )


def _chosen(partitions: list[TopicPartition], only: tuple[int, ...]) -> list[TopicPartition]:
    for number in only:
        if number >= len(partitions):
            message = f"there is no partition {number}; the topic has {len(partitions)}"
            raise click.UsageError(message)
    return [partition for partition in partitions if not only or partition.partition in only]


def _checked_fields(text: str) -> tuple[str, ...]:
    fields = tuple(field.strip() for field in text.split(","))
    for field in fields:
        if field not in _FIELDS:
            message = f"--fields: there is no field {field!r}; there are: {', '.join(_FIELDS)}"
            raise click.UsageError(message)
    return fields


def _positions(admin: Admin, group: str, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
    """The group's positions in these partitions, never outside of what is there."""
    committed = admin.positions(group)
    if is_application(committed):
        message = f"{group!r} is the group of an application: printing must not move its positions"
        raise ConfigurationError(message, hint="choose another name for --group")
    first, end = admin.start_offsets(partitions), admin.end_offsets(partitions)
    return {p: min(max(committed[p].offset, first[p]), end[p]) for p in partitions if p in committed}


def _print_all(
    log: Log,
    starts: dict[TopicPartition, int],
    ends: dict[TopicPartition, int] | None,
    options: _Options,
    printing: _Printing,
    done: dict[TopicPartition, int],
    stop: Event,
) -> None:
    """Prints until the ends, so many records, or a stop; `done` has the next offset of each partition, also after Ctrl-C."""
    left = options.most
    reader = log.reader()
    try:
        reader.assign(starts)
        while left != 0 and not stop.is_set() and not _at_ends(reader, starts, ends):
            for batch in reader.poll(_POLL if left is None else min(left, _POLL), _WAIT_S if options.follow else 0.0):
                partition = TopicPartition(batch.topic, batch.partition)
                count = _count(batch, None if ends is None else ends[partition], left)
                if count:
                    click.echo("\n".join(_line(batch, index, printing) for index in range(count)))
                    done[partition] = batch.offsets[count - 1] + 1
                if left is not None:
                    left -= count
    finally:
        reader.close()


def _at_ends(reader: Reader, starts: dict[TopicPartition, int], ends: dict[TopicPartition, int] | None) -> bool:
    return ends is not None and all(reader.position(partition) >= ends[partition] for partition in starts)


def _count(batch: RecordBatch, end: int | None, left: int | None) -> int:
    """How many records of a batch are to be printed."""
    count = len(batch.offsets) if end is None else bisect_left(batch.offsets, end)
    return count if left is None else min(count, left)


def _line(batch: RecordBatch, index: int, printing: _Printing) -> str:
    raw_key, raw_value = batch.keys[index], batch.values[index]
    headers: Headers = () if batch.headers is None else batch.headers[index]
    key = None if raw_key is None else printing.key(raw_key)
    value = None if raw_value is None else printing.value(raw_value)
    if printing.as_json:
        return json_line(_document(batch, index, key, value, headers))
    columns = {
        "at": f"{batch.partition}@{batch.offsets[index]}",
        "timestamp": time_text(batch.timestamps[index]),
        "key": shown(key),
        "value": shown(value),
        "headers": " ".join(f"{name}={_cut(shown(_header(value)))}" for name, value in headers),
    }
    return "\t".join(columns[field] for field in printing.fields if field != "headers" or headers)


def _document(batch: RecordBatch, index: int, key: Rendered, value: Rendered, headers: Headers) -> dict[str, Any]:
    document: dict[str, Any] = {
        "topic": batch.topic,
        "partition": batch.partition,
        "offset": batch.offsets[index],
        "timestamp": batch.timestamps[index],
        "key": key,
        "value": value,
    }
    if headers:
        document["headers"] = [[name, _header(value)] for name, value in headers]
    return document


def _cut(text: str) -> str:
    """A header in a line for people: the stack traces of dead letters would hide everything else."""
    return text if len(text) <= _LONGEST_HEADER else f"{text[:_LONGEST_HEADER]}... ({len(text)} characters; --json shows all)"


def _header(value: bytes | None) -> Rendered:
    return None if value is None else guess_value(value)
