"""What the demo prints at its end, and the same as JSON."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import msgspec
from rich.console import Console

from utopia.demo import tables
from utopia.demo.applications import Finished
from utopia.demo.figures import Figures
from utopia.samples import customer_stream_count, purchase_event_ticket, target_customer_filter, top_customer_artists


class Report(msgspec.Struct, frozen=True):
    """Everything that is shown.

    Attributes:
        directory: Where log and stores lie.
        generated: Records written, by topic.
        generated_s: Seconds that this took.
        runs: The applications, which ran side by side.
        total_s: Seconds in all, before the figures were read.
    """

    directory: str
    generated: dict[str, int]
    generated_s: float
    runs: list[Finished]
    total_s: float
    figures: Figures


def as_json(report: Report) -> bytes:
    """For programs."""
    return msgspec.json.format(msgspec.json.encode(report))


def show(report: Report, console: Console) -> None:
    """For people, in 80 columns."""
    found = report.figures
    console.print()
    console.print(tables.top_customers(found.top_customers))
    console.print(tables.favourites(found.favourites))
    console.print(tables.tickets(found.tickets))
    console.print(
        f"{found.tickets.confirmed:,} ticket requests confirmed, {found.tickets.rejected:,} rejected; "
        f"{found.tickets.events_sold_out} of {found.tickets.events_with_requests} events are sold out.\n"
    )
    _show_rates(report, console)
    _show_next_steps(report, console)


def _show_rates(report: Report, console: Console) -> None:
    records = sum(report.generated.values())
    console.print("[bold]Throughput[/bold]")
    rates = [("generated and written", records, report.generated_s)]
    rates += [(f"consumed by {run.app_id}", run.records, run.seconds) for run in report.runs]
    for what, count, seconds in rates:
        console.print(f"  {what:<40} {count:>8,} in {seconds:>4.1f} s = {count / seconds:>8,.0f}/s")
    console.print("  The applications ran at the same time, in one process; what they regroup is")
    console.print(f"  written and read once more. In all {report.total_s:.1f} s.\n")


def _show_next_steps(report: Report, console: Console) -> None:
    busiest = report.figures.top_customers[0].customer_id if report.figures.top_customers else "CUSTOMER"
    console.print("[bold]Where it lies[/bold]")
    console.print(f"  {report.directory}", soft_wrap=True)
    console.print("  log/ has the topics, state/ the stores, demo.log what the applications said.\n")
    console.print("[bold]What to try next[/bold]")
    for line in next_steps(report.directory, busiest):
        console.print(f"  {line}", soft_wrap=True, markup=False)


def next_steps(directory: str, customer: str) -> list[str]:
    """Commands to go on with, for a shell."""
    program = Path(sys.executable).with_name("headrace")
    on_path = shutil.which("headrace") is not None or not program.exists()
    return [
        f"cd {Path.cwd()}",
        f"export HEADRACE_DATA_DIR={directory}",
        *([] if on_path else [f"PATH={program.parent}:$PATH"]),
        "headrace topics list",
        f"headrace consume {purchase_event_ticket.OUTPUT} -n 3",
        f"headrace consume {customer_stream_count.OUTPUT} --from -5",
        "headrace topology describe utopia.samples.purchase_event_ticket",
        "headrace stores get utopia.samples.top_customer_artists \\",
        f"  --app-id kafka-workshop-top-artists {top_customer_artists.STORE} {customer}",
        "headrace run utopia.samples.target_customer_filter --until-end",
        f"headrace consume {target_customer_filter.OUTPUT} -n 3 --fields key,value",
    ]
