"""Records as table literals, so that tests read like the data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from headrace.core.errors import ConfigurationError

_CLOCK_TIME = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?\Z")
_TIME_COLUMN = "@"


def parse_table(text: str) -> Iterator[tuple[str | None, Any, int | None]]:
    """(key, value, timestamp) of each line below the header; `|` separates columns.

    Cells are JSON where they are valid JSON (numbers, true, "quoted"), else text; `-` is None. Lines without letters or
    digits (rulers) are skipped.

    >>> list(parse_table('''key | @        | user | n
    ...                     a   | 00:00:05 | u1   | 2
    ...                     b   | 7        | -    | 3'''))
    [('a', {'user': 'u1', 'n': 2}, 5000), ('b', {'user': None, 'n': 3}, 7)]
    """
    lines = [line for line in text.splitlines() if re.search(r"\w", line) or re.search(r"\|\s*-", line)]
    if not lines:
        return
    header = _cells(lines[0])
    for line in lines[1:]:
        cells = _cells(line)
        if set(line) <= set("|-+: "):
            continue
        if len(cells) != len(header):
            message = f"a table has {len(header)} columns ({', '.join(header)}), but a line has {len(cells)}: {line.strip()!r}"
            raise ConfigurationError(message)
        row = dict(zip(header, cells, strict=True))
        key = _text(row.pop("key", "-"))
        time = row.pop(_TIME_COLUMN, None)
        value = _value(row.pop("value")) if set(row) == {"value"} else {name: _value(cell) for name, cell in row.items()}
        yield key, value, None if time is None else _time(time)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _text(cell: str) -> str | None:
    return None if cell == "-" else cell


def _value(cell: str) -> Any:
    if cell == "-":
        return None
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell


def _time(cell: str) -> int:
    found = _CLOCK_TIME.match(cell)
    if found is None:
        return int(cell)
    hours, minutes, seconds, fraction = found.groups()
    return (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1000 + int((fraction or "0").ljust(3, "0"))
