"""Positions of groups: shown and moved by `groups` and `reset`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from headrace.cli.places import Place, offsets_at
from headrace.cli.rendering import time_text
from headrace.core.errors import LogError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import Admin, Position
from headrace.runtime.commit.positions import decode_metadata


def existing_positions(admin: Admin, group: str) -> dict[TopicPartition, Position]:
    """The positions of a group that is there. Raises LogError with the groups there are."""
    found = admin.positions(group)
    if not found:
        message = f"there is no group {group!r}"
        raise LogError(message, hint=f"there are: {', '.join(admin.groups()) or 'none'}")
    return dict(sorted(found.items()))


def is_application(positions: Mapping[TopicPartition, Position]) -> bool:
    """Whether positions are those of an application: these have times committed with them."""
    return any(position.metadata for position in positions.values())


def position_rows(admin: Admin, positions: Mapping[TopicPartition, Position]) -> list[dict[str, Any]]:
    """One row per partition: position, end, lag, and the stream time that was committed with it."""
    ends = admin.end_offsets(list(positions))
    rows: list[dict[str, Any]] = []
    for where, position in positions.items():
        time = decode_metadata(position.metadata).partition_time
        rows.append(
            {
                "topic": where.topic,
                "partition": where.partition,
                "position": position.offset,
                "end": ends[where],
                "lag": max(0, ends[where] - position.offset),
                "stream_time": None if time < 0 else time_text(time),
            }
        )
    return rows


def move_positions(
    admin: Admin,
    group: str,
    partitions: Sequence[TopicPartition],
    place: Place,
    *,
    keep: Mapping[TopicPartition, Position],
    dry_run: bool,
) -> None:
    """Moves a group's positions to a place and says so; metadata of positions in `keep` stays, else it is dropped."""
    targets = offsets_at(admin, place, partitions)
    moved = {where: Position(offset, keep[where].metadata if where in keep else "") for where, offset in targets.items()}
    before = admin.positions(group)
    if not dry_run:
        admin.set_positions(group, moved)
    for where, position in moved.items():
        known = before.get(where)
        came = "" if known is None else f" from {known.offset}"
        click.echo(f"{'would move' if dry_run else 'moved'} {where.topic}-{where.partition}{came} to {position.offset}")


def confirm(question: str, *, yes: bool, dry_run: bool) -> None:
    """Asks a person at a terminal; scripts are not asked."""
    if not yes and not dry_run and sys.stdin.isatty():
        click.confirm(question, abort=True)
