"""`headrace groups`: who has read how far."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from headrace.cli.command import Group
from headrace.cli.data import data_option, opened_log, settings
from headrace.cli.places import Place, PlaceType
from headrace.cli.positions import confirm, existing_positions, is_application, move_positions, position_rows
from headrace.cli.printing import dry_run_option, json_option, print_rows
from headrace.core.errors import UnknownTopicError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import Admin, Position


@click.group(
    cls=Group,
    examples="""
        headrace groups list
        headrace groups describe wordcount
        headrace groups reset my-checks --to beginning --dry-run
    """,
)
def command() -> None:
    """Positions and lag of applications (a group has the name of its application id) and of readers with --group."""


@command.command("list")
@json_option
@data_option
def list_groups(as_json: bool, data: Path | None) -> None:
    """List groups with their lag over all topics."""
    with opened_log(settings(data)) as log:
        rows = [_summary(log.admin(), group) for group in log.admin().groups()]
    columns = ("group", "kind", "topics", "partitions", "lag")
    print_rows(rows, columns=columns, as_json=as_json, empty="there are no groups")


@command.command(examples="headrace groups describe wordcount --json")
@click.argument("group")
@json_option
@data_option
def describe(group: str, as_json: bool, data: Path | None) -> None:
    """Show GROUP's position, the end, and the lag in each partition."""
    with opened_log(settings(data)) as log:
        rows = position_rows(log.admin(), existing_positions(log.admin(), group))
    columns = ("topic", "partition", "position", "end", "lag", "stream_time")
    print_rows(rows, columns=columns, as_json=as_json)


@command.command(
    examples="""
        headrace groups reset my-checks --to beginning
        headrace groups reset wordcount --topic lines --to 2024-05-01T12:00:00Z --dry-run
    """
)
@click.argument("group")
@click.option("--to", "place", type=PlaceType(), required=True, help="beginning, end, OFFSET, -N, a time, or a duration ago.")
@click.option("--topic", "topics", multiple=True, help="Only this topic; may be given several times.")
@dry_run_option
@data_option
def reset(group: str, place: Place, topics: tuple[str, ...], dry_run: bool, data: Path | None) -> None:
    """Move the positions of GROUP. The stores of an application stay as they are: `headrace reset` starts it over."""
    with opened_log(settings(data)) as log, log.own(group):
        admin = log.admin()
        known = existing_positions(admin, group)
        partitions = _only(known, topics, group)
        move_positions(admin, group, partitions, place, keep=known, dry_run=dry_run)


@command.command()
@click.argument("group")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@data_option
def delete(group: str, yes: bool, dry_run: bool, data: Path | None) -> None:
    """Forget all positions of GROUP."""
    with opened_log(settings(data)) as log, log.own(group):
        known = existing_positions(log.admin(), group)
        confirm(f"forget {len(known)} position(s) of {group}?", yes=yes, dry_run=dry_run)
        if not dry_run:
            log.admin().set_positions(group, dict.fromkeys(known))
        click.echo(f"{'would forget' if dry_run else 'forgot'} {len(known)} position(s) of {group}")


def _summary(admin: Admin, group: str) -> dict[str, Any]:
    positions = admin.positions(group)
    rows = position_rows(admin, positions)
    return {
        "group": group,
        "kind": "application" if is_application(positions) else "reader",
        "topics": sorted({where.topic for where in positions}),
        "partitions": len(positions),
        "lag": sum(row["lag"] for row in rows),
    }


def _only(known: dict[TopicPartition, Position], topics: tuple[str, ...], group: str) -> list[TopicPartition]:
    there = {where.topic for where in known}
    for topic in topics:
        if topic not in there:
            message = f"group {group!r} has no position in topic {topic!r}"
            raise UnknownTopicError(message, hint=f"it has in: {', '.join(sorted(there))}")
    return [where for where in known if not topics or where.topic in topics]
