import pytest

from headrace.core.records import Change
from headrace.operators.table_aggregate import TableAggregate, TableReduce
from headrace.state.spec import StoreKind

COUNT = TableAggregate(lambda: 0, lambda k, v, n: n + 1, lambda k, v, n: n - 1, "store")
SUM = TableReduce(lambda total, v: total + v, lambda total, v: total - v, "store", send_old=True)


def dropped_at_zero(_key, value, total):
    return total - value or None


SUM_OR_NONE = TableAggregate(lambda: 100, lambda k, v, n: n + v, dropped_at_zero, "store")


@pytest.fixture
def kept(bench):
    bench.open("store")
    return bench


def test_old_value_is_subtracted_before_the_new_one_is_added(kept):
    log = TableAggregate(lambda: "", lambda k, v, a: f"{a}+{v}", lambda k, v, a: f"{a}-{v}", "store")
    kept.bind(log).pipe("g", Change(1)).pipe("g", Change(2, 1))
    assert kept.updates() == [("g", "+1", 0), ("g", "+1-1+2", 0)]


def test_count_goes_to_zero_not_away(kept):
    kept.bind(COUNT).pipe("g", Change("row")).pipe("g", Change(None, "row"))
    assert kept.updates() == [("g", 1, 0), ("g", 0, 0)]


def test_without_an_aggregate_nothing_is_subtracted(kept):
    kept.bind(COUNT).pipe("g", Change(None, "row"), 4).pipe("g", Change("new", "old"), 5)
    assert kept.updates() == [("g", None, 4), ("g", 1, 5)]


def test_adding_after_the_subtractor_gave_none_starts_from_the_initializer(kept):
    kept.bind(SUM_OR_NONE).pipe("g", Change(1)).pipe("g", Change(5, 101))
    assert kept.updates() == [("g", 101, 0), ("g", 105, 0)]


def test_timestamp_is_the_largest_until_the_aggregate_is_deleted(kept):
    kept.bind(SUM_OR_NONE).pipe("g", Change(1), 9).pipe("g", Change(1, 1), 4)
    kept.pipe("g", Change(None, 101), 5).pipe("g", Change(1), 2)
    assert kept.updates() == [("g", 101, 9), ("g", 101, 9), ("g", None, 9), ("g", 101, 2)]


def test_first_value_of_a_reduction_is_the_aggregate(kept):
    kept.bind(SUM).pipe("g", Change(5), 8).pipe("g", Change(3), 2).pipe("g", Change(1, 5), 1)
    assert kept.changes() == [("g", 5, None), ("g", 8, 5), ("g", 4, 8)]
    assert kept.stores["store"].get("g") == (4, 8)


def test_reduction_to_none_deletes_and_starts_over(kept):
    kept.bind(TableReduce(lambda a, v: a + v, lambda a, v: a - v or None, "store")).pipe("g", Change(5), 9)
    kept.pipe("g", Change(7, 5), 3).pipe("g", Change(None, 7), 3)
    assert kept.updates() == [("g", 5, 9), ("g", 7, 9), ("g", None, 9)]


def test_old_aggregate_survives_functions_that_change_it_in_place(kept):
    def add(_key, value, rows):
        rows.append(value)
        return rows

    def remove(_key, value, rows):
        rows.remove(value)
        return rows

    kept.bind(TableAggregate(list, add, remove, "store", send_old=True))
    kept.pipe("g", Change(1)).pipe("g", Change(2)).pipe("g", Change(3, 1))
    assert kept.changes() == [("g", [1], None), ("g", [1, 2], [1]), ("g", [2, 3], [1, 2])]


def test_cached_store_forwards_at_the_flush(bench):
    bench.open("store", caching=True)
    bench.bind(SUM).pipe("g", Change(5), 1).pipe("g", Change(3), 2).flush()
    assert bench.changes() == [("g", 8, None)]
    bench.pipe("g", Change(None, 3), 3).flush()
    assert bench.changes() == [("g", 5, 8)]


def test_versioned_store_refuses_what_is_too_old(bench):
    store = bench.open("store", StoreKind.VERSIONED, history_ms=10)
    store.put("other", 1, 1000)
    bench.bind(TableAggregate(lambda: 0, lambda k, v, n: n + v, lambda k, v, n: n - v, "store", versioned=True))
    bench.pipe("g", Change(1), 5).pipe("g", Change(1), 995)
    assert bench.updates() == [("g", 1, 995)]
