"""Commands over an application that ran in this process: stores, groups, reset, failures."""

import json

import pytest

from support.command_line import CommandLine

PROGRAM = """
from datetime import timedelta
from headrace import Consumed, Grouped, Materialized, SessionWindows, StreamsBuilder, TumblingWindows

def build(builder):
    words = builder.stream("in", Consumed(key=str, value=str)).group_by_key()
    words.count(name="counts").to_stream().to("out")
    words.windowed_by(TumblingWindows(size="10s", grace="0s")).count(name="windows")
    words.windowed_by(SessionWindows(gap="5s", grace="0s")).count(name="sessions")
"""

INPUT = "".join(
    f'{{"key": "{key}", "value": "x", "timestamp": {time}}}\n' for key, time in [("a", 0), ("b", 1_000), ("a", 12_000)]
)


@pytest.fixture
def ran(cli: CommandLine) -> CommandLine:
    """An application that has counted three records in two partitions."""
    cli.file("prog.py", PROGRAM)
    cli.ok("topics", "create", "in", "-p", "2")
    cli.ok("produce", "in", stdin=INPUT)
    cli.ok("run", "prog.py", "--until-end")
    return cli


def test_run_says_what_it_did(cli: CommandLine):
    cli.file("prog.py", PROGRAM)
    cli.ok("topics", "create", "in")
    cli.ok("produce", "in", stdin=INPUT)

    said = cli.ok("run", "prog.py", "--until-end").err

    assert "running prog on .headrace, reading in, until its input is processed" in said
    assert "stopped: 3 records read in " in said


def test_run_says_how_many_records_were_dropped_and_why(cli: CommandLine):
    cli.file("prog.py", PROGRAM)
    cli.ok("topics", "create", "in")
    cli.ok("produce", "in", stdin=INPUT + '{"key": "a", "value": "x", "timestamp": 0}\n')

    one_reason = cli.ok("run", "prog.py", "--until-end").err
    cli.ok("produce", "in", stdin="no key\n")
    two_reasons = cli.ok("run", "prog.py", "--until-end", "--log-level", "error").err

    assert "stopped: 4 records read, 2 dropped (late) in " in one_reason
    assert "records_dropped reason=late records=1 node=windows line=" in one_reason
    assert "stopped: 1 record read, 3 dropped (null key) in " in two_reasons
    assert "records_dropped" not in two_reasons


def test_run_says_how_many_records_an_error_policy_took_out(cli: CommandLine):
    cli.file("prog.py", "def build(builder): builder.stream('in').map_values(lambda value: 1 // 0).to('out')\n")
    cli.ok("topics", "create", "in")
    cli.ok("produce", "in", stdin="1\n2\n")

    said = cli.ok("run", "prog.py", "--until-end", "-o", "on_process_error=dlq").err

    assert "stopped: 2 records read, 2 written to the dead letter topic in " in said


def test_an_entry_that_is_missing_is_told_with_what_may_be_behind_it(ran: CommandLine):
    window = ran("stores", "get", "prog.py", "windows", "z").err
    value = ran("stores", "get", "prog.py", "counts", "z").err
    ran.ok("reset", "prog", "--yes")
    after_reset = ran("stores", "get", "prog.py", "counts", "a").err

    assert window == (
        "error: store 'windows' has nothing for 'z'\n  hint: its windows expire after 10s of stream time (retention); "
        "Materialized(retention=...) keeps them longer\n"
    )
    assert value == "error: store 'counts' has nothing for 'z'\n"
    assert "hint: application 'prog' has not processed anything yet, or was reset" in after_reset


def test_events_are_json_lines_if_asked_for(cli: CommandLine):
    cli.file("prog.py", PROGRAM)
    said = cli.ok("run", "prog.py", "--until-end", "--log-format", "json").err

    assert {json.loads(line)["event"] for line in said.splitlines()} >= {"state_changed"}


@pytest.mark.parametrize("engine", ["rocksdb", "memory"])
def test_reads_stores_from_disk_or_changelog(ran: CommandLine, engine):
    entries = ran.ok("stores", "range", "prog.py", "counts", "--json", "-o", f"engine={engine}").json_lines

    assert sorted((entry["key"], entry["value"], entry["timestamp"]) for entry in entries) == [
        ("a", 2, 12_000),
        ("b", 1, 1_000),
    ]


@pytest.mark.parametrize("engine", ["rocksdb", "memory"])
def test_reads_windows_and_sessions(ran: CommandLine, engine):
    windows = ran.ok("stores", "get", "prog.py", "windows", "a", "--json", "-o", f"engine={engine}").json_lines
    sessions = ran.ok("stores", "get", "prog.py", "sessions", "a", "--json", "-o", f"engine={engine}").json_lines

    assert [(entry["start"], entry["end"], entry["value"]) for entry in windows][-1] == (10_000, 20_000, 1)
    assert [(entry["start"], entry["end"], entry["value"]) for entry in sessions][-1] == (12_000, 12_000, 1)


def test_a_range_of_keys_includes_both_ends(ran: CommandLine):
    ran.ok("produce", "in", stdin="c\tx\n")
    ran.ok("run", "prog.py", "--until-end")

    entries = ran.ok("stores", "range", "prog.py", "counts", "--from", "b", "--to", "c", "--json").json_lines
    assert sorted(entry["key"] for entry in entries) == ["b", "c"]
    assert len(ran.ok("stores", "range", "prog.py", "counts", "--max", "1").lines) == 1


def test_a_key_that_is_not_there_is_a_failure(ran: CommandLine):
    outcome = ran("stores", "get", "prog.py", "counts", "z")

    assert (outcome.code, outcome.out) == (1, "")
    assert "has nothing for 'z'" in outcome.err


def test_an_unknown_store_is_told_with_those_there_are(ran: CommandLine):
    assert "there are: counts, windows, sessions" in ran("stores", "get", "prog.py", "nix", "a").err


def test_lists_stores(ran: CommandLine):
    rows = {row["store"]: row for row in ran.ok("stores", "list", "prog.py", "--json").json}

    assert set(rows) == {"counts", "windows", "sessions"}
    assert rows["counts"]["tasks"] == 2
    assert rows["counts"]["entries"] == 2
    assert rows["counts"]["changelog"] == "prog-counts-changelog"


def test_a_damaged_changelog_name_is_no_store(ran: CommandLine):
    """Stores of an application that has never run on this log are empty, and nothing is made by looking."""
    ran.ok("stores", "range", "prog.py", "counts", "--app-id", "other")

    assert not (ran.folder / ".headrace" / "state" / "other").exists()
    assert not [t for t in ran.ok("topics", "list", "--json").json if t["topic"].startswith("other")]


def test_groups_have_positions_and_lag(ran: CommandLine):
    ran.ok("produce", "in", stdin=INPUT)

    (group,) = ran.ok("groups", "list", "--json").json
    rows = ran.ok("groups", "describe", "prog", "--json").json

    assert (group["group"], group["kind"], group["lag"]) == ("prog", "application", 3)
    assert sum(row["lag"] for row in rows) == 3
    assert {row["topic"] for row in rows} == {"in"}


def test_positions_of_a_group_are_moved_and_deleted(ran: CommandLine):
    ran.ok("consume", "in", "--group", "mine")
    ran.ok("groups", "reset", "mine", "--to", "beginning", "--dry-run")
    assert ran.ok("consume", "in", "--group", "mine").out == ""
    ran.ok("groups", "reset", "mine", "--to", "beginning")
    assert len(ran.ok("consume", "in", "--group", "mine").lines) == 3
    ran.ok("groups", "delete", "mine")

    assert ran("groups", "describe", "mine").code == 1


def test_printing_does_not_move_an_application(ran: CommandLine):
    outcome = ran("consume", "in", "--group", "prog")

    assert outcome.code == 2
    assert "is the group of an application" in outcome.err


def test_a_reset_starts_over(ran: CommandLine):
    before = ran.ok("stores", "range", "prog.py", "counts").lines
    ran.ok("reset", "prog")
    assert [t["topic"] for t in ran.ok("topics", "list", "--json").json] == ["in", "out"]
    assert not (ran.folder / ".headrace" / "state" / "prog").exists()

    ran.ok("run", "prog.py", "--until-end")

    assert ran.ok("stores", "range", "prog.py", "counts").lines == before
    assert len(ran.ok("consume", "out").lines) == 4


def test_a_reset_to_the_end_reads_nothing_again(ran: CommandLine):
    ran.ok("reset", "prog", "--to", "end")

    assert "stopped: 0 records read" in ran.ok("run", "prog.py", "--until-end").err


def test_a_dry_run_of_a_reset_changes_nothing(ran: CommandLine):
    before = (ran.ok("topics", "list", "--json").json, ran.ok("groups", "describe", "prog", "--json").json)

    said = ran.ok("reset", "prog", "--dry-run").out

    assert "would delete topic prog-counts-changelog" in said
    assert "would move in-0 from" in said
    assert (ran.ok("topics", "list", "--json").json, ran.ok("groups", "describe", "prog", "--json").json) == before
    assert (ran.folder / ".headrace" / "state" / "prog").exists()


def test_a_reset_leaves_applications_with_longer_names_alone(ran: CommandLine):
    ran.ok("run", "prog.py", "--until-end", "--app-id", "prog-eu")

    ran.ok("reset", "prog")

    left = [t["topic"] for t in ran.ok("topics", "list", "--json").json if t["internal"]]
    assert left
    assert all(name.startswith("prog-eu-") for name in left)


def test_an_unknown_application_is_told_with_those_there_are(ran: CommandLine):
    outcome = ran("reset", "porg")

    assert outcome.code == 1
    assert "known there: prog" in outcome.err


def test_a_failure_names_the_record_and_the_line(cli: CommandLine):
    path = cli.file("prog.py", 'def build(builder):\n    builder.stream("in").map_values(lambda value: 1 // 0).to("out")\n')
    cli.ok("topics", "create", "in")
    cli.ok("produce", "in", stdin='k\t{"n": 1}\n')

    outcome = cli("run", "prog.py", "--until-end")

    assert outcome.code == 3
    assert f"ZeroDivisionError at {path}:2 in <lambda>" in outcome.err
    assert "offset 0" in outcome.err
    assert "the full traceback is in" in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.err.count("ZeroDivisionError") == 1
