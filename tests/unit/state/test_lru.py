import pytest

from headrace.core.errors import TopologyError
from headrace.formats.primitive import Int64, String
from headrace.state.spec import StoreKind, StoreSpec


def spec(**settings):
    defaults = {
        "name": "s",
        "kind": StoreKind.LRU,
        "key_format": String(),
        "value_format": Int64(),
        "max_entries": 2,
    }
    return StoreSpec(**defaults | settings)


def keys(store):
    return [key for key, _ in store.all()]


def test_entry_that_was_used_longest_ago_goes_in_the_changelog_too(surroundings):
    store = surroundings.open(spec())
    store.put("a", 1)
    store.put("b", 2)
    assert store.get("a") == 1
    store.put("c", 3)
    assert keys(store) == ["a", "c"]
    assert surroundings.logged[-1][:2] == (b"b", None)


def test_delete_makes_room(surroundings):
    store = surroundings.open(spec())
    store.put("a", 1)
    store.put("b", 2)
    store.delete("a")
    store.put("c", 3)
    assert keys(store) == ["b", "c"]


def test_rollback_brings_evicted_entries_back(surroundings):
    store = surroundings.open(spec())
    store.put("a", 1)
    store.put("b", 2)
    surroundings.commit(store)
    store.put("c", 3)
    store.rollback()
    assert keys(store) == ["a", "b"]
    store.put("d", 4)
    assert len(keys(store)) == 2


def test_restore_of_more_entries_keeps_the_latest_and_logs_nothing(surroundings):
    wide = surroundings.open(spec(name="wide", max_entries=9))
    for key in "dbca":
        wide.put(key, 1)
    records = surroundings.take_logged()
    store = surroundings.open(spec())
    store.restore(records, 4)
    assert keys(store) == ["a", "c"]
    assert (store.position(), surroundings.logged) == (4, [])


def test_bound_must_be_positive(in_memory):
    with pytest.raises(TopologyError, match="max_entries=0"):
        in_memory.open(spec(max_entries=0))
