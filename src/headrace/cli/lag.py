"""`headrace lag`: how far an application is behind, from its server or, where there is none, from the log."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from headrace.cli.command import Command
from headrace.cli.data import data_option, opened_log, settings, settings_of
from headrace.cli.positions import existing_positions, position_rows
from headrace.cli.printing import json_option, print_rows
from headrace.cli.server import UnreachableError, ask, server_url, url_option
from headrace.core.errors import ConfigurationError
from headrace.core.identifiers import TopicPartition
from headrace.core.time import SystemClock
from headrace.log.api import Log, Position

_COLUMNS = ("topic", "partition", "task", "position", "lag", "lag_seconds")


@click.command(
    cls=Command,
    examples="""
        headrace lag wordcount
        headrace lag --url 8080 --json
    """,
)
@click.argument("app_id", required=False)
@url_option
@json_option
@data_option
def command(app_id: str | None, url: str | None, as_json: bool, data: Path | None) -> None:
    """Show the lag of each input partition, in records and in seconds: the age of the next record to process.

    With a server (--url, or the option serve) it is that of the running application. Without one, or with APP_ID, it is taken
    from the committed positions of APP_ID on the log, whether it runs or not.
    """
    rows = None if app_id else _from_server(url, data)
    if rows is None:
        rows = _from_log(app_id or _configured(data), data)
    print_rows(rows, columns=_COLUMNS, as_json=as_json, empty="no inputs")


def _from_server(url: str | None, data: Path | None) -> list[dict[str, Any]] | None:
    """None if no server is named, or one that is only configured does not answer."""
    found = server_url(url, data)
    if found is None:
        return None
    try:
        status = ask(found, "/status")
    except UnreachableError:
        if url is not None:
            raise
        return None
    return [
        {
            "topic": each["topic"],
            "partition": each["partition"],
            "task": task["task"],
            "position": each["position"],
            "lag": each["lag_records"],
            "lag_seconds": each["lag_seconds"],
        }
        for task in status["tasks"]
        for each in task["inputs"]
    ]


def _configured(data: Path | None) -> str:
    try:
        return settings_of(None, data).app_id
    except ConfigurationError as error:
        message = f"which application? {error.message}"
        raise ConfigurationError(message, hint="headrace lag APP_ID, or headrace lag --url URL") from None


def _from_log(app_id: str, data: Path | None) -> list[dict[str, Any]]:
    with opened_log(settings(data)) as log:
        positions = existing_positions(log.admin(), app_id)
        rows = position_rows(log.admin(), positions)
        ages = _ages(log, positions, {TopicPartition(row["topic"], row["partition"]) for row in rows if row["lag"]})
    for row in rows:
        row["task"] = None
        row["lag_seconds"] = ages.get(TopicPartition(row["topic"], row["partition"]), 0.0)
    return rows


def _ages(log: Log, positions: Mapping[TopicPartition, Position], behind: set[TopicPartition]) -> dict[TopicPartition, float]:
    """How old the next record of each partition is that has one."""
    now_ms, found = SystemClock().now_ms(), dict[TopicPartition, float]()
    starts = log.admin().start_offsets(sorted(behind))
    reader = log.reader()
    try:
        for where in sorted(behind):
            reader.assign({where: max(positions[where].offset, starts[where])})
            for batch in reader.poll(1, 1.0):
                if batch.timestamps:
                    found[where] = round(max(0, now_ms - batch.timestamps[0]) / 1000, 3)
    finally:
        reader.close()
    return found
