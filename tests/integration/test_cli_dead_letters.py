"""Dead letters on the command line: listed, shown, put back when the program is mended."""

import pytest

from support.command_line import CommandLine

BROKEN = """
from headrace import Consumed, Json, StreamsBuilder

def build(builder):
    numbers = builder.stream("numbers", Consumed(key=str, value=Json(int)))
    numbers.map_values(lambda number: 100 // number).to("shares")
"""
MENDED = BROKEN.replace("100 // number", "100 // (number or 1)")
OPTIONS = ("--app-id", "shop", "--log-level", "error", "-o", "on_process_error=dlq", "-o", "on_decode_error=dlq")


@pytest.fixture
def ran(cli: CommandLine) -> CommandLine:
    cli.file("prog.py", BROKEN)
    cli.ok("topics", "create", "numbers", "--partitions", "2")
    cli.ok("produce", "numbers", "--timestamp", "5000", "--partition", "1", stdin="a\t4\nb\t0\nc\tnone\n")
    cli.ok("run", "prog.py", "--until-end", *OPTIONS)
    return cli


def test_letters_are_listed_with_where_they_come_from_and_why(ran: CommandLine):
    rows = ran.ok("dlq", "ls", "shop", "--json").json
    assert [(row["topic"], row["partition"], row["offset"]) for row in rows] == [("numbers", 1, 1), ("numbers", 1, 2)]
    assert rows[0]["exception"] == "builtins.ZeroDivisionError"
    assert "division" in rows[0]["message"]
    assert len(ran.ok("dlq", "ls", "shop", "--exception", "Decode", "--json").json) == 1
    assert ran.ok("dlq", "ls", "shop", "--from-topic", "other").out == "there are no dead letters\n"
    assert len(ran.ok("dlq", "ls", "shop", "-n", "1", "--json").json) == 1


def test_one_is_shown_with_its_bytes_and_the_stack(ran: CommandLine):
    (place, *_) = (row["letter"] for row in ran.ok("dlq", "ls", "shop", "--json").json)
    shown = ran.ok("dlq", "show", "shop", place, "--json").json
    assert (shown["key"], shown["value"], shown["value_hex"]) == ("b", "0", "30")
    assert shown["time"] == "1970-01-01T00:00:05.000Z"
    assert "ZeroDivisionError" in shown["stacktrace"]
    text = ran.ok("dlq", "show", "shop", place, "--value-format", "json").out
    assert "exception  builtins.ZeroDivisionError" in text
    assert "Traceback" in text
    assert "no dead letter 0@99 of shop" in ran("dlq", "show", "shop", "0@99").err
    assert ran("dlq", "show", "shop", "first").code == 2


def test_what_was_put_back_is_processed_by_the_mended_program_once(ran: CommandLine):
    ran.file("mended.py", MENDED)
    would = ran.ok("dlq", "replay", "shop", "--exception", "ZeroDivision", "--dry-run")
    assert would.lines[-1] == "would put 1 of 1 letter(s) back"
    assert len(ran.ok("consume", "numbers").lines) == 3
    ran.ok("dlq", "replay", "shop", "--exception", "ZeroDivision")
    letters = [line for line in ran.ok("consume", "numbers", "--json").json_lines if line["key"] == "b"]
    assert [(found["partition"], found["timestamp"], found["value"], "headers" in found) for found in letters] == [
        (1, 5000, "0", False),
        (1, 5000, "0", False),
    ]
    ran.ok("run", "mended.py", "--until-end", *OPTIONS)
    assert [line["value"] for line in ran.ok("consume", "shares", "--json").json_lines if line["key"] == "b"] == ["100"]


def test_a_replay_goes_on_where_the_last_one_ended(ran: CommandLine):
    assert len(ran.ok("dlq", "ls", "shop", "--waiting", "--json").json) == 2
    assert ran.ok("dlq", "replay", "shop").lines[-1] == "put 2 of 2 letter(s) back"
    assert ran.ok("dlq", "ls", "shop", "--waiting", "--json").json == []
    assert ran.ok("dlq", "replay", "shop").lines[-1] == "put 0 of 0 letter(s) back"
    assert ran.ok("dlq", "replay", "shop", "--all", "--dry-run").lines[-1] == "would put 2 of 2 letter(s) back"
    (first, _) = (row["letter"] for row in ran.ok("dlq", "ls", "shop", "--json").json)
    assert ran.ok("dlq", "replay", "shop", "--letter", first).lines[-1] == "put 1 of 1 letter(s) back"


def test_letters_of_a_topic_that_is_gone_stay_where_they_are(ran: CommandLine):
    ran.ok("topics", "delete", "numbers", "--yes")
    refused = ran("dlq", "replay", "shop")
    assert refused.code == 1
    assert "'numbers', which does not exist any more" in refused.err
    assert len(ran.ok("dlq", "ls", "shop", "--waiting", "--json").json) == 2


def test_an_application_without_letters_is_told_what_topics_there_are(ran: CommandLine):
    refused = ran("dlq", "ls", "shops")
    assert refused.code == 1
    assert "shops-dlq" in refused.err
