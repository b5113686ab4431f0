"""The demo as a program: what it prints is what polars finds in the data that it generated."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import utopia_expectations as expected
from msgspec import convert
from msgspec.json import Decoder
from utopia.demo.figures import Figures
from utopia.demo.report import Report
from utopia.entities import ENTITY_OF, EVENTS, VENUES
from utopia.mockdata import MockRecord
from utopia.reading import latest, read_all
from utopia.samples import customer_stream_count, purchase_event_ticket, top_customer_artists
from utopia.samples.purchase_event_ticket import Confirmation
from utopia.samples.top_customer_artists import Ranking

from headrace.formats.primitive import Int64
from headrace.log.api import Log
from headrace.log.embedded import open_log

pytestmark = pytest.mark.xdist_group("utopia demo")
"""One demo serves all tests of this file, so they stay in one process."""

PROJECT = Path(__file__).parent.parent
SIZES = ["--streams", "8000", "--tickets", "1500", "--customers", "150"]


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that has run."""

    data: Path
    printed: str
    report: Report
    records: Sequence[MockRecord]

    @property
    def figures(self) -> Figures:
        return self.report.figures


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "utopia.demo", *arguments]
    environment = {"COLUMNS": "80", "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    data = tmp_path_factory.mktemp("demo")
    json_file = data / "report.json"
    result = run_demo("--data", str(data), "--json", str(json_file), *SIZES)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    log = open_log(data / "log")
    records = list(_generated(log))
    log.close()
    return Demo(data, result.stdout, Decoder(Report).decode(json_file.read_bytes()), records)


def _generated(log: Log) -> Iterator[MockRecord]:
    for topic, entity in ENTITY_OF.items():
        yield from ((topic, key, value, 0) for key, value in read_all(log, topic, Decoder(entity).decode))


@pytest.fixture
def log(demo: Demo) -> Iterator[Log]:
    log = open_log(demo.data / "log")
    yield log
    log.close()


# ---- what it prints ---------------------------------------------------------------------------------------------------


def test_prints_at_most_80_columns(demo: Demo) -> None:
    paths = (str(demo.data), str(PROJECT), "PATH=")
    lines = [line.rstrip() for line in demo.printed.splitlines() if not any(path in line for path in paths)]
    assert max(map(len, lines)) <= 80


def test_prints_the_top_customers_with_their_names(demo: Demo) -> None:
    table = section(demo.printed, "Top customers by streams", "Their top three artists")
    printed = re.findall(r"^ *\d+ +(\d{9}) +(\S.*?) +([\d,]+)$", table, re.MULTILINE)

    top = expected.stream_counts(demo.records).head(10)
    assert [(customer, name, number(count)) for customer, name, count in printed] == list(
        top.select("customerid", "name", "streams").iter_rows()
    )


def test_prints_the_top_artists_of_the_busiest_customers(demo: Demo) -> None:
    table = section(demo.printed, "Their top three artists", "Ticket requests")
    printed = [(artist, number(n)) for artist, n in re.findall(r"  (\S.*?) +([\d,]+)$", table, re.MULTILINE)]
    printed = [(re.split(r" {2,}", artist)[-1], n) for artist, n in printed]

    counts = expected.artist_counts(demo.records)
    for place, customer in enumerate(expected.stream_counts(demo.records)["customerid"][:5]):
        of_customer = counts.filter(customerid=customer).select("name", "streams").rows()
        shown = printed[3 * place : 3 * place + 3]
        assert [n for _, n in shown] == sorted((n for _, n in of_customer), reverse=True)[:3]
        assert set(shown) <= set(of_customer)
    assert len(printed) == 15


def test_prints_how_many_tickets_are_sold(demo: Demo) -> None:
    found = re.search(
        r"([\d,]+) ticket requests confirmed, ([\d,]+) rejected; (\d+) of (\d+) events are\s+sold\s+out", demo.printed
    )
    assert found is not None

    sales = expected.event_sales(demo.records)
    assert [number(group) for group in found.groups()] == [
        sales["confirmed"].sum(),
        sales["rejected"].sum(),
        (sales["remaining"] == 0).sum(),
        len(sales),
    ]
    assert sales["rejected"].sum() > 0


def test_prints_answers_with_the_names_of_artist_and_venue(demo: Demo) -> None:
    answers = demo.figures.tickets.examples
    events = expected.frame(demo.records, EVENTS)
    venues = dict(expected.frame(demo.records, VENUES).select("id", "name").iter_rows())

    assert {answer.status for answer in answers} == {"CONFIRMED", "REJECTED"}
    printed = " ".join(section(demo.printed, "Ticket requests", "Throughput").split())
    for answer in answers:
        event = events.filter(id=answer.event_id).row(0, named=True)
        assert answer.venue == venues[event["venueid"]]
        assert answer.eventdate == event["eventdate"]
        assert (answer.remaining == 0) or answer.status == "CONFIRMED"
        assert answer.artist.split()[0] in printed


def test_says_where_the_data_lies(demo: Demo) -> None:
    assert str(demo.data) in demo.printed
    assert "event-" in (demo.data / "demo.log").read_text()


# ---- what it leaves behind --------------------------------------------------------------------------------------------


def test_counts_every_customers_streams(demo: Demo, log: Log) -> None:
    decode = Int64().decoder(customer_stream_count.OUTPUT, is_key=False)

    counts = expected.stream_counts(demo.records).select("customerid", "streams")
    assert latest(log, customer_stream_count.OUTPUT, decode) == dict(counts.iter_rows())


def test_ranks_every_customers_artists(demo: Demo, log: Log) -> None:
    expected.check_rankings(latest(log, top_customer_artists.OUTPUT, Decoder(Ranking).decode), demo.records)


def test_answers_every_ticket_request(demo: Demo, log: Log) -> None:
    answers = list(read_all(log, purchase_event_ticket.OUTPUT, Decoder(Confirmation).decode))

    assert len(answers) == 1_500
    expected.check_sales(answers, demo.records)


def headrace(demo: Demo, *arguments: str) -> str:
    """What a command prints that is run where the demo says, on its data."""
    command = [str(Path(sys.executable).with_name("headrace")), *arguments]
    environment = {"HEADRACE_DATA_DIR": str(demo.data), "PATH": "/usr/bin:/bin"}
    result = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def consumed(demo: Demo, topic: str, *options: str) -> list[tuple[str, Any]]:
    """Keys and values as `headrace consume` prints them."""
    lines = headrace(demo, "consume", topic, "--json", *options).splitlines()
    return [(record["key"], record["value"]) for record in map(json.loads, lines)]


def test_counts_can_be_read_with_headrace_consume(demo: Demo) -> None:
    printed = consumed(demo, customer_stream_count.OUTPUT, "--value-format", "int64")

    assert len(printed) == 8_000
    assert dict(printed) == dict(expected.stream_counts(demo.records).select("customerid", "streams").iter_rows())


def test_rankings_can_be_read_with_headrace_consume(demo: Demo) -> None:
    expected.check_rankings(dict(consumed(demo, top_customer_artists.OUTPUT)), demo.records)


def test_ticket_answers_can_be_read_with_headrace_consume(demo: Demo) -> None:
    printed = consumed(demo, purchase_event_ticket.OUTPUT)

    expected.check_sales([(event, convert(answer, Confirmation)) for event, answer in printed], demo.records)


def test_every_command_that_it_recommends_works(demo: Demo) -> None:
    steps = section(demo.printed, "What to try next", "\0").replace("\\\n", " ").splitlines()
    commands = [line.split()[1:] for line in steps if line.split()[:1] == ["headrace"]]

    assert len(commands) >= 6
    assert all(headrace(demo, *command) or command[0] == "run" for command in commands)


def test_refuses_a_directory_with_data(demo: Demo) -> None:
    result = run_demo("--data", str(demo.data), *SIZES)

    assert result.returncode == 1
    assert "there is mock data in the log already" in result.stderr


def section(printed: str, begin: str, end: str) -> str:
    """The lines between two titles."""
    return "\n".join(line.rstrip() for line in printed.partition(begin)[2].partition(end)[0].splitlines())


def number(text: str) -> int:
    """A number with commas."""
    return int(text.replace(",", ""))
