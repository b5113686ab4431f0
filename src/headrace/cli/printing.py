"""Output for people (tables) and for programs (JSON)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
import orjson
from rich import box
from rich.console import Console
from rich.table import Table

F = TypeVar("F", bound=Callable[..., Any])

_UNCUT = 100_000
"""Width where the output is no terminal: nothing is wrapped or cut for the next program in a pipe."""


def json_option(command: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def dry_run_option(command: F) -> F:
    """`--dry-run`."""
    return click.option("--dry-run", is_flag=True, help="Only say what would be done.")(command)


def print_rows(rows: Sequence[Mapping[str, Any]], *, columns: Sequence[str], as_json: bool, empty: str = "none") -> None:
    """A table with these columns, or a JSON array of whole objects."""
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        click.echo(empty)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        numeric = all(isinstance(row.get(column), int) for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    width = None if sys.stdout.isatty() else _UNCUT
    Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False).print(table)


def counted(number: int, what: str) -> str:
    """`1 record`, `2 records`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def print_json(document: Any) -> None:
    """One JSON document, indented."""
    click.echo(orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2))


def json_line(document: Any) -> str:
    """One JSON document as a line, for long or endless output."""
    return orjson.dumps(document, default=str).decode()


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return str(value)
