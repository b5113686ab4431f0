"""`python -m utopia.mockdata`, as it is typed."""

from pathlib import Path

from click.testing import CliRunner, Result
from utopia.entities import ENTITY_OF, STREAMS
from utopia.mockdata.__main__ import main

from headrace.core.identifiers import TopicPartition
from headrace.log.embedded import open_log


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def written(data: Path, topic: str) -> int:
    log = open_log(data / "log")
    count = log.admin().topics()[topic].partitions
    ends = log.admin().end_offsets([TopicPartition(topic, number) for number in range(count)])
    log.close()
    return sum(ends.values())


def test_writes_the_initial_load_and_goes_on_for_a_while(tmp_path: Path) -> None:
    result = run("--data", str(tmp_path), "--workshop", "--streams", "500", "--go-on-for", "61s", "--partitions", "2")

    assert result.exit_code == 0, result.output
    assert written(tmp_path, STREAMS) == 530
    assert all(topic in result.output for topic in ENTITY_OF)


def test_refuses_to_load_twice(tmp_path: Path) -> None:
    assert run("--data", str(tmp_path), "--workshop").exit_code == 0

    result = run("--data", str(tmp_path), "--workshop")

    assert result.exit_code == 1
    assert "there is mock data in the log already" in result.output
    assert written(tmp_path, STREAMS) == 1_000


def test_says_what_is_wrong_with_sizes(tmp_path: Path) -> None:
    result = run("--data", str(tmp_path), "--workshop", "--venues", "16")

    assert result.exit_code == 1
    assert "there are 15 venues, 16 are asked for" in result.output
