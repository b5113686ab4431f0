import pytest

from headrace.core.records import Change
from headrace.operators.table_source import TableSource
from headrace.state.spec import StoreKind

HEADERS = (("h", b"1"),)


def test_without_a_store_every_record_is_a_change_without_old_value(bench):
    bench.bind(TableSource()).pipe("a", 1, 5, HEADERS).pipe("a", None, 6).pipe("a", None, 7)
    assert bench.take() == [
        ("", "a", Change(1), 5, HEADERS),
        ("", "a", Change(None), 6, ()),
        ("", "a", Change(None), 7, ()),
    ]


@pytest.mark.parametrize("store", [None, "store"])
def test_drops_and_counts_null_keys(bench, store):
    bench.open("store")
    bench.bind(TableSource(store)).pipe(None, 1)
    assert bench.take() == []
    assert bench.dropped == ["null-key"]


def test_old_value_is_sent_if_asked_for(bench):
    bench.open("store")
    bench.bind(TableSource("store", send_old=True)).pipe("a", 1).pipe("a", 2).pipe("a", None).pipe("a", None)
    assert bench.changes() == [("a", 1, None), ("a", 2, 1), ("a", None, 2), ("a", None, None)]


def test_old_value_is_left_out_if_not_asked_for(bench):
    store = bench.open("store")
    bench.bind(TableSource("store")).pipe("a", 1).pipe("a", 2, 3)
    assert bench.changes() == [("a", 1, None), ("a", 2, None)]
    assert store.get("a") == (2, 3)


def test_out_of_order_update_wins_in_a_plain_store(bench):
    store = bench.open("store")
    bench.bind(TableSource("store", send_old=True)).pipe("a", 1, 10).pipe("a", 2, 5)
    assert bench.updates() == [("a", 1, 10), ("a", 2, 5)]
    assert store.get("a") == (2, 5)


def test_cached_store_forwards_at_the_flush(bench):
    bench.open("store", caching=True)
    bench.bind(TableSource("store", send_old=True)).pipe("a", 1, 1).pipe("a", 2, 2, HEADERS)
    assert bench.take() == []
    bench.flush()
    assert bench.take() == [("", "a", Change(2, None), 2, HEADERS)]
    bench.pipe("a", 3, 3).flush()
    assert bench.changes() == [("a", 3, 2)]


def test_versioned_store_marks_out_of_order_updates_and_leaves_out_what_is_too_old(bench):
    bench.open("store", StoreKind.VERSIONED, history_ms=100)
    bench.bind(TableSource("store", versioned=True, send_old=True))
    bench.pipe("a", 1, 500).pipe("a", 0, 450).pipe("a", -1, 10)
    assert bench.take() == [
        ("", "a", Change(1, None, True), 500, ()),
        ("", "a", Change(0, 1, False), 450, ()),
    ]
