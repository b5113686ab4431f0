"""`python -m utopia.confirmations`: a plain consumer, without a topology, that follows the answers to ticket requests."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from msgspec.json import Decoder

from headrace.core.errors import HeadraceError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import Log
from utopia.logs import opened_log
from utopia.samples.purchase_event_ticket import OUTPUT, Confirmation

_WAIT_S = 0.5


def confirmations(log: Log, stopped: Callable[[], bool], topic: str = OUTPUT) -> Iterator[Confirmation]:
    """All answers from the first on, and new ones as they come, until `stopped`.

    Raises:
        UnknownTopicError: There is no answer yet, not even their topic.
    """
    admin, reader = log.admin(), log.reader()
    decode = Decoder(Confirmation).decode
    try:
        described = admin.topics().get(topic)
        partitions = [TopicPartition(topic, number) for number in range(described.partitions if described else 1)]
        reader.assign(admin.start_offsets(partitions))
        while not stopped():
            for batch in reader.poll(1_000, _WAIT_S):
                yield from (decode(value) for value in batch.values if value is not None)
    finally:
        reader.close()


def line(answer: Confirmation) -> str:
    """An answer for people."""
    ticket = answer.ticket_request
    return (
        f"{answer.confirmation_status:<9}  {ticket.id} of customer {ticket.customerid} "
        f"for {ticket.eventid}, {answer.remaining_tickets} left"
    )


@click.command(help="Follows the answers to ticket requests until Ctrl-C.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory; default as for headrace.")
@click.option("--topic", default=OUTPUT, show_default=True, help="Where the answers are.")
def main(data: Path | None, topic: str) -> None:
    """Runs the command."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with opened_log("utopia-confirmations", data) as log:
            for answer in confirmations(log, stop.is_set, topic):
                click.echo(line(answer))
    except HeadraceError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
