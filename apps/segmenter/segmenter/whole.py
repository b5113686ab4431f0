"""Driver, segmenter and reader in one process: what `headrace run .` runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from threading import Event as Signal

import click

from headrace import App, AppState, HeadraceError, StreamsBuilder
from headrace.app.workers.link import LINK
from headrace.config import AppConfig
from segmenter.driver.driving import Drive, drive
from segmenter.reader import follow
from segmenter.surroundings import Surroundings, options_of, surroundings
from segmenter.topology import build

_LOOK_S = 0.2
_MOST_AHEAD = 50_000
"""How many events the driver may be ahead of the segmenter at full speed: they share one process."""


def demo() -> App:
    """An event each 300 ms, and a line for everything that happens."""
    return whole(Drive(), options_of())


def full_speed() -> App:
    """As fast as it goes; without a reader, which could not be read."""
    return whole(Drive(full_speed=True), options_of())


def whole(what: Drive, config: AppConfig) -> App:
    """An application with its driver, and where lines can be read, with a reader."""
    builder = StreamsBuilder()
    build(builder)
    app = App(None, builder.build(), config=config)
    if LINK is not None:  # a worker of several leaves these to its parent
        return app
    listening = Signal()
    work = partial(_drive, app, what, listening)
    driver = Companion(app, "driver", "cyan", work, begin=AppState.RUNNING, end=AppState.PENDING_SHUTDOWN)
    app.on_state(driver.heard)
    if what.full_speed:
        listening.set()  # nobody does
    else:
        read = partial(follow, listening=listening.set)
        reader = Companion(app, "reader", "green", read, begin=AppState.REBALANCING, end=AppState.NOT_RUNNING)
        app.on_state(reader.heard)
    return app


def _drive(app: App, what: Drive, listening: Signal, around: Surroundings, stop: Signal, say: Callable[[str], None]) -> None:
    while not listening.wait(_LOOK_S):  # the first event might be written before the reader knows where to begin
        if stop.is_set():
            return
    drive(around, what, stop, say, lambda: app.metrics.total("headrace_source_lag_records") > _MOST_AHEAD)


class Companion:
    """A thread that lives as long as the application does, and ends it when it fails.

    Args:
        app: The application.
        name: Stands before each of its lines.
        colour: Of its name.
        work: Takes log and registry, the signal to stop, and what writes a line.
        begin: The state of the application at which it begins, once.
        end: The state at which it ends.
    """

    def __init__(
        self,
        app: App,
        name: str,
        colour: str,
        work: Callable[[Surroundings, Signal, Callable[[str], None]], None],
        *,
        begin: AppState,
        end: AppState,
    ) -> None:
        self._app = app
        self._name = name
        self._head = click.style(f"{name:<10}", fg=colour)
        self._work = work
        self._begin, self._ends = begin, (end, AppState.PENDING_ERROR)
        self._stop = Signal()
        self._thread: threading.Thread | None = None

    def heard(self, new: AppState, _old: AppState) -> None:
        """The application has come to another state."""
        if new is self._begin and self._thread is None:
            self._thread = threading.Thread(target=self._live, name=f"segmenter-{self._name}", daemon=True)
            self._thread.start()
        elif new in self._ends and self._thread is not None:
            self._stop.set()
            self._thread.join()

    def _live(self) -> None:
        try:
            with surroundings(self._app.config) as around:
                self._work(around, self._stop, self._say)
        except Exception as error:  # whatever it is: alone, the others would look as if all were well
            text = str(error) if isinstance(error, HeadraceError) else f"{type(error).__name__}: {error}"
            click.echo(f"{self._head} {click.style(text, fg='red')}", err=True)
            self._app.close("0s")

    def _say(self, line: str) -> None:
        click.echo(f"{self._head} {line}")
