"""`headrace top`: a running application, live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import click
from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from headrace.app.signals import stop_on_signals
from headrace.cli.command import Command
from headrace.cli.data import data_option
from headrace.cli.server import UnreachableError, ask, required_url
from headrace.cli.status import headline, task_row
from headrace.cli.top_instances import Instances
from headrace.core.time import to_ms

_COLUMNS = (
    ("task", "left"),
    ("role", "left"),
    ("state", "left"),
    ("records/s", "right"),
    ("lag", "right"),
    ("lag s", "right"),
    ("stream time", "left"),
)
_BAR_WIDTH = 30


@click.command(
    cls=Command,
    examples="""
        headrace top
        headrace top --url 8080 --every 5s
        headrace top --url 8081 --url 8082 --url 8083
    """,
)
@click.option(
    "--url",
    "urls",
    multiple=True,
    metavar="URL",
    help="Server of the application, as for status. Several: its instances, beside each other.",
)
@click.option("--every", default="1s", show_default=True, metavar="DURATION", help="How often to look.")
@click.option("-n", "--max", "most", type=click.IntRange(1), metavar="N", help="Stop after N looks.  [default: at Ctrl-C]")
@data_option
def command(urls: tuple[str, ...], every: str, most: int | None, data: Path | None) -> None:
    """Show a running application, live: tasks, rates, lag in records and seconds, restores with the time left.

    With several URLs: which instance has which task, which keeps a copy of it (standby), and who does not answer.
    """
    addresses, wait_s, stop = [required_url(url, data) for url in urls or (None,)], to_ms(every) / 1000, Event()
    several = len(addresses) > 1
    view_now: Callable[[], Group | Text] = Instances(addresses).view if several else partial(_view_of_one, addresses[0])
    first = view_now() if several else view(ask(addresses[0], "/status"))  # an address where nobody is may be mistyped
    with stop_on_signals(stop.set, notice=False), Live(first, console=Console(), auto_refresh=False) as live:
        for look in count(1):
            if stop.is_set() or look == most or stop.wait(wait_s):
                return
            live.update(view_now(), refresh=True)


def _view_of_one(address: str) -> Group | Text:
    try:
        return view(ask(address, "/status"))
    except UnreachableError as error:
        return Text(error.message, style="red")


def view(status: Mapping[str, Any]) -> Group:
    """One look."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name, side in _COLUMNS:
        table.add_column(name, justify="right" if side == "right" else "left")
    for task in status["tasks"]:
        row = task_row(task)
        rates = (f"{row['records_per_s']:.0f}", str(row["lag_records"]), f"{row['lag_seconds']:.1f}")
        style = "dim" if row["role"] == "standby" else ""
        table.add_row(row["task"], row["role"], row["state"], *rates, row["stream_time"] or "-", style=style)
    parts: list[Any] = [Text(headline(status), style="bold" if status["healthy"] else "bold red"), table]
    if status["restoring"]:
        parts.append(_restores(status))
    return Group(*parts)


def _restores(status: Mapping[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in ("restoring", "task", "", "left", "records/s", "seconds left"):
        table.add_column(name)
    for part in status["restoring"]:
        total = part["restored"] + part["remaining"]
        bar = ProgressBar(total=total, completed=part["restored"], width=_BAR_WIDTH)
        left = "-" if part["seconds_left"] is None else f"{part['seconds_left']:.0f}"
        table.add_row(part["store"], part["task"], bar, str(part["remaining"]), f"{part['records_per_s']:.0f}", left)
    return table
