"""Producers and transactions: the same on every log."""

from __future__ import annotations

import pytest
from log_bench import Bench, columns

from headrace.core.errors import FencedError, LifecycleError, LogError, UnknownTopicError
from headrace.core.identifiers import TopicPartition
from headrace.log.api import Position, Producer, RecordColumns, TopicConfig


def _append(producer: Producer, where: TopicPartition, *values: bytes) -> None:
    producer.append(where.topic, where.partition, columns((b"k", value) for value in values))


def test_flush_gives_the_next_offset_of_each_partition(bench: Bench) -> None:
    a, b = bench.topic("a", 2), bench.topic("b")
    a1 = TopicPartition("a", 1)
    producer = bench.log.producer()
    _append(producer, a, b"1", b"2")
    _append(producer, a1, b"3")
    _append(producer, a, b"4")
    assert producer.flush() == {a: 3, a1: 1}
    _append(producer, b, b"5")
    assert producer.flush() == {b: 1}
    assert producer.flush() == {}
    assert [bench.values(where) for where in (a, a1, b)] == [[b"1", b"2", b"4"], [b"3"], [b"5"]]


def test_nothing_is_visible_before_the_commit(bench: Bench) -> None:
    a = bench.topic("a")
    producer = bench.log.producer("t")
    producer.begin()
    _append(producer, a, b"1")
    producer.send_positions("g", {a: Position(7, "m")})
    assert bench.end(a) == 0
    assert bench.admin.positions("g") == {}
    assert producer.commit() == {a: 1}
    assert bench.values(a) == [b"1"]
    assert bench.admin.positions("g") == {a: Position(7, "m")}


def test_an_aborted_transaction_leaves_no_trace(bench: Bench) -> None:
    a = bench.topic("a")
    producer = bench.log.producer("t")
    producer.begin()
    _append(producer, a, b"1")
    producer.send_positions("g", {a: Position(1)})
    producer.abort()
    producer.begin()
    _append(producer, a, b"2")
    assert producer.commit() == {a: 1}
    assert bench.rows(a)[0][:3] == (0, b"k", b"2")
    assert bench.admin.groups() == []


def test_large_and_small_parts_of_a_transaction_stay_in_order_and_go_with_it(bench: Bench) -> None:
    a, b = bench.topic("a"), bench.topic("b")
    parts = [2, 1_500, 3, 1, 1_000, 2_500, 4]
    numbers = iter(range(sum(parts)))
    sent = [[b"%d" % next(numbers) for _ in range(count)] for count in parts]
    producer = bench.log.producer("t")
    producer.begin()
    _append(producer, a, *sent[1])
    producer.abort()
    producer.begin()
    for values in sent:
        _append(producer, a, *values)
    _append(producer, b, *sent[1])
    assert producer.commit() == {a: sum(parts), b: 1_500}
    assert bench.values(a) == [value for values in sent for value in values]
    producer.begin()
    assert producer.commit() == {}


def test_an_empty_transaction_commits(bench: Bench) -> None:
    producer = bench.log.producer("t")
    producer.begin()
    producer.append("missing", 0, RecordColumns())
    assert producer.commit() == {}


def test_a_newer_producer_fences_the_older(bench: Bench) -> None:
    a = bench.topic("a")
    old = bench.log.producer("t")
    other = bench.log.producer("u")
    old.begin()
    _append(old, a, b"old")
    new = bench.log.producer("t")
    with pytest.raises(FencedError, match='"t" was fenced'):
        old.commit()
    old.abort()
    for producer in (new, other):
        producer.begin()
        _append(producer, a, b"new")
        producer.commit()
    assert bench.values(a) == [b"new", b"new"]


def test_a_failed_commit_writes_nothing_and_can_be_repeated(bench: Bench) -> None:
    a = bench.topic("a")
    producer = bench.log.producer("t")
    producer.begin()
    _append(producer, a, b"1")
    _append(producer, TopicPartition("later", 0), b"2")
    with pytest.raises(UnknownTopicError, match='"later"'):
        producer.commit()
    assert bench.end(a) == 0
    later = bench.topic("later")
    assert producer.commit() == {a: 1, later: 1}


def test_refuses_positions_in_unknown_topics(bench: Bench) -> None:
    a = bench.topic("a")
    producer = bench.log.producer("t")
    producer.begin()
    _append(producer, a, b"1")
    producer.send_positions("g", {TopicPartition("missing", 0): Position(1)})
    with pytest.raises(UnknownTopicError):
        producer.commit()
    assert bench.end(a) == 0


def test_keeps_headers_of_mixed_batches(bench: Bench) -> None:
    a = bench.topic("a")
    headers = (("h", b"1"), ("h", None))
    producer = bench.log.producer()
    _append(producer, a, b"plain")
    mixed = RecordColumns()
    mixed.append(b"k", b"bare", 1)
    mixed.append(b"k", b"with", 2, headers)
    mixed.append(b"k", b"bare again", 3)
    producer.append("a", 0, mixed)
    _append(producer, a, b"plain")
    producer.flush()
    reader = bench.log.reader()
    reader.assign({a: 0})
    found = [h for batch in reader.poll(10, 0) for h in batch.headers or [()] * len(batch.offsets)]
    assert found == [(), (), headers, (), ()]
    reader.close()


def test_keeps_null_keys_tombstones_empty_bytes_and_odd_times(bench: Bench) -> None:
    a = bench.topic("a")
    bench.write(a, (None, b""), (b"", None), (None, None), at=-1)
    bench.write(a, (b"k", b"v"), at=2**62)
    assert bench.rows(a) == [(0, None, b"", -1), (1, b"", None, -1), (2, None, None, -1), (3, b"k", b"v", 2**62)]


def test_refuses_records_without_key_for_a_compacted_topic(bench: Bench) -> None:
    table = bench.topic("table", 1, TopicConfig(cleanup="compact"))
    with pytest.raises(LogError, match=r"without a key was sent to table-0"):
        bench.write(table, (b"k", b"v"), (None, b"v"))
    with pytest.raises(LogError, match=r"without a key was sent to table-0"):
        bench.write(table, *[(b"k", b"v")] * 2_000, (None, b"v"))
    assert bench.end(table) == 0


@pytest.mark.parametrize(
    "bad",
    [
        RecordColumns([1], ["text"], [b"v"]),  # type: ignore[list-item]
        RecordColumns([1], [b"k"], [{}]),  # type: ignore[list-item]
        RecordColumns([1.5], [b"k"], [b"v"]),  # type: ignore[list-item]
        RecordColumns([1, 2], [b"k"], [b"v"]),
        RecordColumns([1], [b"k"], [b"v"], [(), ()]),
    ],
)
def test_refuses_records_that_nobody_could_read(bench: Bench, bad: RecordColumns) -> None:
    bench.topic("a")
    with pytest.raises(LogError, match="a-0"):
        bench.log.producer().append("a", 0, bad)


def test_records_behind_those_that_somebody_vouches_for_are_checked_all_the_same(bench: Bench) -> None:
    a = bench.topic("a")
    producer, good, bad = bench.log.producer(), RecordColumns(), RecordColumns()
    for each in (good, bad):
        each.extend_vouched([b"1", None], [b"v", None], [1, 2])
        each.append(b"3", b"v", 3)
        each.extend_vouched([b"4"], [b"v"], [4])  # behind one that nobody vouches for
    bad.extend([b"5"], ["text"], [5])  # type: ignore[list-item]
    with pytest.raises(LogError, match="a-0"):
        producer.append("a", 0, bad)
    producer.append("a", 0, good)
    producer.flush()
    assert (good.vouched, [row[1] for row in bench.rows(a)]) == (2, [b"1", None, b"3", b"4"])


def test_calls_out_of_order_are_errors(bench: Bench) -> None:
    a = bench.topic("a")
    plain, transactional = bench.log.producer(), bench.log.producer("t")
    with pytest.raises(LifecycleError, match="outside a transaction"):
        _append(transactional, a, b"1")
    with pytest.raises(LifecycleError, match="outside a transaction"):
        transactional.commit()
    with pytest.raises(LifecycleError, match="use commit"):
        transactional.flush()
    with pytest.raises(LifecycleError, match="without a transactional id"):
        plain.begin()
    with pytest.raises(LifecycleError, match="without a transactional id"):
        plain.send_positions("g", {a: Position(1)})
    transactional.begin()
    with pytest.raises(LifecycleError, match="inside a transaction"):
        transactional.begin()
    transactional.close()
    with pytest.raises(LifecycleError, match="closed"):
        transactional.commit()
