"""Stores as processors see them, and as those who may only read do."""

import pytest

from headrace.core.errors import StateError
from headrace.core.records import ValueAndTimestamp, VersionedRecord
from headrace.core.windows import Windowed
from headrace.formats import Json, String
from headrace.processor.stores import VALID_TO_UNDEFINED, public_store
from headrace.state.open import open_store
from headrace.state.spec import StoreKind, StoreSpec
from support.operator_bench import Surroundings


@pytest.fixture
def opened(tmp_path):
    surroundings, stores = Surroundings(tmp_path), []

    def open_as(kind, *, read_only=False, **settings):
        spec = StoreSpec(name="store", kind=kind, key_format=String(), value_format=Json(), **settings)
        if not stores:
            stores.append(open_store(spec, surroundings))
        return public_store(stores[0], spec, read_only=read_only)

    yield open_as
    for store in stores:
        store.close()


def test_key_value_store_has_plain_values(opened):
    store = opened(StoreKind.KEY_VALUE)
    store.put("a", 1)
    assert (store.get("a"), list(store.all())) == (1, [("a", 1)])


def test_tables_have_values_with_timestamps(opened):
    store = opened(StoreKind.TIMESTAMPED_KEY_VALUE)
    store.put("a", ValueAndTimestamp(1, 7))
    assert store.get("a") == ValueAndTimestamp(1, 7)


@pytest.mark.parametrize("kind", [StoreKind.KEY_VALUE, StoreKind.LRU])
def test_read_only_key_value_store_refuses_each_write(opened, kind):
    opened(kind, max_entries=10).put("a", 1)
    store = opened(kind, max_entries=10, read_only=True)
    for write in (
        lambda: store.put("a", 2),
        lambda: store.put_if_absent("b", 2),
        lambda: store.put_all([("b", 2)]),
        lambda: store.delete("a"),
    ):
        with pytest.raises(StateError, match="'store' is read-only"):
            write()
    assert list(store.range("a", "z")) == list(store.all()) == list(store.reverse_all()) == [("a", 1)]
    assert (store.get("a"), store.name) == (1, "store")


def windows(opened, kind=StoreKind.WINDOW, **options):
    return opened(kind, window_size_ms=10, retention_ms=1000, **options)


def test_window_store_finds_windows_by_key_and_start(opened):
    store = windows(opened)
    for key, start in (("a", 0), ("a", 10), ("b", 10)):
        store.put(key, f"{key}{start}", start)
    assert store.fetch("a", 10) == "a10"
    assert store.fetch("a", 20) is None
    assert list(store.fetch_range("a", 0, 10)) == [(0, "a0"), (10, "a10")]
    assert list(store.backward_fetch_range("a", 0, 10)) == [(10, "a10"), (0, "a0")]
    by_start = [(Windowed("a", 0, 10), "a0"), (Windowed("a", 10, 20), "a10"), (Windowed("b", 10, 20), "b10")]
    assert list(store.all()) == list(store.fetch_all(0, 10)) == by_start
    assert list(store.backward_all()) == list(store.backward_fetch_all(0, 10)) == by_start[::-1]
    assert list(store.fetch_keys("b", None, 0, 10)) == list(store.backward_fetch_keys("b", None, 0, 10)) == by_start[2:]


def test_window_is_deleted_with_none(opened):
    store = windows(opened)
    store.put("a", 1, 0)
    store.put("a", None, 0)
    assert store.fetch("a", 0) is None


def test_windowed_tables_have_values_with_timestamps(opened):
    store = windows(opened, StoreKind.TIMESTAMPED_WINDOW)
    store.put("a", ValueAndTimestamp(1, 7), 0)
    assert store.fetch("a", 0) == ValueAndTimestamp(1, 7)
    assert list(store.all()) == [(Windowed("a", 0, 10), ValueAndTimestamp(1, 7))]
    store.put("a", None, 0)
    assert store.fetch("a", 0) is None


def test_read_only_window_store_refuses_to_put(opened):
    windows(opened).put("a", 1, 0)
    store = windows(opened, read_only=True)
    with pytest.raises(StateError, match="'store' is read-only"):
        store.put("a", 2, 0)
    assert store.fetch("a", 0) == 1


def sessions(opened, **options):
    return opened(StoreKind.SESSION, retention_ms=1000, **options)


def test_session_store_finds_sessions_by_end_then_start(opened):
    store = sessions(opened)
    early, late, of_b = Windowed("a", 0, 5), Windowed("a", 20, 30), Windowed("b", 3, 4)
    for session in (late, early, of_b):
        store.put(session, session.end)
    assert store.fetch_session("a", 0, 5) == 5
    assert list(store.fetch("a")) == [(early, 5), (late, 30)]
    assert list(store.backward_fetch("a")) == [(late, 30), (early, 5)]
    assert list(store.find_sessions("a", 5, 19)) == list(store.backward_find_sessions("a", 5, 19)) == [(early, 5)]
    assert sorted(value for _, value in store.fetch_keys("a", "b")) == [4, 5, 30]
    assert sorted(value for _, value in store.backward_fetch_keys(None, "a")) == [5, 30]
    store.remove(early)
    assert store.fetch_session("a", 0, 5) is None


def test_read_only_session_store_refuses_to_put_and_to_remove(opened):
    sessions(opened)
    store = sessions(opened, read_only=True)
    with pytest.raises(StateError):
        store.put(Windowed("a", 0, 5), 1)
    with pytest.raises(StateError):
        store.remove(Windowed("a", 0, 5))


def versioned(opened, **options):
    return opened(StoreKind.VERSIONED, history_ms=100, **options)


def test_versioned_store_answers_for_a_time(opened):
    store = versioned(opened)
    assert store.put("a", "old", 10) == VALID_TO_UNDEFINED
    store.put("a", "new", 20)
    assert store.get("a") == VersionedRecord("new", 20)
    assert store.get("a", as_of=15) == VersionedRecord("old", 10, 20)
    assert store.delete("a", 30).value == "new"
    assert store.get("a") is None


def test_read_only_versioned_store_refuses_to_put_and_to_delete(opened):
    versioned(opened)
    store = versioned(opened, read_only=True)
    with pytest.raises(StateError):
        store.put("a", 1, 1)
    with pytest.raises(StateError):
        store.delete("a", 1)


def test_buffers_of_the_engine_are_not_shown():
    spec = StoreSpec(name="buffer", kind=StoreKind.SUPPRESS_BUFFER, key_format=String(), value_format=Json())
    with pytest.raises(StateError, match="'buffer' is a buffer"):
        public_store(object(), spec)
