import pytest

from headrace.core.records import Change
from headrace.operators.stream_aggregate import StreamAggregate
from headrace.operators.stream_reduce import StreamReduce


def append(_key, value, values):
    values.append(value)
    return values


COUNT = StreamAggregate("store", lambda: 0, lambda k, v, n: n + 1)
COLLECT = StreamAggregate("store", list, append, send_old=True)
SUM = StreamReduce("store", lambda total, value: total + value)


@pytest.fixture(params=[False, True], ids=["uncached", "cached"])
def stored(bench, request):
    bench.open("store", caching=request.param)
    return bench


@pytest.fixture
def uncached(bench):
    bench.open("store")
    return bench


@pytest.fixture
def cached(bench):
    bench.open("store", caching=True)
    return bench


@pytest.mark.parametrize("operator", [COUNT, SUM])
def test_drops_null_keys_and_null_values(stored, operator):
    stored.bind(operator).pipe(None, 1).pipe("k", None).flush()
    assert stored.take() == []
    assert stored.dropped == ["null-key", "null-value"]


@pytest.mark.parametrize(("operator", "last"), [(COUNT, 2), (SUM, 30)])
def test_result_has_the_largest_timestamp(stored, operator, last):
    stored.bind(operator).pipe("k", 10, 9).pipe("k", 20, 4).flush()
    assert stored.updates()[-1] == ("k", last, 9)
    assert stored.stores["store"].get("k") == (last, 9)


def test_forwards_each_update_with_its_headers(uncached):
    uncached.bind(SUM).pipe("k", 1, 1, (("n", b"1"),)).pipe("k", 2, 2, (("n", b"2"),))
    assert [headers for *_, headers in uncached.take()] == [(("n", b"1"),), (("n", b"2"),)]


def test_cached_store_forwards_one_update_per_key_at_the_flush(cached):
    cached.bind(SUM).pipe("a", 1, 1).pipe("b", 5, 2).pipe("a", 2, 3, (("n", b"3"),))
    assert cached.take() == []
    cached.flush()
    assert cached.take() == [("", "a", Change(3), 3, (("n", b"3"),)), ("", "b", Change(5), 2, ())]


def test_old_value_of_a_cached_update_is_the_one_before_the_interval(cached):
    cached.bind(COLLECT).pipe("k", 1).flush()
    assert cached.changes() == [("k", [1], None)]
    cached.pipe("k", 2).pipe("k", 3).flush()
    assert cached.changes() == [("k", [1, 2, 3], [1])]


def test_old_value_survives_an_aggregator_that_changes_it_in_place(uncached):
    uncached.bind(COLLECT).pipe("k", 1).pipe("k", 2)
    assert uncached.changes() == [("k", [1], []), ("k", [1, 2], [1])]


def test_old_value_survives_a_reducer_that_changes_it_in_place(uncached):
    uncached.bind(StreamReduce("store", lambda values, more: values.extend(more) or values, send_old=True))
    uncached.pipe("k", [1]).pipe("k", [2])
    assert uncached.changes() == [("k", [1], None), ("k", [1, 2], [1])]


def test_old_value_is_left_out_unless_asked_for(uncached):
    uncached.bind(COUNT).pipe("k", 1).pipe("k", 1)
    assert uncached.changes() == [("k", 1, None), ("k", 2, None)]


def test_first_change_of_an_aggregate_carries_the_initial_value_as_old(uncached):
    uncached.bind(StreamAggregate("store", lambda: 0, lambda k, v, n: n + v, send_old=True)).pipe("k", 5)
    assert uncached.changes() == [("k", 5, 0)]


def test_first_change_of_a_reduction_has_no_old_value(uncached):
    uncached.bind(StreamReduce("store", lambda total, value: total + value, send_old=True)).pipe("k", 5).pipe("k", 1)
    assert uncached.changes() == [("k", 5, None), ("k", 6, 5)]


def test_null_aggregate_deletes_and_starts_over(stored):
    stored.bind(StreamAggregate("store", lambda: 0, lambda k, v, n: None if v < 0 else n + v))
    stored.pipe("k", 3, 9).pipe("k", -1, 9).pipe("k", 4, 5).flush()
    assert stored.updates()[-1] == ("k", 4, 5)
