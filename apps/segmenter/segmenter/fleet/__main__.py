"""`python -m segmenter.fleet`: start, scale, crash, follow, top, check, stop."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import click

from headrace.app.signals import stop_on_signals
from headrace.cluster.log_files import follow as appended
from headrace.cluster.log_files import last_lines
from headrace.core.errors import HeadraceError
from segmenter.fleet import kafka, parts, registry
from segmenter.fleet.checking import compare
from segmenter.fleet.places import FOLDER, MOST_INSTANCES, Fleet
from segmenter.surroundings import options_of, surroundings

_DIRECTORY = FOLDER / ".headrace" / "fleet"
_LINES = 20

_part = click.Choice(["driver", "reader", *(f"instance-{number}" for number in range(1, MOST_INSTANCES + 1))])


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except HeadraceError as error:
        raise click.ClickException(str(error)) from error


def _tell(line: str) -> None:
    click.echo(line, err=True)


@click.group(help="The segmenter on Kafka, each part a process of its own.")
@click.option("--dir", "directory", type=click.Path(path_type=Path), default=_DIRECTORY, help="Where it keeps its files.")
@click.pass_context
def main(context: click.Context, directory: Path) -> None:
    """Holds the directory for the commands."""
    context.obj = directory.absolute()


@main.command(help="Start brokers, registry, driver, reader and instances: what does not run already.")
@click.option("--brokers", default=3, show_default=True, type=click.IntRange(1, 3), help="Brokers of its own.")
@click.option("--bootstrap", help="Take these brokers instead.")
@click.option("--registry", "registry_url", help="Take this schema registry instead of one of its own.")
@click.option("--instances", default=2, show_default=True, type=click.IntRange(1, MOST_INSTANCES))
@click.option("--speed", type=click.Choice(["demo", "full"]), default="demo", show_default=True)
@click.option("--serve-port", default=8081, show_default=True, help="Where the first instance serves.")
@click.pass_obj
def start(
    directory: Path, brokers: int, bootstrap: str | None, registry_url: str | None, instances: int, speed: str, serve_port: int
) -> None:
    """Starts everything."""
    directory.mkdir(parents=True, exist_ok=True)
    with _told():
        address = bootstrap or kafka.started(directory / "kafka", brokers, _tell)
        url = registry_url or registry.started(directory / "registry", address, _tell)
        fleet = Fleet(directory, address, url, serve_port, full_speed=speed == "full")
        fleet.save()
        fleet.enter()
        for part in ("driver", "reader", *(f"instance-{number}" for number in range(1, instances + 1))):
            parts.start(fleet, part)
    _say_what_runs(fleet)
    click.echo(f"for headrace's commands: export HEADRACE_BOOTSTRAP={address} HEADRACE_SCHEMA_REGISTRY={url}")


@main.command(help="Have so many instances: start some, or end the last ones in order.")
@click.argument("count", type=click.IntRange(0, MOST_INSTANCES))
@click.pass_obj
def scale(directory: Path, count: int) -> None:
    """Starts or stops instances."""
    with _told():
        fleet = Fleet.load(directory)
        fleet.enter()
        there = parts.instances(fleet)
        missing = [number for number in range(1, MOST_INSTANCES + 1) if number not in there]
        for number in missing[: max(0, count - len(there))]:
            parts.start(fleet, f"instance-{number}")
        parts.stop(fleet, [f"instance-{number}" for number in there[count:]])
    _say_what_runs(fleet)


@main.command(help="SIGKILL for an instance: the one with most tasks, unless one is named.")
@click.argument("instance", type=click.IntRange(1, MOST_INSTANCES), required=False)
@click.pass_obj
def crash(directory: Path, instance: int | None) -> None:
    """Kills an instance."""
    with _told():
        fleet = Fleet.load(directory)
        chosen = instance or parts.busiest(fleet)
        if chosen is None:
            message = "no instance answers"
            raise HeadraceError(message, hint="wait until one has started: make top")
        had = parts.active_tasks(fleet, chosen) or []
        parts.crash(fleet, chosen)
    click.echo(f"killed instance-{chosen}, which had {', '.join(had) or 'no tasks'}")


@main.command(help="Print what a part prints, until Ctrl-C.")
@click.argument("part", type=_part)
@click.pass_obj
def follow(directory: Path, part: str) -> None:
    """Follows a log."""
    with _told():
        log = Fleet.load(directory).log_of(part)
    if not log.exists():
        message = f"{part} was never started"
        raise click.ClickException(message)
    click.echo("\n".join(last_lines(log, _LINES)))
    stop = Event()
    with stop_on_signals(stop.set, notice=False):
        for text in appended(log, stop):
            click.echo(text, nl=False)


@main.command(help="Who has which task, and who keeps a copy, live until Ctrl-C.")
@click.pass_obj
def top(directory: Path) -> None:
    """Runs headrace top over all instances."""
    with _told():
        fleet = Fleet.load(directory)
    urls = [option for number in range(1, MOST_INSTANCES + 1) for option in ("--url", fleet.url_of(number))]
    subprocess.run([sys.executable, "-m", "headrace", "top", *urls], check=False)


@main.command(help="Compare events with committed session events: is one lost, or there twice?")
@click.option("--patience", default=60.0, show_default=True, help="Seconds to wait until all events are processed.")
@click.pass_obj
def check(directory: Path, patience: float) -> None:
    """Compares."""
    with _told():
        fleet = Fleet.load(directory)
        fleet.enter()
        config = options_of()
        with surroundings(config) as around:
            found = compare(around, config.app_id, patience)
    line = f"{found.events:,} events in {found.sessions:,} sessions: {found.lost} lost, {found.doubled} doubled"
    if found.lost or found.doubled:
        raise click.ClickException(line)
    click.echo(line)


@main.command(help="Stop everything that it has started.")
@click.option("--clean", is_flag=True, help="Also delete all data.")
@click.pass_obj
def stop(directory: Path, clean: bool) -> None:
    """Stops everything, what depends on something before that."""
    with _told():
        fleet = Fleet.load(directory)
        parts.stop(fleet, ["driver"])
        parts.stop(fleet, ["reader", *(f"instance-{number}" for number in parts.instances(fleet))])
        registry.stopped(directory / "registry")
        kafka.stopped(directory / "kafka")
    if clean:
        shutil.rmtree(directory)
    click.echo("stopped" + (", and all data deleted" if clean else ""))


def _say_what_runs(fleet: Fleet) -> None:
    names = [part for part in ("driver", "reader") if parts.running(fleet, part)]
    click.echo("running: " + ", ".join([*names, *(f"instance-{number}" for number in parts.instances(fleet))]))


if __name__ == "__main__":
    main()
