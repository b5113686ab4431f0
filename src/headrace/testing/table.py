"""Records as table literals, so that tests read like the data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from headrace.core.errors import ConfigurationError

_CLOCK_TIME = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?\Z")
_RULER = re.compile(r":?-{2,}:?\Z")
_NEXT_CELL = re.compile(r"(?<!\\)\|")
_KEY, _TIME, _VALUE = "key", "@", "value"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of a table.

    Attributes:
        key: The text of the cell, to be read by the topic's format; None for `-` or without a key column.
        value: The text of a column `value`, to be read by the topic's format, None for `-`; or the fields of the value: all
            columns that are neither key nor time.
        timestamp: In ms; None without a time column.
    """

    key: str | None
    value: str | dict[str, Any] | None
    timestamp: int | None


def parse_table(text: str) -> Iterator[TableRow]:
    r"""The rows of a table whose columns are separated by `|`, as in Markdown, with or without bars at the ends.

    The columns are `key`, `@` (event time: ms or HH:MM:SS[.mmm]), and either `value` or the names of the value's fields. Fields
    are JSON where they are valid JSON (numbers, true, "quoted"), else text; `-` is None; an empty cell leaves its field out;
    `\|` is a bar within a cell. Empty lines and rulers (`---|---`) are skipped.

    Raises:
        ConfigurationError: A line with another number of columns than the header, or a time that is none.

    >>> for row in parse_table('''key | @        | user | n
    ...                           a   | 00:00:05 | u1   | 2
    ...                           b   | 7        | -    | 3'''):
    ...     print(row.key, row.timestamp, row.value)
    a 5000 {'user': 'u1', 'n': 2}
    b 7 {'user': None, 'n': 3}
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return
    bars = lines[0].startswith("|")
    header = _cells(lines[0], bars=bars)
    for line in lines[1:]:
        cells = _cells(line, bars=bars)
        if all(_RULER.match(cell) for cell in cells):
            continue
        if len(cells) != len(header):
            message = f"the table has {len(header)} columns ({', '.join(header)}), but a line has {len(cells)}: {line!r}"
            raise ConfigurationError(message)
        yield _row(header, cells, line)


def has_times(text: str) -> bool:
    """Whether a table has a time column."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return _TIME in _cells(first, bars=first.startswith("|"))


def _row(header: Sequence[str], cells: Sequence[str], line: str) -> TableRow:
    found = dict(zip(header, cells, strict=True))
    key, time = found.pop(_KEY, "-"), found.pop(_TIME, None)
    value: str | dict[str, Any] | None = {name: _field(cell) for name, cell in found.items() if cell}
    if set(found) == {_VALUE}:
        value = _text(found[_VALUE])
    return TableRow(_text(key), value, None if time is None else _time(time, line))


def _cells(line: str, *, bars: bool) -> list[str]:
    inner = line.removeprefix("|").removesuffix("|") if bars else line
    return [cell.strip().replace(r"\|", "|") for cell in _NEXT_CELL.split(inner)]


def _text(cell: str) -> str | None:
    return None if cell == "-" else cell


def _field(cell: str) -> Any:
    if cell == "-":
        return None
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell


def _time(cell: str, line: str) -> int:
    found = _CLOCK_TIME.match(cell)
    if found is not None:
        hours, minutes, seconds, fraction = found.groups()
        return (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1000 + int((fraction or "0").ljust(3, "0"))
    if not cell.removeprefix("-").isdecimal():
        message = f"{cell!r} is no time: {line!r}"
        raise ConfigurationError(message, hint="write milliseconds or HH:MM:SS")
    return int(cell)
