from headrace.core.records import Change
from headrace.operators.table_map_values import MapValuesView, TableMapValues
from headrace.operators.views import StoreView
from headrace.state.spec import StoreKind


def half(value):
    return value // 2 or None


def test_maps_values_and_keeps_tombstones(bench):
    bench.bind(TableMapValues(lambda v: v * 2)).pipe("a", Change(1, 7), 3).pipe("a", Change(None, 1), 4)
    assert bench.take() == [("", "a", Change(2), 3, ()), ("", "a", Change(None), 4, ())]


def test_maps_old_values_if_they_are_asked_for(bench):
    bench.bind(TableMapValues(lambda k, v: f"{k}{v}", with_key=True, send_old=True))
    bench.pipe("a", Change(1, None)).pipe("a", Change(2, 1)).pipe("a", Change(None, 2))
    assert bench.changes() == [("a", "a1", None), ("a", "a2", "a1"), ("a", None, "a2")]


def test_out_of_order_stays_out_of_order(bench):
    bench.bind(TableMapValues(lambda v: v)).pipe("a", Change(1, None, False))
    assert bench.take()[0][2].is_latest is False


def test_kept_result_takes_old_values_from_its_store(bench):
    store = bench.open("store")
    bench.bind(TableMapValues(lambda v: v * 2, store="store", send_old=True))
    bench.pipe("a", Change(1, 99), 5).pipe("a", Change(2, 99), 3)
    assert bench.changes() == [("a", 2, None), ("a", 4, 2)]
    assert store.get("a") == (4, 3)


def test_mapper_that_gives_none_deletes(bench):
    store = bench.open("store")
    bench.bind(TableMapValues(half, store="store", send_old=True)).pipe("a", Change(2)).pipe("a", Change(1))
    assert bench.changes() == [("a", 1, None), ("a", None, 1)]
    assert store.get("a") is None


def test_view_maps_what_its_parent_has(bench):
    store = bench.open("store")
    store.put("a", 2, 5)
    store.put("b", 1, 6)
    view = MapValuesView(StoreView("store"), half)
    assert [view.bind(bench)(key) for key in "abc"] == [(1, 5), None, None]
    assert view.stores == ("store",)
    keyed = MapValuesView(StoreView("store"), lambda k, v: k * v, with_key=True)
    assert keyed.bind(bench)("a") == ("aa", 5)


def test_view_of_a_versioned_table_is_versioned(bench):
    store = bench.open("store", StoreKind.VERSIONED, history_ms=100)
    store.put("a", 2, 10)
    store.put("a", 6, 20)
    view = MapValuesView(StoreView("store", versioned=True), half)
    assert view.versioned
    get = view.bind_as_of(bench)
    assert [get("a", at) for at in (9, 15, 25)] == [None, (1, 10), (3, 20)]
