"""`headrace topics`: what lies on the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from headrace.cli.command import Group
from headrace.cli.data import data_option, opened_log, partitions_of, settings
from headrace.cli.positions import confirm
from headrace.cli.printing import counted, dry_run_option, json_option, print_json, print_rows
from headrace.cli.rendering import time_text
from headrace.core.errors import OwnedError, TopicExistsError
from headrace.core.identifiers import TopicPartition
from headrace.core.time import to_ms
from headrace.log.api import Admin, Log, NewTopic, TopicConfig, TopicDescription
from headrace.runtime.groups.control import CONTROL_SUFFIX

_CLEANUPS = ("delete", "compact", "compact,delete")
_INTERNAL = (
    "-changelog",
    "-repartition",
    "-subscription-registration-topic",
    "-subscription-response-topic",
    f"-{CONTROL_SUFFIX}",
)


@click.group(
    cls=Group,
    examples="""
        headrace topics create orders --partitions 4
        headrace topics create prices --cleanup compact
        headrace topics list
    """,
)
def command() -> None:
    """List, create, describe and delete topics."""


@command.command("list")
@click.option("--no-internal", is_flag=True, help="Leave out changelog and repartition topics.")
@json_option
@data_option
def list_topics(no_internal: bool, as_json: bool, data: Path | None) -> None:
    """List topics with their partitions and records."""
    with opened_log(settings(data)) as log:
        admin = log.admin()
        names = [name for name in sorted(admin.topics()) if not (no_internal and is_internal(name))]
        rows = [_summary(admin, topic) for topic in (admin.topics()[name] for name in names)]
    print_rows(rows, columns=("topic", "partitions", "records", "cleanup"), as_json=as_json, empty="there are no topics")


@command.command(
    examples="""
        headrace topics create clicks views --partitions 4
        headrace topics create sessions --retention 7d
    """
)
@click.argument("topics", nargs=-1, required=True)
@click.option("-p", "--partitions", type=click.IntRange(1), help="[default: 1]")
@click.option("--cleanup", type=click.Choice(_CLEANUPS), default="delete", show_default=True)
@click.option("--retention", metavar="DURATION", help="How long records are kept: 7d, 12h.  [default: for ever]")
@click.option("--retention-bytes", type=int, default=-1, help="How much each partition keeps.  [default: no bound]")
@click.option("--if-missing", is_flag=True, help="Leave a topic as it is that exists with another number of partitions.")
@dry_run_option
@data_option
def create(
    topics: tuple[str, ...],
    partitions: int | None,
    cleanup: str,
    retention: str | None,
    retention_bytes: int,
    if_missing: bool,
    dry_run: bool,
    data: Path | None,
) -> None:
    """Create TOPICS, and the data directory if there is none yet."""
    config = TopicConfig(
        cleanup=cleanup, retention_ms=-1 if retention is None else to_ms(retention), retention_bytes=retention_bytes
    )
    if dry_run:
        for name in topics:
            click.echo(f"would create {name} with {counted(partitions or 1, 'partition')}")
        return
    with opened_log(settings(data), create=True) as log:
        there = log.admin().partition_counts()
        for name in topics:
            if partitions is not None and not if_missing and there.get(name, partitions) != partitions:
                raise _other_count(name, there[name], partitions)
        log.admin().create_topics([NewTopic(name, partitions or 1, config) for name in topics if name not in there])
        for name in topics:
            known = there.get(name)
            click.echo(f"created {name}" if known is None else f"{name} exists already, with {counted(known, 'partition')}")


@command.command()
@click.argument("topic")
@json_option
@data_option
def describe(topic: str, as_json: bool, data: Path | None) -> None:
    """Show the settings of TOPIC and the offsets of its partitions."""
    with opened_log(settings(data)) as log:
        partitions = partitions_of(log.admin(), topic)
        found = log.admin().topics()[topic]
        rows = _partition_rows(log, partitions)
    if as_json:
        print_json({**_settings(found), "partitions": rows})
        return
    click.echo(", ".join(f"{name} {value}" for name, value in _settings(found).items() if value is not None))
    print_rows(rows, columns=("partition", "start", "end", "records", "last_timestamp"), as_json=False)


@command.command()
@click.argument("topics", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@data_option
def delete(topics: tuple[str, ...], yes: bool, dry_run: bool, data: Path | None) -> None:
    """Delete TOPICS with their records and all positions in them. There is no way back."""
    with opened_log(settings(data)) as log:
        admin = log.admin()
        sizes = {topic: _records(admin, partitions_of(admin, topic, to_delete=True)) for topic in topics}
        _require_unused(log, topics)
        confirm(f"delete {', '.join(topics)} with {counted(sum(sizes.values()), 'record')}?", yes=yes, dry_run=dry_run)
        for topic, records in sizes.items():
            if not dry_run:
                admin.delete_topics([topic])
            click.echo(f"{'would delete' if dry_run else 'deleted'} {topic} and its {counted(records, 'record')}")


def _other_count(topic: str, there: int, wanted: int) -> TopicExistsError:
    message = f"topic {topic!r} exists with {counted(there, 'partition')}, not {wanted}"
    hint = f"leave it as it is with --if-missing, or delete it first: headrace topics delete {topic}"
    return TopicExistsError(message, hint=hint)


def _require_unused(log: Log, topics: Sequence[str]) -> None:
    """Raises OwnedError if an application that runs now has positions in one of the topics."""
    admin = log.admin()
    for group in admin.groups():
        used = sorted({where.topic for where in admin.positions(group)} & set(topics))
        if not used:
            continue
        try:
            with log.own(group):
                pass
        except OwnedError:
            message = f"topic {used[0]!r} is read by the application {group!r}, which is running"
            raise OwnedError(message, hint="stop the application first") from None


def is_internal(topic: str) -> bool:
    """Whether a topic has a name as internal topics of applications have it."""
    return topic.endswith(_INTERNAL)


def _summary(admin: Admin, topic: TopicDescription) -> dict[str, Any]:
    partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
    return {
        "topic": topic.name,
        "partitions": topic.partitions,
        "records": _records(admin, partitions),
        "cleanup": topic.config.cleanup,
        "internal": is_internal(topic.name),
    }


def _records(admin: Admin, partitions: list[TopicPartition]) -> int:
    """How many offsets there are; compaction may have left fewer records."""
    return sum(admin.end_offsets(partitions).values()) - sum(admin.start_offsets(partitions).values())


def _settings(topic: TopicDescription) -> Mapping[str, Any]:
    config = topic.config
    return {
        "topic": topic.name,
        "cleanup": config.cleanup,
        "retention_ms": config.retention_ms if config.retention_ms >= 0 else None,
        "retention_bytes": config.retention_bytes if config.retention_bytes >= 0 else None,
        "min_compaction_lag_ms": config.min_compaction_lag_ms or None,
        **dict(config.extra),
    }


def _partition_rows(log: Log, partitions: list[TopicPartition]) -> list[dict[str, Any]]:
    admin = log.admin()
    first, end = admin.start_offsets(partitions), admin.end_offsets(partitions)
    return [
        {
            "partition": partition.partition,
            "start": first[partition],
            "end": end[partition],
            "records": end[partition] - first[partition],
            "last_timestamp": _last_timestamp(log, partition, first[partition], end[partition]),
        }
        for partition in partitions
    ]


def _last_timestamp(log: Log, partition: TopicPartition, first: int, end: int) -> str | None:
    reader = log.reader()
    try:
        reader.assign({partition: max(first, end - 1)})
        stamps = [stamp for batch in reader.poll(1, 0.0) for stamp in batch.timestamps]
    finally:
        reader.close()
    return time_text(stamps[-1]) if stamps else None
