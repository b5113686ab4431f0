"""Progress on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Bar:
    """One line: a name, a bar, records and seconds."""

    def __init__(self, progress: Progress, task: TaskID, total: int) -> None:
        self._progress, self._task, self._total = progress, task, total

    def advance(self, records: int) -> None:
        """That many more are done."""
        self._progress.advance(self._task, records)

    def reach(self, records: int) -> None:
        """That many are done in all."""
        self._progress.update(self._task, completed=min(records, self._total))

    def finish(self) -> None:
        """All are done."""
        self._progress.update(self._task, completed=self._total)


@contextmanager
def bars(console: Console) -> Iterator[Callable[[str, int], Bar]]:
    """A function that adds a bar: (name, total of records)."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield lambda name, total: Bar(progress, progress.add_task(name, total=total), total)
