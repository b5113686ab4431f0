"""Several instances of an application beside each other: which of them has which task, and which keeps a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from headrace.cli.server import UnreachableError, ask
from headrace.cli.status import headline


@dataclass(frozen=True, slots=True)
class Look:
    """What one instance says; `status` is None if it does not answer."""

    url: str
    status: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """How its column is headed: where it serves."""
        return self.url.rpartition("://")[2].removeprefix("127.0.0.1")


class Instances:
    """Asks all of them at once, and remembers who has answered before.

    Args:
        urls: Of their servers.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._known: set[str] = set()

    def view(self) -> Group:
        """One look."""
        with ThreadPoolExecutor(len(self._urls)) as pool:
            looks = list(pool.map(_look, self._urls))
        self._known |= {look.url for look in looks if look.status is not None}
        return Group(*(self._line(look) for look in looks), _table(looks))

    def _line(self, look: Look) -> Text:
        name = f"{look.name:<6} "
        if look.status is not None:
            return Text(name + headline(look.status), style="" if look.status["healthy"] else "bold red")
        return Text(f"{name}no answer", style="bold red" if look.url in self._known else "dim")


def _look(url: str) -> Look:
    try:
        return Look(url, ask(url, "/status"))
    except UnreachableError:
        return Look(url, None)


def _table(looks: Sequence[Look]) -> Table:
    """A row per task, a column per instance."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("task")
    cells: dict[str, dict[str, Text]] = {}
    for look in looks:
        table.add_column(look.name, style="" if look.status is not None else "dim")
        for task in () if look.status is None else look.status["tasks"]:
            cells.setdefault(task["task"], {})[look.url] = _cell(task)
    for name in sorted(cells, key=_number):
        table.add_row(name, *(cells[name].get(look.url, Text("")) for look in looks))
    return table


def _cell(task: Mapping[str, Any]) -> Text:
    lag = task["lag_records"]
    if task["role"] == "standby":
        return Text(f"standby, lag {lag}", style="dim")
    if task["state"] != "RUNNING":
        return Text(f"{task['state'].lower()}, lag {lag}", style="yellow")
    return Text(f"active {task['records_per_s']:.0f}/s, lag {lag}", style="green")


def _number(task: str) -> tuple[int, ...]:
    """Tasks in the order of their numbers, 0_10 behind 0_9."""
    return tuple(int(part) for part in task.split("_"))
