import pytest

from headrace.core.records import Change
from headrace.operators.table_filter import FilterView, TableFilter
from headrace.operators.views import StoreView
from headrace.state.spec import StoreKind


def positive(_key, value):
    return value > 0


def test_without_old_values_every_non_matching_update_is_a_tombstone(bench):
    bench.bind(TableFilter(positive)).pipe("a", Change(1), 1).pipe("a", Change(-1), 2).pipe("b", Change(None), 3)
    assert bench.updates() == [("a", 1, 1), ("a", None, 2), ("b", None, 3)]


def test_old_values_tell_which_tombstones_are_needed(bench):
    bench.bind(TableFilter(positive, send_old=True))
    bench.pipe("a", Change(-1, None)).pipe("a", Change(1, -1)).pipe("a", Change(-2, 1)).pipe("a", Change(None, -2))
    assert bench.changes() == [("a", 1, None), ("a", None, 1)]


def test_negation_keeps_the_others(bench):
    bench.bind(TableFilter(positive, negate=True)).pipe("a", Change(1)).pipe("a", Change(-1))
    assert bench.changes() == [("a", None, None), ("a", -1, None)]


def test_truthy_results_count_as_true(bench):
    bench.bind(TableFilter(lambda k, v: v)).pipe("a", Change("x")).pipe("a", Change(""))
    assert bench.changes() == [("a", "x", None), ("a", None, None)]


def test_versioned_parent_passes_on_all_tombstones(bench):
    bench.bind(TableFilter(positive, send_old=True, versioned_parent=True)).pipe("a", Change(-1, None, False), 4)
    assert bench.take() == [("", "a", Change(None, None, False), 4, ())]


@pytest.fixture
def kept(bench):
    bench.open("store")
    return bench


def test_kept_result_takes_old_values_from_its_store(kept):
    kept.bind(TableFilter(positive, store="store", send_old=True))
    kept.pipe("a", Change(1, 99)).pipe("a", Change(2, None)).pipe("a", Change(-1)).pipe("a", Change(-2))
    assert kept.changes() == [("a", 1, None), ("a", 2, 1), ("a", None, 2)]


def test_kept_result_without_old_values_passes_on_all_tombstones(kept):
    kept.bind(TableFilter(positive, store="store")).pipe("a", Change(-1), 3)
    assert kept.updates() == [("a", None, 3)]
    assert kept.stores["store"].get("a") is None


def test_kept_result_has_the_record_timestamp(kept):
    kept.bind(TableFilter(positive, store="store")).pipe("a", Change(1), 9).pipe("a", Change(2), 4)
    assert kept.stores["store"].get("a") == (2, 4)


def test_view_hides_what_does_not_match(kept):
    kept.stores["store"].put("a", 1, 5)
    kept.stores["store"].put("b", -1, 6)
    get = FilterView(StoreView("store"), positive).bind(kept)
    assert [get(key) for key in "abc"] == [(1, 5), None, None]
    get = FilterView(StoreView("store"), positive, negate=True).bind(kept)
    assert [get(key) for key in "abc"] == [None, (-1, 6), None]


def test_view_of_a_versioned_table_is_versioned(bench):
    store = bench.open("store", StoreKind.VERSIONED, history_ms=100)
    store.put("a", 1, 10)
    store.put("a", -1, 20)
    view = FilterView(StoreView("store", versioned=True), positive)
    assert view.versioned
    assert view.bind(bench)("a") is None
    get = view.bind_as_of(bench)
    assert [get("a", at) for at in (9, 10, 19, 20)] == [None, (1, 10), (1, 10), None]
