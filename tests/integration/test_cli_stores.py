"""Stores of the rarer kinds, as the command line shows them."""

import pytest

from support.command_line import CommandLine

PROGRAM = """
from headrace import BufferConfig, Consumed, Materialized, StreamsBuilder, Suppressed, TumblingWindows

TEXT = Consumed(key=str, value=str)

def build(builder):
    builder.table("prices", TEXT, Materialized("prices-over-time", history="1h"))
    builder.global_table("countries", TEXT, materialized=Materialized("names"))
    windows = TumblingWindows(size="10s", grace="0s")
    counts = builder.stream("in", TEXT).group_by_key().windowed_by(windows).count(name="windows")
    counts.suppress(Suppressed.until_window_closes(BufferConfig.unbounded(), name="final")).to_stream().to("out")
    builder.table("ids", Consumed(key=int, value=dict), Materialized("by-id"))
"""


@pytest.fixture
def ran(cli: CommandLine) -> CommandLine:
    cli.file("prog.py", PROGRAM)
    cli.ok("topics", "create", "prices", "countries", "in", "ids")
    for time, price in ((1_000, "10"), (5_000, "12")):
        cli.ok("produce", "prices", "--timestamp", str(time), stdin=f"ACME\t{price}")
    cli.ok("produce", "countries", stdin="de\tGermany")
    cli.ok("produce", "in", "--timestamp", "1000", stdin="k\tx")
    cli.ok("produce", "ids", "--key-format", "int64", stdin='7\t{"name": "seven"}\n-7\t{"name": "minus"}')
    cli.ok("run", "prog.py", "--until-end")
    return cli


def get(cli: CommandLine, *arguments: str):
    return cli.ok("stores", "get", "prog.py", "--json", *arguments).json_lines


def test_a_versioned_store_answers_for_a_time(ran: CommandLine):
    (now,) = get(ran, "prices-over-time", "ACME")
    (then,) = get(ran, "prices-over-time", "ACME", "--as-of", "1970-01-01T00:00:03Z")

    assert (now["value"], now["timestamp"], now["valid_to"]) == ("12", 5_000, None)
    assert (then["value"], then["timestamp"], then["valid_to"]) == ("10", 1_000, 5_000)
    assert "single keys only" in ran("stores", "range", "prog.py", "prices-over-time").err


def test_only_versioned_stores_know_the_past(ran: CommandLine):
    outcome = ran("stores", "get", "prog.py", "names", "de", "--as-of", "5")

    assert outcome.code == 2
    assert "--as-of is for versioned stores" in outcome.err


def test_a_global_store_is_read_from_disk(ran: CommandLine):
    assert get(ran, "names", "de")[0]["value"] == "Germany"
    assert "is not on disk" in ran("stores", "get", "prog.py", "names", "de", "-o", "engine=memory").err


def test_keys_are_read_by_the_format_of_the_store(ran: CommandLine):
    assert get(ran, "by-id", "7")[0]["value"] == {"name": "seven"}
    assert ran.ok("stores", "range", "prog.py", "by-id", "--from", "7", "--to", "7", "--json").json_lines[0]["key"] == 7
    assert "'seven' is no Int64" in ran("stores", "get", "prog.py", "by-id", "seven").err


def test_a_negative_number_is_a_key(ran: CommandLine):
    assert get(ran, "by-id", "--", "-7")[0]["value"] == {"name": "minus"}


def test_buffers_are_listed_but_not_read(ran: CommandLine):
    rows = {row["store"]: row for row in ran.ok("stores", "list", "prog.py", "--json").json}
    (buffer,) = [name for name, row in rows.items() if row["kind"] == "suppress-buffer"]

    assert rows[buffer]["tasks"] is None
    assert "is a buffer of the engine's own" in ran("stores", "get", "prog.py", buffer, "k").err
