"""`python -m utopia.mockdata`: mock data into a log."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from headrace.core.errors import HeadraceError
from headrace.core.time import SystemClock, to_ms
from utopia.logs import opened_log
from utopia.mockdata.generator import MockData, MockRecord
from utopia.mockdata.pacing import in_real_time, until
from utopia.mockdata.settings import WORKSHOP_SIZES, Intervals, Settings, Sizes
from utopia.mockdata.writer import LogWriter, refuse_to_load_twice


def _size_options(command: click.Command) -> click.Command:
    for field in fields(Sizes):
        name = field.name.replace("_", "-")
        command.params.append(click.Option([f"--{name}"], type=int, help=f"Default {field.default}."))
    return command


@_size_options
@click.command(help="Writes Utopia's mock data into the embedded log, or to brokers: the initial load, then what goes on.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory; default as for headrace.")
@click.option("--workshop", is_flag=True, help="Small sizes: 20 customers, 1,000 streams.")
@click.option("--seed", default=7, show_default=True, help="Another seed gives another world.")
@click.option("--skew", default=0.8, show_default=True, help="0: all equally active; about 1: like life.")
@click.option("--start", type=click.DateTime(), help="UTC instant between initial load and continuation; default now.")
@click.option("--partitions", default=4, show_default=True, help="Of topics that do not exist yet.")
@click.option("--go-on", is_flag=True, help="Go on in real time until Ctrl-C.")
@click.option("--go-on-for", metavar="DURATION", help='Go on for this long, as fast as possible: "90s", "12h".')
@click.option("--faster", default=1.0, show_default=True, help="Divides all intervals of the continuation.")
def main(
    data: Path | None,
    workshop: bool,
    seed: int,
    skew: float,
    start: datetime | None,
    partitions: int,
    go_on: bool,
    go_on_for: str | None,
    faster: float,
    **sizes: int | None,
) -> None:
    """Runs the command."""
    start_ms = round(start.replace(tzinfo=UTC).timestamp() * 1000) if start else SystemClock().now_ms()
    given = {name: size for name, size in sizes.items() if size is not None}
    try:
        settings = Settings(
            start_ms=start_ms,
            seed=seed,
            skew=skew,
            sizes=replace(WORKSHOP_SIZES if workshop else Sizes(), **given),
            intervals=Intervals().faster(faster),
        )
        world = MockData(settings)
        with opened_log("utopia-mockdata", data) as log:
            refuse_to_load_twice(log)
            with LogWriter(log, partitions=partitions) as writer:
                _write(writer, world.initial_load())
                if go_on_for:
                    _write(writer, until(world.continuous(), start_ms + to_ms(go_on_for)))
                if go_on:
                    _go_on(writer, world)
    except HeadraceError as error:
        raise click.ClickException(str(error)) from error


def _write(writer: LogWriter, records: Iterable[MockRecord]) -> None:
    before = writer.written.copy()
    writer.write(records)
    for topic, count in sorted((writer.written - before).items()):
        click.echo(f"{count:>9,}  {topic}")


def _go_on(writer: LogWriter, world: MockData) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    click.echo("going on in real time; Ctrl-C ends it")
    before = writer.written.total()
    for due in in_real_time(world.continuous(), SystemClock(), stop.wait):
        writer.write(due)
    click.echo(f"{writer.written.total() - before:>9,}  more")


if __name__ == "__main__":
    main()
