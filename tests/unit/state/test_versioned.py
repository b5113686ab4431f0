import pytest

from headrace.core.records import VersionedRecord
from headrace.formats.primitive import String
from headrace.state.api import NOT_PUT, VALID_TO_UNDEFINED
from headrace.state.spec import StoreKind, StoreSpec


def spec(**settings):
    defaults = {
        "name": "v",
        "kind": StoreKind.VERSIONED,
        "key_format": String(),
        "value_format": String(),
        "history_ms": 100,
    }
    return StoreSpec(**defaults | settings)


@pytest.fixture
def store(surroundings):
    return surroundings.open(spec())


def history(store, key, times):
    return [None if (found := store.get_as_of(key, time)) is None else found.value for time in times]


def test_put_tells_until_when_a_version_is_valid(store):
    assert store.put("k", "b", 20) == VALID_TO_UNDEFINED
    assert store.put("k", "a", 10) == 20
    assert store.put("k", "d", 40) == VALID_TO_UNDEFINED
    assert store.put("k", "c", 30) == 40
    assert store.put("k", "c2", 30) == 40
    assert store.put("k", "d2", 40) == VALID_TO_UNDEFINED
    assert store.get("k") == VersionedRecord("d2", 40, None)
    assert store.get_as_of("k", 9) is None
    assert store.get_as_of("k", 10) == VersionedRecord("a", 10, 20)
    assert store.get_as_of("k", 29) == VersionedRecord("b", 20, 30)
    assert history(store, "k", [30, 39, 40, 99]) == ["c2", "c2", "d2", "d2"]


def test_put_older_than_history_is_not_put(store, surroundings):
    store.put("k", "b", 200)
    assert store.put("k", "a", 99) == NOT_PUT
    assert store.put("j", "a", 99) == NOT_PUT
    assert store.put("k", "a", 100) == 200
    assert [record.timestamp for record in surroundings.logged] == [200, 100]


def test_tombstones_end_the_validity_of_a_version(store):
    store.put("k", "a", 10)
    assert store.put("k", None, 20) == VALID_TO_UNDEFINED
    assert store.get("k") is None
    assert store.get_as_of("k", 19) == VersionedRecord("a", 10, 20)
    assert store.get_as_of("k", 20) is None
    assert store.put("k", "b", 15) == 20
    assert store.put("k", "c", 30) == VALID_TO_UNDEFINED
    assert store.put("k", None, 25) == 30
    assert history(store, "k", [14, 15, 20, 25, 30]) == ["a", "b", None, None, "c"]


def test_tombstone_in_place_of_the_latest_version(store):
    store.put("k", "a", 10)
    store.put("k", "b", 20)
    store.put("k", None, 20)
    assert store.get("k") is None
    assert history(store, "k", [19, 20]) == ["a", None]
    store.put("k", "c", 20)
    assert store.get("k") == VersionedRecord("c", 20, None)


def test_delete_returns_the_version_valid_before(store):
    store.put("k", "a", 10)
    assert store.delete("k", 15) == VersionedRecord("a", 10, None)
    assert store.delete("k", 12) == VersionedRecord("a", 10, 15)
    assert store.delete("x", 12) is None
    store.put("k", "z", 500)
    assert store.delete("k", 20) is None
    assert store.get("k") == VersionedRecord("z", 500, None)


def test_time_out_of_history_shows_only_the_latest_version(store):
    store.put("k", "a", 10)
    store.put("k", "b", 20)
    store.put("old", "o", 5)
    store.put("x", "new", 200)
    assert store.get_as_of("k", 19) is None
    assert store.get_as_of("k", 20) == VersionedRecord("b", 20, None)
    assert store.get_as_of("old", 50) == VersionedRecord("o", 5, None)


def test_versions_out_of_history_are_removed_at_commit(store, surroundings):
    for time in (10, 20, 30):
        store.put("k", str(time), time)
    store.put("gone", None, 15)
    surroundings.commit(store)
    store.put("k", "last", 1000)
    surroundings.commit(store)
    store.put("x", "x", 2000)
    surroundings.commit(store)
    assert [key for key, _ in store._overlay.engine.scan(None, None)] == [b"Lk", b"Lx"]
    assert store.get("k") == VersionedRecord("last", 1000, None)


def test_keys_that_begin_alike_are_kept_apart(store):
    for key in ("a", "ab", ""):
        store.put(key, key + "1", 10)
        store.put(key, key + "2", 20)
    assert [history(store, key, [10, 20]) for key in ("a", "ab", "")] == [["a1", "a2"], ["ab1", "ab2"], ["1", "2"]]


def test_rollback_returns_to_versions_and_stream_time_of_the_commit(store, surroundings):
    store.put("k", "a", 10)
    surroundings.commit(store)
    store.put("k", "b", 500)
    store.rollback()
    assert store.stream_time == 10
    assert store.get("k") == VersionedRecord("a", 10, None)


def test_restored_store_equals_the_logged_one(store, surroundings):
    for value, time in (("b", 20), ("a", 10), (None, 30), ("c", 25), ("late", 140), ("out", 30), ("in", 50)):
        store.put("k", value, time)
    other = surroundings.open(spec(name="other"))
    records = surroundings.take_logged()
    other.restore(records[:3], 3)
    other.restore(records[3:], 6)
    times = range(0, 150, 5)
    assert history(other, "k", times) == history(store, "k", times)
    assert (other.stream_time, other.position(), surroundings.logged) == (140, 6, [])
    other.rollback()
    assert history(other, "k", times) == history(store, "k", times)


def test_changelog_has_the_plain_value_at_its_timestamp(store, surroundings):
    store.put("k", "a", 10)
    store.put("k", None, 11)
    assert surroundings.logged == [(b"k", b"a", 10, ()), (b"k", None, 11, ())]
