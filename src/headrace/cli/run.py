"""`headrace run`: an application in this process, until it is stopped."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import click

from headrace.app.workers.link import LINK, named_worker
from headrace.cli.brokers import require_listener
from headrace.cli.command import Command
from headrace.cli.data import data_option, opened_log
from headrace.cli.failures import application_failures
from headrace.cli.program import Program, load_program, target_options
from headrace.config import AppConfig
from headrace.observe.events import Event, configure_logging
from headrace.observe.metrics import Metrics
from headrace.runtime.tasks.drops import dropped_by_reason
from headrace.topology.physical import SourceNode, Topology


@click.command(
    cls=Command,
    examples="""
        headrace run .
        headrace run wordcount.py --until-end
        headrace run shop.orders:build --app-id orders -o commit_interval=100ms
        headrace run app.py:app --data /var/lib/shop --log-format json
    """,
)
@target_options
@click.option("--until-end", is_flag=True, help="Stop when all input there is now has been processed.")
@click.option("--log-format", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option(
    "--log-level",
    type=click.Choice(("debug", "info", "warning", "error"), case_sensitive=False),
    default="info",
    show_default=True,
)
@data_option
def command(
    target: str,
    app_id: str | None,
    options: tuple[str, ...],
    until_end: bool,
    log_format: str,
    log_level: str,
    data: Path | None,
) -> None:
    """Run the application TARGET until Ctrl-C (or SIGTERM): it then commits and closes its stores.

    TARGET is a folder, a file.py[:name], or module:name. The name may be that of an App, a Topology, a StreamsBuilder, a
    function build(builder), or a function that returns one of these; without a name, app, topology, builder or build is
    taken.

    Topics that are missing are made with topic_partitions partitions (1) unless create_topics is off. Every few seconds a
    line tells rate, lag and state size (option progress_interval).
    """
    text = log_format == "text"
    if LINK is not None and log_level == "info":
        log_level = "warning"  # the parent tells what goes well
    handler = configure_logging(level=log_level, json=not text)
    if text:
        handler.addFilter(_is_not_told_otherwise)
    if LINK is not None:
        handler.addFilter(named_worker(LINK))
    program = load_program(target, data, app_id, options)
    app = program.application()
    if text and LINK is None:
        _announce(program, until_end=until_end)
    before, started = _consumed(program.config), time.monotonic()
    with application_failures():
        if program.config.bootstrap is not None:
            require_listener(program.config.bootstrap)
        app.run(until_end=until_end)
    if text:
        read = _consumed(program.config) - before if program.config.embedded else _processed(program.config, app.metrics)
        click.echo(f"stopped: {_summary(read, app.metrics)} in {time.monotonic() - started:.1f} s", err=True)


def _summary(read: int, metrics: Metrics) -> str:
    """What became of the records: `3 records read, 1 dropped (null key)`."""
    parts = [f"{read} record{'' if read == 1 else 's'} read"]
    dropped = {reason.replace("-", " "): count for reason, count in dropped_by_reason(metrics).items()}
    if dropped:
        reasons = ", ".join(dropped) if len(dropped) == 1 else ", ".join(f"{n} {reason}" for reason, n in dropped.items())
        parts.append(f"{sum(dropped.values())} dropped ({reasons})")
    for name, what in (("skipped", "skipped"), ("dead_letter", "written to the dead letter topic")):
        count = int(metrics.total(f"headrace_{name}_records_total"))
        if count:
            parts.append(f"{count} {what}")
    return ", ".join(parts)


def _is_not_told_otherwise(record: logging.LogRecord) -> bool:
    """Leaves out the event that the command's own error message repeats."""
    return not (isinstance(record.msg, Event) and record.msg.name == "stopped_by_error")


def _announce(program: Program, *, until_end: bool) -> None:
    config = program.config
    inputs = _inputs(program.topology)
    end = "until its input is processed" if until_end else "until Ctrl-C"
    where = config.data_dir if config.embedded else config.bootstrap
    click.echo(f"running {config.app_id} on {where}, reading {', '.join(inputs) or 'nothing'}, {end}", err=True)


def _inputs(topology: Topology) -> list[str]:
    sources = [node for node in topology.nodes.values() if isinstance(node, SourceNode) and not node.internal]
    patterns = [f"/{node.pattern.pattern}/" for node in sources if node.pattern is not None]
    return sorted({topic for node in sources for topic in node.topics}) + patterns


def _processed(config: AppConfig, metrics: Metrics) -> int:
    """The same as far as this process has counted it, for a log that is not asked twice."""
    name, own = "headrace_source_records_total", f"{config.app_id}-"
    topics = {dict(sample.labels)["topic"] for sample in metrics.snapshot() if sample.name == name}
    return int(sum(metrics.total(name, topic=topic) for topic in topics if not topic.startswith(own)))


def _consumed(config: AppConfig) -> int:
    """The sum of the application's positions in topics that are not its own."""
    if not config.embedded or not (config.data_dir / "log").is_dir():
        return 0
    with opened_log(config) as log:
        positions = log.admin().positions(config.app_id)
    return sum(position.offset for where, position in positions.items() if not where.topic.startswith(f"{config.app_id}-"))
