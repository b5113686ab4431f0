"""`python -m segmenter.driver`: sends events until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import click

from headrace.app.signals import stop_on_signals
from headrace.core.errors import HeadraceError
from segmenter.driver.devices import DEVICES
from segmenter.driver.driving import Drive, drive
from segmenter.surroundings import options_of, surroundings


@click.command(help="Sends events of devices until Ctrl-C, and prints where each was acknowledged.")
@click.option("--full-speed", is_flag=True, help="No pause between events, and a line per second.")
@click.option("--seed", default=7, show_default=True, help="Another one gives other events.")
@click.option("--devices", default=DEVICES, show_default=True, type=click.IntRange(1), help="How many there are.")
@click.option("-n", "--max", "most", type=click.IntRange(1), metavar="N", help="End after N events.")
@click.option(
    "--start-ms", type=click.IntRange(0), metavar="MS", help="Time of the first event; each further one 300 ms later."
)
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory; default as for headrace.")
def main(full_speed: bool, seed: int, devices: int, most: int | None, start_ms: int | None, data: Path | None) -> None:
    """Runs the command."""
    stop = Event()
    what = Drive(seed=seed, devices=devices, full_speed=full_speed, most=most, start_ms=start_ms)
    try:
        with surroundings(options_of("segmenter-driver", data)) as around, stop_on_signals(stop.set, notice=False):
            sent = drive(around, what, stop, click.echo)
    except HeadraceError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{sent:,} events acknowledged", err=True)


if __name__ == "__main__":
    main()
