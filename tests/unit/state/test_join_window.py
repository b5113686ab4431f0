import pytest

from headrace.formats.json import Json
from headrace.formats.primitive import String
from headrace.state.spec import StoreKind, StoreSpec


def spec(**settings):
    defaults = {
        "name": "w",
        "kind": StoreKind.WINDOW,
        "key_format": String(),
        "value_format": Json(),
        "window_size_ms": 100,
        "retention_ms": 100,
        "retain_duplicates": True,
    }
    return StoreSpec(**defaults | settings)


@pytest.fixture(params=[String(), Json()], ids=["exact keys", "keys by their bytes"])
def store(request, surroundings):
    return surroundings.open(spec(key_format=request.param))


def values(store, key, start, end, **order):
    return [(at, value) for at, value, _ in store.fetch(key, start, end, **order)]


def test_late_entries_take_their_place(store, surroundings):
    store.put("k", 50, "a", 50)
    assert values(store, "k", 0, 99) == [(50, "a")]
    for start, value in ((70, "b"), (60, "c"), (50, "d")):
        store.put("k", start, value, start)
    surroundings.commit(store)
    store.put("k", 65, "e", 65)
    assert values(store, "k", 0, 99) == [(50, "a"), (50, "d"), (60, "c"), (65, "e"), (70, "b")]
    assert values(store, "k", 51, 65, reverse=True) == [(65, "e"), (60, "c")]
    assert store.get("k", 50) == ("a", -1)
    assert store.get("k", 51) is None


def test_entries_expire(store):
    assert values(store, "k", 0, 99) == []
    store.put("k", 0, "a", 0)
    store.put("k", 1, "b", 1)
    store.put("other", 100, "c", 100)
    assert values(store, "k", 0, 99) == [(1, "b")]
    store.put("k", 0, "late", 0)
    assert values(store, "k", 0, 99) == [(1, "b")]


def test_forgotten_keys_are_read_again(store, surroundings):
    for number in range(10):
        store.put("k", number, number, number)
        store.put("j", number, number, number)
    assert len(values(store, "k", 0, 99)) == len(values(store, "j", 0, 99)) == 10
    store.release(1.0)
    assert values(store, "k", 8, 99) == [(8, 8), (9, 9)]
    surroundings.commit(store)
    store.put("k", 10, 10, 10)
    store.rollback()
    assert values(store, "k", 8, 99) == [(8, 8), (9, 9)]


def test_each_read_hands_out_objects_of_its_own(store):
    store.put("k", 0, [1], 0)
    ((_, value),) = values(store, "k", 0, 9)
    value.append(2)
    assert values(store, "k", 0, 9) == [(0, [1])]


def test_scans_over_all_keys_see_every_entry(store):
    store.put("b", 1, "x", 1)
    store.put("a", 1, "y", 1)
    store.put("a", 1, "z", 1)
    assert [(windowed.key, value) for windowed, value, _ in store.all()] == [("a", "y"), ("a", "z"), ("b", "x")]
    assert [value for _, value, _ in store.fetch_keys("a", "b", 0, 9, reverse=True)] == ["x", "z", "y"]
