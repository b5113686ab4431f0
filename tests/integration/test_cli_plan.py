"""`headrace plan`: what a changed program finds of what its last version has left."""

import pytest

from support.command_line import CommandLine

FIRST = """
from headrace import Consumed, Grouped, StreamsBuilder

def build(builder):
    words = builder.stream("words", Consumed(key=str, value=str))
    words.group_by(lambda key, word: word, Grouped(key=str, value=str, name="by-word")).count(name="counts")
    words.group_by_key().count(name="lines")
"""
SECOND = FIRST.replace('count(name="lines")', 'count(name="rows")')
WINDOWS = FIRST.replace('group_by_key().count(name="lines")', 'group_by_key().windowed_by(W).count(name="lines")').replace(
    "def build", 'from headrace import TumblingWindows\nW = TumblingWindows(size="1m", grace="0s")\n\ndef build'
)
ID = ("--app-id", "shop")


@pytest.fixture
def ran(cli: CommandLine) -> CommandLine:
    cli.file("prog.py", FIRST)
    cli.ok("topics", "create", "words", "--partitions", "2")
    cli.ok("produce", "words", stdin="a\tto\nb\tbe\n")
    return cli


def plan(cli: CommandLine, program: str = "prog.py") -> dict[tuple[str, str], str]:
    rows = cli("plan", program, *ID, "--json").json
    return {(row["kind"], row["name"]): row["verdict"] for row in rows}


def test_before_the_first_run_everything_is_new(ran: CommandLine):
    found = plan(ran)
    assert set(found.values()) == {"new"}
    assert set(found) == {
        ("input", "words"),
        ("store", "counts"),
        ("store", "lines"),
        ("changelog", "shop-counts-changelog"),
        ("changelog", "shop-lines-changelog"),
        ("repartition", "shop-by-word-repartition"),
    }


def test_an_unchanged_program_reuses_everything(ran: CommandLine):
    ran.ok("run", "prog.py", "--until-end", *ID, "--log-level", "error")
    assert set(plan(ran).values()) == {"reuse"}
    outcome = ran.ok("plan", "prog.py", *ID)
    assert "goes on at" in outcome.out
    assert outcome.err == "6 reuse\n"


def test_a_store_by_another_name_begins_anew_and_leaves_an_orphan(ran: CommandLine):
    ran.ok("run", "prog.py", "--until-end", *ID, "--log-level", "error")
    ran.file("second.py", SECOND)
    found = plan(ran, "second.py")
    assert (found["store", "counts"], found["store", "rows"]) == ("reuse", "new")
    assert found["changelog", "shop-lines-changelog"] == "orphan"
    orphans = [name for (kind, name), verdict in found.items() if kind == "state" and verdict == "orphan"]
    assert [name.partition("/")[2] for name in orphans] == ["lines", "lines"]


def test_without_local_state_stores_come_from_their_changelogs(ran: CommandLine):
    ran.ok("run", "prog.py", "--until-end", *ID, "--log-level", "error", "-o", "engine=memory")
    found = plan(ran)
    assert (found["store", "counts"], found["store", "lines"]) == ("restore", "restore")


def test_a_store_of_another_kind_under_the_same_name_is_a_conflict(ran: CommandLine):
    ran.ok("run", "prog.py", "--until-end", *ID, "--log-level", "error")
    ran.file("windows.py", WINDOWS)
    outcome = ran("plan", "windows.py", *ID)
    assert outcome.code == 1
    assert "a store of another kind had this name" in outcome.out
    assert plan(ran, "windows.py")["store", "lines"] == "conflict"


def test_more_partitions_than_internal_topics_have_is_a_conflict(ran: CommandLine):
    ran.ok("run", "prog.py", "--until-end", *ID, "--log-level", "error")
    ran.ok("topics", "delete", "words", "--yes")
    ran.ok("topics", "create", "words", "--partitions", "4")
    outcome = ran("plan", "prog.py", *ID)
    assert outcome.code == 1
    assert "has 2 partition(s), the program wants 4" in outcome.out
