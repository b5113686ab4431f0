"""`headrace produce`: lines of text or JSON become records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import click
import orjson

from headrace.app.registries import with_registry
from headrace.cli.command import Command
from headrace.cli.data import data_option, opened_log, partitions_of, settings
from headrace.cli.named_formats import NAMES, FormatType
from headrace.cli.places import TimeType, time_ms
from headrace.cli.printing import counted
from headrace.core.errors import ConfigurationError, EncodeError
from headrace.core.hashing import partition_for
from headrace.core.records import Headers
from headrace.core.time import SystemClock
from headrace.formats import Format, Json, String
from headrace.formats.text import from_text
from headrace.log.api import Producer, RecordColumns

_CHUNK_BYTES = 1 << 18
_FIELDS = {"key", "value", "timestamp", "headers", "partition", "offset", "topic"}


@dataclass(frozen=True, slots=True)
class _Record:
    """One record to write; None for timestamp and partition means: choose."""

    key: bytes | None
    value: bytes | None
    timestamp: int | None = None
    headers: Headers = ()
    partition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """How lines are read.

    Attributes:
        noted: The line of which was said that it is taken for text.
    """

    separator: str
    lines: str
    key_format: Format[Any]
    value_format: Format[Any]
    noted: list[int] = field(default_factory=list)


@click.command(
    cls=Command,
    examples="""
        printf 'alice\\t{"amount": 5}\\n' | headrace produce orders
        echo '{"key": "alice", "value": {"amount": 5}, "timestamp": 1714564800000}' | headrace produce orders
        headrace produce lines --file book.txt
        echo 'alice:7' | headrace produce balances --key-separator : --value-format int64
    """,
    epilog=f"Formats: {NAMES}.",
)
@click.argument("topic")
@click.option("-f", "--file", type=click.File("rb"), default="-", help="Read this file.  [default: standard input]")
@click.option("--lines", type=click.Choice(("auto", "text", "json")), default="auto", show_default=True, help="What a line is.")
@click.option("--key-separator", default="\t", metavar="TEXT", help="What stands between key and value.  [default: tab]")
@click.option("-p", "--partition", type=click.IntRange(0), help="Write to this partition.  [default: by the key]")
@click.option("--timestamp", type=TimeType(), help="Event time of records without one: ISO or ms.  [default: now]")
@click.option("--key-format", type=FormatType(), default=String(), help="Format of keys.  [default: string]")
@click.option("--value-format", type=FormatType(), default=String(), help="Format of values.  [default: string]")
@data_option
def command(
    topic: str,
    file: BinaryIO,
    lines: str,
    key_separator: str,
    partition: int | None,
    timestamp: int | None,
    key_format: Format[Any],
    value_format: Format[Any],
    data: Path | None,
) -> None:
    """Write records to TOPIC, one per line.

    A line of text is KEY<tab>VALUE, or a value without a key. A line may also be a JSON object with the fields key, value,
    timestamp (ms or ISO), headers, partition, as `headrace consume --json` prints it; a value of null deletes the key of a
    table. Objects with other fields are values. --lines text switches that off.
    """
    if not key_separator:
        message = "--key-separator must not be empty"
        raise click.UsageError(message)
    config = settings(data)
    keys, values = with_registry((key_format, value_format), config)
    reading = _Reading(separator=key_separator, lines=lines, key_format=keys, value_format=values)
    with opened_log(config) as log:
        count = len(partitions_of(log.admin(), topic))
        if partition is not None and partition >= count:
            message = f"topic {topic!r} has no partition {partition}: it has {count}"
            raise click.UsageError(message)
        producer = log.producer()
        try:
            written = _write(producer, topic, count, _checked(file, reading, topic), partition, timestamp)
        finally:
            producer.close()
    click.echo(f"wrote {counted(written, 'record')} to {topic}", err=True)


def _write(
    producer: Producer,
    topic: str,
    count: int,
    chunks: Iterable[list[_Record]],
    partition: int | None,
    timestamp: int | None,
) -> int:
    """Writes chunk by chunk, so that what trickles in is visible at once."""
    clock, written = SystemClock(), 0
    for chunk in chunks:
        columns = [RecordColumns() for _ in range(count)]
        now = clock.now_ms() if timestamp is None else timestamp
        for record in chunk:
            chosen = partition if record.partition is None or partition is not None else record.partition
            if chosen is None:
                # Records without a key take turns.
                chosen = written % count if record.key is None else partition_for(record.key, count)
            if not 0 <= chosen < count:
                message = f"record {written + 1} asks for partition {chosen}; topic {topic!r} has {count}"
                raise ConfigurationError(message, hint="--partition overrules what the records say")
            stamp = now if record.timestamp is None else record.timestamp
            columns[chosen].append(record.key, record.value, stamp, record.headers)
            written += 1
        for number, part in enumerate(columns):
            if len(part):
                producer.append(topic, number, part)
        producer.flush()
    return written


def _chunks(file: BinaryIO, reading: _Reading, topic: str) -> Iterator[list[_Record]]:
    """The records of each piece of input that is there without waiting."""
    read = getattr(file, "read1", file.read)
    rest, number = b"", 0
    while piece := read(_CHUNK_BYTES):
        *lines, rest = (rest + piece).split(b"\n")
        yield [_record(line, number + index, reading, topic) for index, line in enumerate(lines, 1) if line.strip()]
        number += len(lines)
    if rest.strip():
        yield [_record(rest, number + 1, reading, topic)]


def _checked(file: BinaryIO, reading: _Reading, topic: str) -> Iterator[list[_Record]]:
    """The same; an error says how many records were written before it, which a corrected input must not have again."""
    written = 0
    try:
        for chunk in _chunks(file, reading, topic):
            yield chunk
            written += len(chunk)
    except EncodeError as error:
        so_far = f"{counted(written, 'record')} written before" if written else "nothing was written"
        message = f"{error.message} ({so_far})"
        raise EncodeError(message, hint=error.hint) from None


def _record(line: bytes, number: int, reading: _Reading, topic: str) -> _Record:
    try:
        text = line.rstrip(b"\r").decode()
        if reading.lines == "json" or (reading.lines == "auto" and text.lstrip().startswith("{")):
            fields = _fields(text, strict=reading.lines == "json")
            if fields is not None:
                return _from_fields(fields, reading, topic)
            _note_text(text, number, reading)
        key, found, value = text.partition(reading.separator)
        raw_key = _encoded(reading.key_format, from_text(reading.key_format, key), topic, is_key=True) if found else None
        wanted = value if found else text
        _require_json(reading.value_format, wanted)
        return _Record(raw_key, _encoded(reading.value_format, from_text(reading.value_format, wanted), topic, is_key=False))
    except (EncodeError, ValueError) as error:
        message = f"line {number}: {getattr(error, 'message', error)}"
        raise EncodeError(message, hint=getattr(error, "hint", None)) from None


def _require_json(format_: Format[Any], text: str) -> None:
    """A value that is to be JSON is not taken for a text without quotes, as keys and cells of tests are: it may be cut off."""
    if isinstance(format_, Json):
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError as error:
            message = f"{text!r} is not JSON: {error}"
            hint = "JSON has its text in quotes; --value-format string writes a line as it is"
            raise EncodeError(message, hint=hint) from None


def _note_text(text: str, number: int, reading: _Reading) -> None:
    """Says once that what looks like JSON and is none is written as text."""
    if reading.noted or reading.separator in text or not isinstance(reading.value_format, String):
        return
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        reading.noted.append(number)
        click.echo(f"line {number} begins with {{ but is not JSON: written as text (--lines text if that is meant)", err=True)


def _fields(text: str, *, strict: bool) -> dict[str, Any] | None:
    """The fields of a JSON record, or None if the line is something else."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if strict:
            message = f"no valid JSON: {error}"
            raise EncodeError(message) from None
        return None
    if isinstance(found, dict) and "value" in found and found.keys() <= _FIELDS:
        return found
    if strict:
        message = (
            'no record: expected an object {"key": ..., "value": ..., "timestamp": ..., "headers": {...}, "partition": ...}'
        )
        raise EncodeError(message)
    return None


def _from_fields(fields: dict[str, Any], reading: _Reading, topic: str) -> _Record:
    timestamp, partition = _timestamp(fields.get("timestamp")), fields.get("partition")
    if partition is not None and (isinstance(partition, bool) or not isinstance(partition, int)):
        message = f"partition must be a whole number, got {partition!r}"
        raise EncodeError(message)
    return _Record(
        _encoded(reading.key_format, fields.get("key"), topic, is_key=True),
        _encoded(reading.value_format, fields["value"], topic, is_key=False),
        timestamp,
        _headers(fields.get("headers")),
        partition,
    )


def _timestamp(given: Any) -> int | None:
    if given is None or (isinstance(given, int) and not isinstance(given, bool)):
        return given
    try:
        return time_ms(given)
    except (AttributeError, TypeError, ValueError):
        message = f"timestamp must be a number of ms, or a time such as 2024-05-01T12:00:00Z, got {given!r}"
        raise EncodeError(message) from None


@cache
def _encoder(format_: Format[Any], topic: str, *, is_key: bool) -> Callable[[Any], bytes]:
    """Made once: a format with a schema asks the registry when it makes one."""
    return format_.encoder(topic, is_key=is_key)


def _encoded(format_: Format[Any], value: Any, topic: str, *, is_key: bool) -> bytes | None:
    """The bytes; where text is written, whatever is no text is written as JSON."""
    if value is None:
        return None
    if isinstance(format_, String) and not isinstance(value, str):
        format_ = Json()
    elif isinstance(value, str) and not isinstance(format_, Json):
        value = from_text(format_, value)
    try:
        return _encoder(format_, topic, is_key=is_key)(value)
    except Exception as error:
        message = f"{value!r} cannot be written as {type(format_).__name__}: {error}"
        raise EncodeError(message) from None


def _headers(given: Any) -> Headers:
    if not given:
        return ()
    pairs = given.items() if isinstance(given, dict) else given
    try:
        return tuple((str(name), None if value is None else _header_bytes(value)) for name, value in pairs)
    except (TypeError, ValueError):
        message = f"headers must be an object or a list of pairs, got {given!r}"
        raise EncodeError(message) from None


def _header_bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else orjson.dumps(value)
