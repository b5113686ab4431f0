"""The samples as applications over several partitions: equal to polars over the same data, also in several lives."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
import utopia_expectations as expected
from msgspec.json import Decoder
from utopia.entities import TICKETS
from utopia.mockdata import MockData, MockRecord, Settings, Sizes
from utopia.mockdata.writer import LogWriter
from utopia.reading import latest, read_all
from utopia.samples import artist_ticket_count, customer_stream_count, purchase_event_ticket, top_customer_artists
from utopia.samples.purchase_event_ticket import Confirmation
from utopia.samples.top_customer_artists import Ranking

from headrace import App, StreamsBuilder
from headrace.formats.primitive import Int64
from headrace.log.api import Log
from headrace.log.memory import MemoryLog

SIZES = Sizes(customers=40, artists=30, events=25, tickets=1_500, streams=3_000)
WORLD = Settings(start_ms=1_760_000_000_000, sizes=SIZES)
LIVES = (2_000, 2_600, 10_000)
"""How many records are there at the end of each life of an application."""


@pytest.fixture
def log() -> Iterator[Log]:
    log = MemoryLog()
    yield log
    log.close()


@pytest.fixture(scope="module")
def records() -> Sequence[MockRecord]:
    return list(MockData(WORLD).initial_load())


def run_in_three_lives(sample: ModuleType, log: Log, records: Sequence[MockRecord], data_dir: Path) -> None:
    """Runs a sample until all is consumed, three times, each time with more data in the log."""
    rest = iter(records)
    with LogWriter(log, partitions=4) as writer:
        for total in LIVES:
            writer.write(islice(rest, total - writer.written.total()))
            builder = StreamsBuilder()
            sample.build(builder)
            app = App(f"kafka-workshop-{sample.__name__.rpartition('.')[2]}", builder.build(), log=log, data_dir=data_dir)
            app.run(until_end=True)
    assert writer.written.total() == len(records)


def test_stream_counts(log: Log, records: Sequence[MockRecord], tmp_path: Path) -> None:
    run_in_three_lives(customer_stream_count, log, records, tmp_path)

    decode = Int64().decoder(customer_stream_count.OUTPUT, is_key=False)
    outputs = list(read_all(log, customer_stream_count.OUTPUT, decode))
    assert len(outputs) == SIZES.streams
    counts = expected.stream_counts(records)
    assert dict(outputs) == dict(counts.select("customerid", "streams").iter_rows())


def test_rankings(log: Log, records: Sequence[MockRecord], tmp_path: Path) -> None:
    run_in_three_lives(top_customer_artists, log, records, tmp_path)

    expected.check_rankings(latest(log, top_customer_artists.OUTPUT, Decoder(Ranking).decode), records)


def test_ticket_answers(log: Log, records: Sequence[MockRecord], tmp_path: Path) -> None:
    run_in_three_lives(purchase_event_ticket, log, records, tmp_path)

    answers = list(read_all(log, purchase_event_ticket.OUTPUT, Decoder(Confirmation).decode))
    assert sorted(answer.ticket_request.id for _, answer in answers) == sorted(r[1] for r in records if r[0] == TICKETS)
    expected.check_sales(answers, records)


def test_tickets_per_artist(log: Log, records: Sequence[MockRecord], tmp_path: Path) -> None:
    run_in_three_lives(artist_ticket_count, log, records, tmp_path)

    decode = Int64().decoder(artist_ticket_count.OUTPUT, is_key=False)
    sales = expected.event_sales(records).group_by("artistid").agg(pl.col("requests").sum())
    assert latest(log, artist_ticket_count.OUTPUT, decode) == dict(sales.iter_rows())
