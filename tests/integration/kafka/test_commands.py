"""The commands for those who operate an application, with its log on brokers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.log.api import Log, NewTopic, RecordColumns
from support.command_line import CommandLine, command_line

PROGRAM = """
from headrace import Consumed, Json, StreamsBuilder

def build(builder):
    numbers = builder.stream("numbers", Consumed(key=str, value=Json(int)))
    numbers.map_values(lambda number: 100 // number).group_by_key().count(name="counts")
"""
OPTIONS = ("--app-id", "shop", "--log-level", "error", "-o", "on_process_error=dlq")


@pytest.fixture
def cli(
    tmp_path: Path, bootstrap: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[CommandLine]:
    monkeypatch.setenv("HEADRACE_BOOTSTRAP", bootstrap)
    with command_line(tmp_path, monkeypatch, capsys) as line:
        yield line


def test_plan_lag_and_dead_letters(kafka: Log, cli: CommandLine) -> None:
    kafka.admin().create_topics([NewTopic("numbers", 2)])
    producer, columns = kafka.producer(), RecordColumns()
    for key, value in ((b"a", b"4"), (b"b", b"0")):
        columns.append(key, value, 5_000, (("trace", b"7"),))
    producer.append("numbers", 1, columns)
    producer.flush()
    producer.close()
    cli.file("prog.py", PROGRAM)
    assert {row["verdict"] for row in cli.ok("plan", "prog.py", "--app-id", "shop", "--json").json} == {"new"}
    cli.ok("run", "prog.py", "--until-end", *OPTIONS)
    assert {row["verdict"] for row in cli.ok("plan", "prog.py", "--app-id", "shop", "--json").json} == {"reuse"}
    assert sum(row["lag"] for row in cli.ok("lag", "shop", "--json").json) == 0

    (letter,) = cli.ok("dlq", "ls", "shop", "--json").json
    assert (letter["topic"], letter["partition"], letter["offset"]) == ("numbers", 1, 1)
    shown = cli.ok("dlq", "show", "shop", letter["letter"], "--json").json
    assert (shown["key"], shown["value"], shown["headers"]) == ("b", "0", [["trace", "7"]])
    assert cli.ok("dlq", "replay", "shop").lines[-1] == "put 1 of 1 letter(s) back"
    assert cli.ok("dlq", "replay", "shop").lines[-1] == "put 0 of 0 letter(s) back"
    behind = {row["partition"]: row["lag"] for row in cli.ok("lag", "shop", "--json").json if row["topic"] == "numbers"}
    assert behind[1] >= 1
