"""The figures as tables for a terminal of 80 columns."""

from __future__ import annotations

from rich import box
from rich.table import Table

from utopia.demo.figures import CustomerStreams, Favourites, Tickets


def top_customers(customers: list[CustomerStreams]) -> Table:
    """Who streams most."""
    table = _table("Top customers by streams")
    table.add_column("#", justify="right")
    table.add_column("customer")
    table.add_column("name", ratio=1)
    table.add_column("streams", justify="right")
    for rank, customer in enumerate(customers, start=1):
        table.add_row(str(rank), customer.customer_id, customer.name, f"{customer.streams:,}")
    return table


def favourites(customers: list[Favourites]) -> Table:
    """What the busiest customers listen to."""
    table = _table("Their top three artists")
    table.add_column("name", ratio=1)
    table.add_column("artist", ratio=1)
    table.add_column("streams", justify="right")
    for customer in customers:
        for place, artist in enumerate(customer.artists):
            name = "" if place else customer.name
            table.add_row(name, artist.name, f"{artist.streams:,}", end_section=artist is customer.artists[-1])
    return table


def tickets(answers: Tickets) -> Table:
    """Some confirmations and rejections."""
    table = _table("Ticket requests, the last of each kind")
    table.add_column("", no_wrap=True)
    table.add_column("customer", ratio=4)
    table.add_column("artist at venue", ratio=9)
    table.add_column("date", no_wrap=True)
    table.add_column("left", justify="right")
    for answer in answers.examples:
        mark = "[green]CONFIRMED[/green]" if answer.status == "CONFIRMED" else "[red]REJECTED[/red]"
        table.add_row(mark, answer.customer, f"{answer.artist} at {answer.venue}", answer.eventdate, str(answer.remaining))
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
