"""`headrace reset`: an application starts over, as with Kafka's `kafka-streams-application-reset`."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import click

from headrace.cli.command import Command
from headrace.cli.data import data_option, opened_log, settings
from headrace.cli.ownership import internal_topics, known_applications
from headrace.cli.places import Place, PlaceType
from headrace.cli.positions import confirm, move_positions
from headrace.cli.printing import dry_run_option
from headrace.config import AppConfig
from headrace.core.errors import LogError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import Admin


@dataclass(frozen=True, slots=True)
class _Traces:
    """What an application has left behind: positions in its inputs, internal topics, stores on disk."""

    inputs: tuple[TopicPartition, ...]
    internal_topics: tuple[str, ...]
    state: Path | None


@click.command(
    cls=Command,
    examples="""
        headrace reset wordcount --dry-run
        headrace reset wordcount
        headrace reset wordcount --to 2024-05-01T00:00:00Z
    """,
)
@click.argument("app_id")
@click.option("--to", "place", type=PlaceType(), default="beginning", show_default=True, help="Where to read the inputs from.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@data_option
def command(app_id: str, place: Place, yes: bool, dry_run: bool, data: Path | None) -> None:
    """Start application APP_ID over: move the positions of its inputs, delete its internal topics and its local state.

    The application must not run. What it has written to other topics stays; delete these with `headrace topics delete` if its
    results should not stand there twice. After an error, call it again: what is done already is skipped.
    """
    config = settings(data)
    with opened_log(config) as log, log.own(app_id):
        admin = log.admin()
        traces = _traces_of(admin, config, app_id)
        question = f"delete {len(traces.internal_topics)} internal topic(s) and the state of {app_id}?"
        confirm(question, yes=yes, dry_run=dry_run)
        _delete(admin, traces, dry_run=dry_run)
        move_positions(admin, app_id, traces.inputs, place, keep={}, dry_run=dry_run)


def _traces_of(admin: Admin, config: AppConfig, app_id: str) -> _Traces:
    state = config.state_path / app_id
    known = known_applications(admin, config)
    internal = internal_topics(admin, app_id, known)
    inputs = tuple(sorted(where for where in admin.positions(app_id) if where.topic not in internal))
    if not inputs and not internal and not state.is_dir():
        message = f"application {app_id!r} has left nothing in {config.data_dir.absolute()}"
        raise LogError(message, hint=f"known there: {', '.join(sorted(known)) or 'none'}")
    return _Traces(inputs, internal, state if state.is_dir() else None)


def _delete(admin: Admin, traces: _Traces, *, dry_run: bool) -> None:
    verb = "would delete" if dry_run else "deleted"
    for topic in traces.internal_topics:
        if not dry_run:
            admin.delete_topics([topic])
        click.echo(f"{verb} topic {topic}")
    if traces.state is not None:
        if not dry_run:
            shutil.rmtree(traces.state)
        click.echo(f"{verb} {traces.state}")
