"""`python -m segmenter.reader`: a plain consumer, without a topology, that prints session events as they are committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Signal

import click

from headrace.app.signals import stop_on_signals
from headrace.core.errors import DecodeError, HeadraceError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import RecordBatch
from segmenter.model import ENVELOPE_FORMAT, SESSION_EVENTS, SESSION_KEY_FORMAT, Envelope, SessionKey
from segmenter.surroundings import Surroundings, options_of, surroundings

_AT_ONCE = 1_000
_WAIT_S = 0.2


def follow(
    around: Surroundings,
    stop: Signal,
    say: Callable[[str], None],
    *,
    from_start: bool = False,
    listening: Callable[[], None] = lambda: None,
) -> None:
    """Says each session event until `stop`; waits for the topic if it is not there yet.

    Args:
        around: Log and registry.
        stop: Ends it.
        say: Takes each line.
        from_start: Also what is in the topic already.
        listening: Called as soon as nothing that is written from then on will be missed.
    """
    admin, reader = around.log.admin(), around.log.reader()
    decode_key = around.connected(SESSION_KEY_FORMAT).decoder(SESSION_EVENTS, is_key=True)
    decode = around.connected(ENVELOPE_FORMAT).decoder(SESSION_EVENTS, is_key=False)
    try:
        while SESSION_EVENTS not in (known := admin.partition_counts()):
            from_start = True  # all that comes is new
            listening()
            if stop.wait(_WAIT_S):
                return
        partitions = [TopicPartition(SESSION_EVENTS, number) for number in range(known[SESSION_EVENTS])]
        reader.assign(admin.start_offsets(partitions) if from_start else admin.end_offsets(partitions))
        listening()
        last = False
        while not last:
            last = stop.is_set()  # a look after it: what was committed at the end
            batches = reader.poll(_AT_ONCE, 0.0 if last else _WAIT_S)
            for _, line in sorted(line for batch in batches for line in _lines(batch, decode_key, decode)):
                say(line)
    finally:
        reader.close()


def _lines(
    batch: RecordBatch, decode_key: Callable[[bytes], SessionKey], decode: Callable[[bytes], Envelope]
) -> Iterator[tuple[int, str]]:
    """Each record's time and line."""
    for offset, timestamp, key, value in zip(batch.offsets, batch.timestamps, batch.keys, batch.values, strict=True):
        place = f"{batch.topic}-{batch.partition}@{offset}"
        try:
            session, event = f"[{decode_key(key or b'')}]", decode(value or b"").event
            yield timestamp, f"{clock_time(timestamp)}  {place:<20} {session:<22} {event}"
        except DecodeError as error:
            yield timestamp, f"{clock_time(timestamp)}  {place:<20} cannot be read: {error.message}"


def clock_time(timestamp: int) -> str:
    """The time of day, UTC.

    >>> clock_time(1_700_000_000_250)
    '22:13:20.250'
    """
    return f"{datetime.fromtimestamp(timestamp / 1000, UTC):%H:%M:%S}.{timestamp % 1000:03d}"


@click.command(help="Prints session events until Ctrl-C: time, place, [device:session], event.")
@click.option("--from-start", is_flag=True, help="Begin with the first one there is; else with the next.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory; default as for headrace.")
def main(from_start: bool, data: Path | None) -> None:
    """Runs the command."""
    stop = Signal()
    try:
        with surroundings(options_of("segmenter-reader", data)) as around, stop_on_signals(stop.set, notice=False):
            follow(around, stop, click.echo, from_start=from_start)
    except HeadraceError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
