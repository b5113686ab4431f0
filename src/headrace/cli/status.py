"""`headrace status`: what a running application does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from headrace.cli.command import Command
from headrace.cli.data import data_option
from headrace.cli.printing import json_option, print_json, print_rows
from headrace.cli.rendering import time_text
from headrace.cli.server import ask, required_url, url_option

TASK_COLUMNS = ("task", "role", "state", "lag_records", "lag_seconds", "records", "records_per_s", "stream_time")
_RESTORE_COLUMNS = ("store", "task", "remaining", "restored", "records_per_s", "seconds_left")


@click.command(
    cls=Command,
    examples="""
        headrace status
        headrace status --url 8080 --json
    """,
)
@url_option
@json_option
@data_option
def command(url: str | None, as_json: bool, data: Path | None) -> None:
    """Show state, tasks, lag, rates and restores of a running application. It has to have the option serve."""
    found = ask(required_url(url, data), "/status")
    if as_json:
        print_json(found)
        return
    click.echo(headline(found))
    print_rows([task_row(task) for task in found["tasks"]], columns=TASK_COLUMNS, as_json=False, empty="no tasks")
    if found["restoring"]:
        print_rows(found["restoring"], columns=_RESTORE_COLUMNS, as_json=False)


def headline(status: Mapping[str, Any]) -> str:
    """State and sums in one line: `wordcount: RUNNING, lag 12 (0.4 s), 5000 records/s, 3 dropped`."""
    parts = [status["state"] + (" (paused)" if status["paused"] else "")]
    if status["lag_records"] is not None:
        parts.append(f"lag {status['lag_records']} ({status['lag_seconds']:.1f} s)")
    parts.append(f"{status['records_per_s']:.0f} records/s")
    parts += [
        f"{status[name]} {text}" for name, text in (("dropped", "dropped"), ("dead_letters", "dead letters")) if status[name]
    ]
    if not status["healthy"]:
        parts.append(f"NOT HEALTHY: {status['why']}")
    return f"{status['application']}: {', '.join(parts)}"


def task_row(task: Mapping[str, Any]) -> dict[str, Any]:
    """A task as it is shown."""
    time = task["stream_time"]
    return {**task, "stream_time": None if time is None else time_text(time)}
