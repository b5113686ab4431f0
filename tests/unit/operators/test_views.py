from headrace.core.windows import Windowed
from headrace.operators.views import SessionStoreView, StoreView, WindowStoreView
from headrace.state.spec import StoreKind


def test_reads_a_timestamped_store(bench):
    bench.open("store").put("a", 1, 5)
    view = StoreView("store")
    assert view.stores == ("store",)
    assert [view.bind(bench)(key) for key in "ab"] == [(1, 5), None]


def test_reads_a_versioned_store_now_and_as_of_a_time(bench):
    store = bench.open("store", StoreKind.VERSIONED, history_ms=100)
    store.put("a", 1, 10)
    store.put("a", 2, 20)
    view = StoreView("store", versioned=True)
    assert [view.bind(bench)(key) for key in "ab"] == [(2, 20), None]
    get = view.bind_as_of(bench)
    assert [get("a", at) for at in (9, 19, 20)] == [None, (1, 10), (2, 20)]


def test_reads_windows_by_their_start(bench):
    store = bench.open("store", StoreKind.TIMESTAMPED_WINDOW, window_size_ms=10, retention_ms=100)
    store.put("a", 20, 7, 23)
    get = WindowStoreView("store").bind(bench)
    assert get(Windowed("a", 20, 30)) == (7, 23)
    assert get(Windowed("a", 30, 40)) is None
    assert WindowStoreView("store").bind_as_of(bench)(Windowed("a", 20, 30), 0) == (7, 23)


def test_reads_sessions_with_their_end_as_time(bench):
    store = bench.open("store", StoreKind.SESSION, retention_ms=100)
    store.put("a", 20, 25, 7)
    get = SessionStoreView("store").bind(bench)
    assert get(Windowed("a", 20, 25)) == (7, 25)
    assert get(Windowed("a", 20, 26)) is None
    assert SessionStoreView("store").bind_as_of(bench)(Windowed("a", 20, 25), 0) == (7, 25)
