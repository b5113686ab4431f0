"""Global stores: complete before any record, over all partitions, one processor for all of them; bad input."""

from pathlib import Path
from typing import Any

import pytest

from headrace import (
    Json,
    Materialized,
    ProcessingError,
    Processor,
    Produced,
    Record,
    StoreKind,
    StoreSpec,
    StreamsBuilder,
    String,
    Topology,
)
from headrace.core.errors import DecodeError
from headrace.log.memory import MemoryLog
from support import tasks as bench
from support.running import make_app


def joined() -> Topology:
    builder = StreamsBuilder()
    names = builder.global_table("names", materialized=Materialized("names"))
    stream = builder.stream("in")
    stream.join(names, lambda left, right: [left, right], key=lambda key, value: value).to("out", Produced(value=Json()))
    return builder.build()


@pytest.fixture
def filled(log: MemoryLog) -> MemoryLog:
    bench.make_topics(log, names=3, **{"in": 1, "out": 1})
    for partition in range(3):
        bench.write(log, "names", (f"n{partition}".encode(), f'"name {partition}"'.encode(), 5), partition=partition)
    bench.write(log, "in", *((b"k", f'"n{n}"'.encode(), n) for n in range(4)))
    return log


def test_all_partitions_are_there_before_the_first_record(filled: MemoryLog, tmp_path: Path) -> None:
    make_app(filled, tmp_path, joined()).run(until_end=True)
    found = [value for _, value, _ in bench.read(filled, "out")]
    assert found == [f'["n{n}","name {n}"]'.encode() for n in range(3)]


def test_it_is_filled_anew_at_each_start_and_rows_deleted_meanwhile_are_gone(filled: MemoryLog, tmp_path: Path) -> None:
    make_app(filled, tmp_path, joined(), engine="rocksdb").run(until_end=True)
    filled.admin().delete_topics(["names"])
    bench.make_topics(filled, names=1)
    bench.write(filled, "names", (b"n9", b'"name 9"', 5))
    with make_app(filled, tmp_path, joined(), engine="rocksdb") as app:
        app.wait_until_running()
        assert [key for key, _ in app.store("names").all()] == ["n9"]


def test_what_comes_while_it_runs_is_seen(filled: MemoryLog, tmp_path: Path) -> None:
    with make_app(filled, tmp_path, joined()) as app:
        app.wait_until_running()
        bench.write(filled, "names", (b"late", b'"later"', 9), partition=2)
        while app.store("names").get("late") is None:
            app.wait("5ms")


def test_a_record_that_cannot_be_read_is_named(filled: MemoryLog, tmp_path: Path) -> None:
    bench.write(filled, "names", (b"k", b"{", 9), partition=1)
    with pytest.raises(DecodeError, match="topic 'names', partition 1, offset 1"):
        make_app(filled, tmp_path, joined()).run(until_end=True)


@pytest.mark.parametrize("policy", ["skip", "dlq"])
def test_a_record_that_cannot_be_read_may_be_skipped_and_is_never_dead_lettered(
    filled: MemoryLog, tmp_path: Path, policy: str
) -> None:
    bench.write(filled, "names", (b"k", b"{", 9), (b"more", b"1", 9), partition=1)
    app = make_app(filled, tmp_path, joined(), on_decode_error=policy, dlq_topic="dead")
    app.run(until_end=True)
    assert bench.read(filled, "dead") == []
    assert app.metrics.total("headrace_skipped_records_total", stage="decode") == 1


class Fills(Processor[str, Any, None, None]):
    """Writes what it gets into its store."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1

    def process(self, record: Record[str, Any]) -> None:
        if record.value == "bad":
            message = "no such name"
            raise LookupError(message)
        self.context.store("names").put(record.key, record.value)


def with_own_processor() -> Topology:
    builder = StreamsBuilder()
    spec = StoreSpec(name="names", kind=StoreKind.KEY_VALUE, key_format=String(), value_format=Json())
    builder.add_global_store(spec, "names", Fills)
    builder.stream("in").to("out")
    return builder.build()


def test_one_processor_of_the_user_s_fills_the_store_from_all_partitions(filled: MemoryLog, tmp_path: Path) -> None:
    topology = with_own_processor()
    Fills.made = 0
    with make_app(filled, tmp_path, topology) as app:
        app.wait_until_running()
        assert app.store("names").all() == [(f"n{n}", f"name {n}") for n in range(3)]
    assert Fills.made == 1


def test_a_processor_that_raises_names_the_record_and_goes_the_way_of_the_policy(filled: MemoryLog, tmp_path: Path) -> None:
    bench.write(filled, "names", (b"k", b'"bad"', 9), (b"more", b'"good"', 9), partition=1)
    with pytest.raises(ProcessingError, match=r"no such name \(task .*topic 'names', partition 1, offset 1\)"):
        make_app(filled, tmp_path, with_own_processor()).run(until_end=True)
    with make_app(filled, tmp_path, with_own_processor(), on_process_error="skip") as app:
        app.wait_until_running()
        assert app.store("names").get("more") == "good"
