"""A record that kills the process again and again is found, and goes the way of the policy."""

import subprocess
import sys
from pathlib import Path

from headrace import TopicPartition
from headrace.log.api import NewTopic, RecordColumns
from headrace.log.embedded import open_log

PROGRAM = Path(__file__).with_name("poison_program.py")


def fill(data: Path) -> None:
    log = open_log(data / "log")
    log.admin().create_topics([NewTopic("in", 2), NewTopic("out", 1), NewTopic("dead", 1)])
    producer = log.producer()
    for partition, values in enumerate((["a", "b", "poison", "c"], ["d", "e"])):
        columns = RecordColumns()
        for number, value in enumerate(values):
            columns.append(b"k", value.encode(), number)
        producer.append("in", partition, columns)
    producer.flush()
    producer.close()
    log.close()


def values(data: Path, topic: str) -> list[str]:
    log = open_log(data / "log")
    reader = log.reader()
    reader.assign({TopicPartition(topic, 0): 0})
    found = [value.decode() for batch in reader.poll(100, 0.0) for value in batch.values if value is not None]
    reader.close()
    log.close()
    return found


def lives(data: Path, policy: str) -> tuple[int, int, str]:
    """Runs until the program ends by itself: how often it died, its exit code, what it printed."""
    for deaths in range(12):
        command = [sys.executable, str(PROGRAM), str(data), policy]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if ran.returncode != -9:
            return deaths, ran.returncode, ran.stdout
    message = "the program dies for ever"
    raise AssertionError(message)


def test_a_poison_record_is_dead_lettered_and_nothing_else_is_lost(tmp_path: Path) -> None:
    fill(tmp_path)
    deaths, code, _ = lives(tmp_path, "dlq")
    assert code == 0
    assert 3 <= deaths <= 6
    assert sorted(values(tmp_path, "out")) == ["A", "B", "C", "D", "E"]
    assert values(tmp_path, "dead") == ["poison"]


def test_with_the_policy_fail_the_application_stops_and_names_the_record(tmp_path: Path) -> None:
    fill(tmp_path)
    _, code, printed = lives(tmp_path, "fail")
    assert code == 3
    assert "killed the process again and again" in printed
    assert "topic 'in', partition 0, offset 2" in printed
