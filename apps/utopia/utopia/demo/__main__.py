"""`python -m utopia.demo`: from mock data to results on the embedded log, with nothing else running."""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console

from headrace.core.errors import HeadraceError
from headrace.core.time import SystemClock
from headrace.log.api import Log
from headrace.log.embedded import open_log
from utopia.demo import report
from utopia.demo.applications import SAMPLES, expected, run_all
from utopia.demo.bars import bars
from utopia.demo.figures import figures
from utopia.mockdata import MockData, Settings, Sizes
from utopia.mockdata.writer import LogWriter, refuse_to_load_twice


@click.command(help="Generates mock data, runs three samples over it on the embedded log, and shows what they found.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Default: a new temporary directory.")
@click.option("--streams", default=200_000, show_default=True, help="Streams to generate.")
@click.option("--tickets", default=12_000, show_default=True, help="Ticket requests to generate.")
@click.option("--customers", default=2_000, show_default=True, help="Customers to generate.")
@click.option("--seed", default=7, show_default=True, help="Another seed gives another world.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Also writes the figures there.")
def main(data: Path | None, streams: int, tickets: int, customers: int, seed: int, json_file: Path | None) -> None:
    """Runs the demo."""
    console = Console(highlight=False)
    try:
        sizes = Sizes(streams=streams, tickets=tickets, customers=customers)
        settings = Settings(start_ms=SystemClock().now_ms(), seed=seed, sizes=sizes)
        directory = data or Path(tempfile.mkdtemp(prefix="utopia-demo-"))
        log = open_log(directory / "log")
        try:
            shown = _demo(log, directory, settings, console)
        finally:
            log.close()
    except HeadraceError as error:
        raise click.ClickException(str(error)) from error
    if json_file:
        json_file.write_bytes(report.as_json(shown))


def _demo(log: Log, directory: Path, settings: Settings, console: Console) -> report.Report:
    refuse_to_load_twice(log)
    logging.basicConfig(filename=directory / "demo.log", level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    console.print("[bold]Utopia[/bold], a music platform: three applications on an embedded log, no broker.\n")
    started = time.perf_counter()
    with bars(console) as bar, LogWriter(log) as writer:
        total = _rough_total(settings.sizes)
        step = bar("generate and write mock data", total)
        writer.write(MockData(settings).initial_load(), step.advance)
        step.finish()
        generated_s = time.perf_counter() - started
        steps = {s.app_id: bar(s.app_id, expected(log, (*s.inputs, s.rekeyed))) for s in SAMPLES}
        runs = run_all(log, directory, lambda sample, done: steps[sample.app_id].reach(done))
        for one in steps.values():
            one.finish()
    shown = report.Report(
        directory=str(directory),
        generated=dict(writer.written),
        generated_s=generated_s,
        runs=runs,
        total_s=time.perf_counter() - started,
        figures=figures(log),
    )
    report.show(shown, console)
    return shown


def _rough_total(sizes: Sizes) -> int:
    household = 4
    return (
        sizes.streams
        + sizes.tickets
        + sizes.events
        + sizes.artists
        + 2 * sizes.venues
        + (sizes.legacy_customers + household * sizes.customers)
    )


if __name__ == "__main__":
    main()
