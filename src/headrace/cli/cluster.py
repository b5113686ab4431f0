"""`headrace cluster`: a real Kafka on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, NoReturn, TypeVar

import click

from headrace.app.signals import stop_on_signals
from headrace.cli.command import Group
from headrace.cli.failures import ExitCode
from headrace.cli.positions import confirm
from headrace.cli.printing import dry_run_option, json_option, print_rows
from headrace.cluster.cluster import START_S, STOP_S, Cluster, default_directory
from headrace.cluster.log_files import follow, last_lines
from headrace.cluster.spec import DEFAULT_HEAP_MB, DEFAULT_PORTS, ClusterSpec
from headrace.cluster.status import BrokerState, BrokerStatus
from headrace.cluster.stopping import Stopped
from headrace.core.errors import ClusterError

F = TypeVar("F", bound=Callable[..., Any])

_DIRECTORY_VARIABLE = "HEADRACE_CLUSTER_HOME"


def _directory_option(command: F) -> F:
    option = click.option(
        "--dir",
        "directory",
        type=click.Path(path_type=Path, file_okay=False),
        envvar=_DIRECTORY_VARIABLE,
        metavar="DIR",
        help=f"Where the cluster is.  [default: {_DIRECTORY_VARIABLE}, headrace/cluster in XDG_DATA_HOME or ~/.local/share]",
    )
    return option(command)


def _broker_option(command: F) -> F:
    option = click.option("--broker", "ids", type=int, multiple=True, metavar="ID", help="Only this one; may be repeated.")
    return option(command)


class _Ports(click.ParamType[tuple[int, ...]]):
    """Ports, separated by commas."""

    name = "ports"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        try:
            return tuple(int(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of ports: write 9092,9192,9292", param, ctx)


class _Property(click.ParamType[tuple[str, str]]):
    """A setting of brokers."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, found, setting = value.partition("=")
        if not found or not name.strip():
            self.fail(f"{value!r} is no NAME=VALUE", param, ctx)
        return name.strip(), setting.strip()


@click.group(
    cls=Group,
    examples="""
        headrace cluster start
        export $(headrace cluster start --brokers 3)
        headrace cluster status
        headrace cluster logs 2 -f
        headrace cluster stop
    """,
)
def command() -> None:
    """A Kafka cluster on this machine, for development and tests. It needs Java, and no Docker."""


@command.command(
    examples="""
        headrace cluster start
        headrace cluster start --brokers 3
        headrace cluster start --broker 2
        headrace cluster start --ports 9092 --sasl --property log.retention.ms=60000
    """
)
@click.option("--brokers", "count", type=click.IntRange(1, len(DEFAULT_PORTS)), help="How many brokers.  [default: 1]")
@click.option("--ports", type=_Ports(), help=f"Port of each broker.  [default: {','.join(map(str, DEFAULT_PORTS))}]")
@click.option("--heap", "heap_mb", type=int, metavar="MB", help=f"Memory of each broker (-Xmx).  [default: {DEFAULT_HEAP_MB}]")
@click.option("--sasl/--no-sasl", default=None, help="Also listen for SASL_SSL (PLAIN), on the port behind each one.")
@click.option("--property", "properties", type=_Property(), multiple=True, metavar="NAME=VALUE", help="A setting of brokers.")
@click.option("--repository", metavar="URL", help="Download Kafka from this Maven repository instead of by mvn.")
@click.option("--timeout", type=click.FloatRange(1), default=START_S, show_default=True, help="Seconds to wait for answers.")
@_broker_option
@_directory_option
def start(directory: Path | None, ids: tuple[int, ...], repository: str | None, timeout: float, **given: Any) -> None:
    """Start the brokers that do not run, and wait until they answer.

    The first start makes the cluster, and fetches Kafka (45 MB, by mvn or from Maven Central). Later ones start it again
    with its data and settings; options that are given change the settings, except for the number of brokers.

    Standard output gets HEADRACE_BOOTSTRAP=..., so that `export $(headrace cluster start)` lets programs use it.
    """
    cluster = _configured(directory or default_directory(), **given)
    had_credentials = cluster.credentials is not None
    with stop_on_signals(_interrupt, notice=False):
        started = cluster.start(*ids, timeout_s=timeout, repository=repository, tell=_tell)
    if not started:
        _tell("the brokers run already")
    _announce(cluster, new_credentials=not had_credentials)


@command.command(examples="headrace cluster status --json")
@json_option
@_directory_option
def status(as_json: bool, directory: Path | None) -> None:
    """Show process, port, state, uptime and size of each broker. The exit code is 1 if not all are up.

    `silent` is a broker whose process runs and does not answer: it starts, or hangs. `no majority` means that at most half
    of the brokers run, which is too few for the cluster to work.
    """
    brokers = _opened(directory).status()
    rows = [_row(broker, as_json=as_json) for broker in brokers]
    print_rows(rows, columns=("broker", "port", "state", "pid", "uptime", "data"), as_json=as_json)
    if any(broker.state is not BrokerState.UP for broker in brokers):
        raise click.exceptions.Exit(ExitCode.FAILED)


@command.command(
    examples="""
        headrace cluster stop
        headrace cluster stop --broker 2
        headrace cluster stop --delete
    """
)
@click.option("--timeout", type=click.FloatRange(0), default=STOP_S, show_default=True, help="Seconds until they are killed.")
@click.option("--kill", is_flag=True, help="Kill them at once, as a power cut would.")
@click.option("--delete", is_flag=True, help="Also delete the cluster with all its data.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting.")
@dry_run_option
@_broker_option
@_directory_option
def stop(
    directory: Path | None, ids: tuple[int, ...], timeout: float, kill: bool, delete: bool, yes: bool, dry_run: bool
) -> None:
    """Stop brokers in order; those that have not ended after the time-out are killed. Their data stay."""
    if delete and ids:
        message = "--delete deletes the whole cluster; it does not go with --broker"
        raise click.UsageError(message)
    cluster = _opened(directory)
    if delete:
        confirm(f"delete {cluster.directory} with all its data?", yes=yes, dry_run=dry_run)
    if dry_run:
        running = [row.broker for row in cluster.status() if row.pid is not None and (not ids or row.broker in ids)]
        _tell(f"would stop broker {', '.join(map(str, running)) or '(none runs)'}")
        _tell(f"would delete {cluster.directory}" if delete else "would keep the data")
        return
    for broker, outcome in cluster.stop(*ids, timeout_s=0 if kill else timeout).items():
        forced = outcome is Stopped.KILLED and not kill
        _tell(f"broker {broker} {outcome.value}{f', because it did not stop within {timeout:.0f} s' if forced else ''}")
    if delete:
        cluster.delete()
        _tell(f"deleted {cluster.directory}")


@command.command(examples="headrace cluster logs 2 -f")
@click.argument("broker", type=int, default=1)
@click.option("-n", "--lines", type=click.IntRange(0), default=50, show_default=True, help="How many of the last lines.")
@click.option("-f", "--follow", "following", is_flag=True, help="Wait for more; Ctrl-C ends it.")
@_directory_option
def logs(broker: int, lines: int, following: bool, directory: Path | None) -> None:
    """Print the end of the log of BROKER (1)."""
    path = _opened(directory).log_file(broker)
    if not path.exists():
        message = f"broker {broker} has no log yet: it was never started"
        raise ClusterError(message, hint=f"start it: headrace cluster start --broker {broker}")
    for line in last_lines(path, lines):
        click.echo(line)
    if following:
        stop_following = Event()
        with stop_on_signals(stop_following.set, notice=False):
            for text in follow(path, stop_following):
                click.echo(text, nl=False)


def _opened(directory: Path | None) -> Cluster:
    return Cluster(directory or default_directory())


def _configured(
    directory: Path,
    *,
    count: int | None,
    ports: tuple[int, ...] | None,
    heap_mb: int | None,
    sasl: bool | None,
    properties: tuple[tuple[str, str], ...],
) -> Cluster:
    """The cluster in the directory with the settings that were given; a new one if there is none."""
    if ports is not None and count is not None and len(ports) != count:
        message = f"--ports names {len(ports)} port(s) for --brokers {count}"
        raise click.UsageError(message)
    there = Cluster(directory) if Cluster.exists(directory) else None
    if ports is None and count is not None and (there is None or len(there.spec.ports) != count):
        ports = DEFAULT_PORTS[:count]
    settings: dict[str, Any] = {"ports": ports, "heap_mb": heap_mb, "sasl": sasl, "properties": dict(properties) or None}
    given = {name: value for name, value in settings.items() if value is not None}
    if there is None:
        return Cluster.create(directory, ClusterSpec(**given))
    there.change(**given)
    return there


def _interrupt() -> NoReturn:
    """SIGTERM ends a start as Ctrl-C does, so that no half-started broker stays."""
    raise KeyboardInterrupt


def _announce(cluster: Cluster, *, new_credentials: bool) -> None:
    spec = cluster.spec
    if cluster.running < spec.majority:
        count = len(spec.ports)
        _tell(f"the cluster does not answer yet: {cluster.running} of {count} brokers run, and {spec.majority} are needed")
    _tell(f"bootstrap servers: {cluster.bootstrap}  (data in {cluster.directory})")
    credentials = cluster.credentials
    if credentials is not None:
        _tell(f"by SASL_SSL:       {cluster.sasl_bootstrap}  (. {credentials.client_file})")
        if new_credentials:
            _tell(f"  user {credentials.user}, password {credentials.password}  (not shown again; it is in that file)")
    if sys.stdout.isatty():
        _tell(f"use it:  export HEADRACE_BOOTSTRAP={cluster.bootstrap}\nstop it: headrace cluster stop")
    else:
        click.echo(f"HEADRACE_BOOTSTRAP={cluster.bootstrap}")


def _row(status: BrokerStatus, *, as_json: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"broker": status.broker, "port": status.port, "state": status.state.value, "pid": status.pid}
    if as_json:
        return row | {"uptime_ms": status.uptime_ms, "data_bytes": status.data_bytes}
    uptime = None if status.uptime_ms is None else _duration_text(status.uptime_ms)
    return row | {"uptime": uptime, "data": f"{status.data_bytes / 1e6:.1f} MB"}


def _duration_text(milliseconds: int) -> str:
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {seconds:02}s" if minutes else f"{seconds}s"


def _tell(line: str) -> None:
    click.echo(line, err=True)
