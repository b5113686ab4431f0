"""The embedded log after SIGKILL: whatever was committed is whole, and nothing half is to be seen."""

from __future__ import annotations

import multiprocessing
import random
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from headrace.core.identifiers import TopicPartition
from headrace.log.api import Log, NewTopic, Position, RecordColumns, TopicConfig
from headrace.log.embedded import open_log

OUT = TopicPartition("out", 0)
TABLE = TopicPartition("table", 0)
SOURCE = TopicPartition("source", 0)
KEYS = 7
KILLS = 6

_spawn = multiprocessing.get_context("spawn")


def _commit_for_ever(directory: Path, durability: str, acknowledged: Connection) -> None:
    """Each transaction n writes n records to `out`, one to `table`, and the position n; it tells what was committed."""
    log = open_log(directory, durability=durability)  # type: ignore[arg-type]
    admin = log.admin()
    admin.create_topics([NewTopic("out", 1), NewTopic("table", 1, TopicConfig(cleanup="compact")), NewTopic("source", 1)])
    producer = log.producer("t")
    number = _committed(log)
    while True:
        number += 1
        producer.begin()
        for where, count in ((OUT, 1 + number % 400), (TABLE, 1)):
            columns = RecordColumns()
            for _ in range(count):
                columns.append(b"%d" % (number % KEYS), b"%d" % number, number)
            producer.append(where.topic, where.partition, columns)
        producer.send_positions("g", {SOURCE: Position(number, str(number))})
        producer.commit()
        acknowledged.send(number)
        if number % 10 == 0:
            admin.clean()


def _committed(log: Log) -> int:
    return log.admin().positions("g").get(SOURCE, Position(0)).offset


def _values(log: Log, where: TopicPartition) -> list[int]:
    reader = log.reader()
    reader.assign({where: 0})
    found: list[int] = []
    while batches := reader.poll(100_000, 0):
        for batch in batches:
            found.extend(int(value or b"") for value in batch.values)
    reader.close()
    return found


def _check(directory: Path, acknowledged: int) -> None:
    log = open_log(directory)
    committed = _committed(log)
    assert committed in (acknowledged, acknowledged + 1), "a commit that was acknowledged is lost"
    assert log.admin().positions("g")[SOURCE].metadata == str(committed)
    assert _values(log, OUT) == [number for number in range(1, committed + 1) for _ in range(1 + number % 400)]
    assert log.admin().end_offsets([TABLE]) == {TABLE: committed}
    log.admin().clean()
    assert _values(log, TABLE) == list(range(max(1, committed - KEYS + 1), committed + 1))
    log.close()


def _last(acknowledgements: Connection, last: int) -> int:
    """The last number that a dead process has sent."""
    try:
        while True:
            last = acknowledgements.recv()
    except (EOFError, OSError):  # the last one may be torn
        return last


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_topics_and_position_agree_after_each_kill(tmp_path: Path, durability: str) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    acknowledged = 0
    for _ in range(KILLS):
        ours, theirs = _spawn.Pipe(duplex=False)
        child = _spawn.Process(target=_commit_for_ever, args=(tmp_path, durability, theirs))
        child.start()
        theirs.close()
        acknowledged = ours.recv()
        for _ in range(chance.randrange(30)):
            acknowledged = ours.recv()
        # Somewhere within the next transactions: the moment is what this test is about.
        time.sleep(chance.uniform(0, 0.02))
        child.kill()
        child.join()
        child.close()
        acknowledged = _last(ours, acknowledged)
        ours.close()
        _check(tmp_path, acknowledged)
