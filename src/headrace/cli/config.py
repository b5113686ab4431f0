"""`headrace config`: all options of a program, their values and where these come from."""

from __future__ import annotations

from pathlib import Path

import click

from headrace.cli.command import Command
from headrace.cli.data import data_option
from headrace.cli.printing import json_option, print_rows
from headrace.cli.program import load_program, target_options
from headrace.config import OPTIONS, AppConfig

_DEFAULT = "default"


@click.command(
    cls=Command,
    examples="""
        headrace config .
        headrace config wordcount.py -o commit_interval=100ms --changed
    """,
)
@target_options
@click.option("--changed", is_flag=True, help="Only options that are not at their default.")
@json_option
@data_option
def command(target: str, app_id: str | None, options: tuple[str, ...], changed: bool, as_json: bool, data: Path | None) -> None:
    """Show the options under which TARGET would run, and where each value comes from.

    The order is: command line or program, environment (HEADRACE_...), headrace.toml, default. What each option does stands
    in docs/reference/configuration.md. Client settings are named, but their values are not shown: they may be secrets.
    """
    config = load_program(target, data, app_id, options).config
    rows = [row for row in _rows(config) if not changed or row["origin"] != _DEFAULT]
    print_rows(rows, columns=("option", "value", "origin"), as_json=as_json, empty="all options are at their defaults")


def _rows(config: AppConfig) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = []
    for option in OPTIONS:
        value = getattr(config, option.attribute)
        text = None if value is None else option.kind.show(value)
        rows.append({"option": option.name, "value": text, "origin": config.origin(option.name)})
    settings = [f"kafka.{name}" for name in sorted(config.kafka)]
    return rows + [{"option": name, "value": "(not shown)", "origin": config.origin(name)} for name in settings]
