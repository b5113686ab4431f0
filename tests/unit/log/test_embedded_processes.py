"""The embedded log under several processes and threads at once."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from log_bench import Bench, columns

from headrace.core.errors import OwnedError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import Log
from headrace.log.embedded import open_log

A = TopicPartition("a", 0)
B = TopicPartition("b", 0)
COMMITS = 30
RECORDS = 20

_spawn = multiprocessing.get_context("spawn")


def _produce(directory: Path, name: str, ready: Connection) -> None:
    log = open_log(directory)
    ready.send("ready")
    ready.recv()
    _commit_many(log, name)
    log.close()


def _commit_many(log: Log, name: str) -> None:
    """Transactions over two topics, with the same records in both."""
    producer = log.producer(name)
    for commit in range(COMMITS):
        producer.begin()
        for where in (A, B):
            pairs = ((name.encode(), b"%d" % (commit * RECORDS + i)) for i in range(RECORDS))
            producer.append(where.topic, where.partition, columns(pairs))
        producer.commit()
    producer.close()


def _own_and_wait(directory: Path, ready: Connection) -> None:
    with open_log(directory).own("app"):
        ready.send("owned")
        ready.recv()


def _check_all_read(rows: list[tuple[int, bytes | None, bytes | None]], names: list[str]) -> None:
    assert [row[0] for row in rows] == list(range(len(names) * COMMITS * RECORDS))
    for name in names:
        own = [int(value or b"") for _, key, value in rows if key == name.encode()]
        assert own == list(range(COMMITS * RECORDS))
    for first in range(0, len(rows), RECORDS):
        assert len({key for _, key, _ in rows[first : first + RECORDS]}) == 1


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Log]:
    log = open_log(tmp_path)
    bench = Bench(log)
    bench.topic("a")
    bench.topic("b")
    yield log
    log.close()


def test_several_processes_produce_while_one_reads(opened: Log, tmp_path: Path) -> None:
    names = ["p0", "p1", "p2"]
    pipes = [_spawn.Pipe() for _ in names]
    children = [
        _spawn.Process(target=_produce, args=(tmp_path, name, theirs)) for name, (_, theirs) in zip(names, pipes, strict=True)
    ]
    for child in children:
        child.start()
    for ours, _ in pipes:
        assert ours.recv() == "ready"
    for ours, _ in pipes:
        ours.send("go")
    reader = opened.reader()
    reader.assign({A: 0, B: 0})
    rows: dict[TopicPartition, list[tuple[int, bytes | None, bytes | None]]] = {A: [], B: []}
    while sum(map(len, rows.values())) < 2 * len(names) * COMMITS * RECORDS:
        batches = reader.poll(500, 60)
        assert batches, "no record came for a minute"
        for batch in batches:
            found = zip(batch.offsets, batch.keys, batch.values, strict=True)
            rows[TopicPartition(batch.topic, batch.partition)].extend(found)
    for child in children:
        child.join()
        assert child.exitcode == 0
        child.close()
    _check_all_read(rows[A], names)
    assert rows[A] == rows[B]


def test_several_threads_produce_while_others_read(opened: Log) -> None:
    names = ["t0", "t1", "t2"]

    def read_all(where: TopicPartition) -> list[tuple[int, bytes | None, bytes | None]]:
        reader = opened.reader()
        reader.assign({where: 0})
        rows: list[tuple[int, bytes | None, bytes | None]] = []
        while len(rows) < len(names) * COMMITS * RECORDS and (batches := reader.poll(300, 60)):
            for batch in batches:
                rows.extend(zip(batch.offsets, batch.keys, batch.values, strict=True))
        reader.close()
        return rows

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read_all, where) for where in (A, B)]
        for writer in [pool.submit(_commit_many, opened, name) for name in names]:
            writer.result()
        first, second = (reader.result() for reader in readers)
    _check_all_read(first, names)
    assert first == second


def test_reading_and_producing_go_on_during_cleaning(opened: Log) -> None:
    bench = Bench(opened)
    stop = threading.Event()

    def clean_always() -> None:
        while not stop.is_set():
            opened.admin().clean()

    cleaner = threading.Thread(target=clean_always)
    cleaner.start()
    try:
        _commit_many(opened, "p")
        bench.admin.delete_records({A: RECORDS})
        rows = bench.rows(A)
    finally:
        stop.set()
        cleaner.join()
    assert [row[0] for row in rows] == list(range(RECORDS, COMMITS * RECORDS))


def test_the_owner_is_named_by_its_process_and_its_death_ends_the_ownership(opened: Log, tmp_path: Path) -> None:
    ours, theirs = _spawn.Pipe()
    child = _spawn.Process(target=_own_and_wait, args=(tmp_path, theirs))
    child.start()
    assert ours.recv() == "owned"
    with pytest.raises(OwnedError, match=f'"app" is already run by process {child.pid}'), opened.own("app"):
        pass
    with opened.own("other"):
        pass
    child.kill()
    child.join()
    child.close()
    with opened.own("app"):
        pass


def test_processes_that_start_together_make_one_log(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        logs = list(pool.map(lambda _: open_log(tmp_path / "new"), range(4)))
    Bench(logs[0]).topic("a")
    assert [list(log.admin().topics()) for log in logs] == [["a"]] * 4
    for log in logs:
        log.close()
