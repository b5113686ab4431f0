import pytest

from headrace.core.windows import END_OF_TIME, Windowed
from headrace.formats.json import Json
from headrace.formats.primitive import Int64, String
from headrace.state.spec import StoreKind, StoreSpec


def spec(**settings):
    defaults = {
        "name": "s",
        "kind": StoreKind.SESSION,
        "key_format": String(),
        "value_format": Int64(),
        "retention_ms": 1000,
    }
    return StoreSpec(**defaults | settings)


def listening(store, *, send_old=True):
    heard = []
    assert store.set_flush_listener(lambda *update: heard.append(update), send_old=send_old)
    return heard


@pytest.fixture(params=["uncached", "cached", "cached by bytes"])
def variant(request):
    if request.param == "uncached":
        return {}
    return {"caching": True, "key_format": Json() if "bytes" in request.param else String()}


@pytest.fixture
def store(surroundings, variant):
    return surroundings.open(spec(**variant))


@pytest.fixture
def cached(surroundings):
    return surroundings.open(spec(caching=True))


def test_find_is_by_end_then_start_within_both_bounds(store, surroundings):
    for start, end in ((20, 30), (0, 5), (10, 30), (40, 50)):
        store.put("a", start, end, start)
    surroundings.commit(store)
    store.put("a", 60, 60, 60)
    store.put("a", 0, 5, None)
    store.put("b", 0, 1, 7)
    assert list(store.find("a", 0, 100)) == [(10, 30, 10), (20, 30, 20), (40, 50, 40), (60, 60, 60)]
    assert list(store.find("a", 30, 20, reverse=True)) == [(20, 30, 20), (10, 30, 10)]
    assert list(store.find("a", 31, 59)) == [(40, 50, 40)]
    assert list(store.find("x", 0, END_OF_TIME)) == []
    assert store.get("a", 10, 30) == 10
    assert store.get("a", 10, 31) is None


def test_changelog_key_is_that_of_java_at_the_end_of_the_session(surroundings):
    store = surroundings.open(spec())
    store.put("a", 1000, 1000, 1)
    store.put("a", 1000, 1000, None)
    key = bytes.fromhex("6100000000000003e800000000000003e8")
    assert surroundings.logged == [(key, bytes.fromhex("0000000000000001"), 1000, ()), (key, None, 1000, ())]


def test_keys_that_begin_alike_are_kept_apart(store):
    for key in ("a", "a\0", "a\0\0\0\0\0\0\0\0", "ab", ""):
        store.put(key, 0, 5, len(key))
    for key in ("a", "a\0", "a\0\0\0\0\0\0\0\0", "ab", ""):
        assert list(store.find(key, 0, 10)) == [(0, 5, len(key))]


def test_scans_over_keys(store, surroundings):
    store.put("b", 0, 10, 1)
    surroundings.commit(store)
    store.put("a", 5, 10, 2)
    store.put("c", 0, 5, 3)
    a, b, c = (Windowed("a", 5, 10), 2), (Windowed("b", 0, 10), 1), (Windowed("c", 0, 5), 3)
    assert list(store.ended_between(0, 10)) == [c, a, b]
    assert list(store.ended_between(6, 9)) == []
    assert list(store.find_keys(None, None, 0, 99)) == [c, b, a]
    assert list(store.find_keys("a", "b", 0, 99, reverse=True)) == [a, b]
    assert list(store.find_keys("b", None, 6, 4)) == [b]


def test_sessions_expire_when_their_end_is_retention_behind_stream_time(store):
    store.put("a", 0, 100, 1)
    store.put("a", 0, 101, 2)
    store.put("b", 1100, 1100, 3)
    assert list(store.find("a", 0, 99)) == [(0, 101, 2)]
    assert store.get("a", 0, 100) is None
    assert [windowed.end for windowed, _ in store.ended_between(0, 9999)] == [101, 1100]
    store.put("c", 50, 100, 9)
    assert store.get("c", 50, 100) is None


def test_old_segments_are_dropped_at_commit(store, surroundings):
    store.put("a", 0, 100, 1)
    surroundings.commit(store)
    store.put("a", 100_000, 100_000, 1)
    surroundings.commit(store)
    assert len(list(store._overlay.engine.scan(None, None))) == 1


def test_rollback_returns_to_the_last_commit(store, surroundings):
    store.put("a", 0, 10, 1)
    surroundings.commit(store)
    store.put("a", 0, 10, None)
    store.put("a", 0, 20, 2)
    store.rollback()
    assert store.stream_time == 10
    assert list(store.find("a", 0, 99)) == [(0, 10, 1)]


def test_restored_store_equals_the_logged_one(store, surroundings, variant):
    store.put("a", 0, 10, 1)
    surroundings.commit(store)
    store.put("a", 0, 10, None)
    store.put("a", 0, 20, 2)
    store.put("b", 70_000, 70_000, 2)
    store.put("b", 69_500, 69_600, 3)
    store.flush()
    other = surroundings.open(spec(name="other", **variant))
    other.restore(surroundings.take_logged(), 9)
    assert list(other.find("b", 0, 99_999)) == [(69_500, 69_600, 3), (70_000, 70_000, 2)]
    assert list(other.find_keys(None, None, 0, END_OF_TIME)) == list(store.find_keys(None, None, 0, END_OF_TIME))
    assert other.stream_time == 70_000


def test_session_that_grew_within_the_interval_is_flushed_once(cached, surroundings):
    heard = listening(cached)
    cached.put("a", 0, 0, 1)
    for end in range(1, 50):
        cached.put("a", 0, end - 1, None)
        cached.put("a", 0, end, end, (("n", bytes((end,))),))
    cached.flush()
    assert heard == [(Windowed("a", 0, 49), 49, None, 49, (("n", b"\x31"),))]
    assert len(surroundings.logged) == 1
    cached.flush()
    assert len(heard) == 1


def test_session_known_downstream_is_flushed_as_none_before_its_successor(cached, surroundings):
    cached.put("a", 0, 5, 1)
    surroundings.commit(cached)
    heard = listening(cached)
    cached.put("a", 0, 5, None, (("h", b""),))
    cached.put("a", 0, 7, 2)
    cached.put("a", 0, 7, None)
    cached.put("a", 0, 9, 3)
    cached.flush()
    assert heard == [
        (Windowed("a", 0, 5), None, 1, 5, (("h", b""),)),
        (Windowed("a", 0, 9), 3, None, 9, ()),
    ]
    assert [record.value is None for record in surroundings.logged] == [False, True, False]


def test_session_put_again_within_its_old_bounds_keeps_the_old_value(cached, surroundings):
    cached.put("a", 0, 5, 1)
    surroundings.commit(cached)
    heard = listening(cached)
    cached.put("a", 0, 5, None)
    cached.put("a", 0, 5, 2)
    cached.flush()
    assert heard == [(Windowed("a", 0, 5), 2, 1, 5, ())]


def test_scan_in_mid_interval_leaves_no_trace_of_a_session_that_goes(cached, surroundings):
    heard = listening(cached)
    cached.put("a", 0, 5, 1)
    assert len(list(cached.ended_between(0, 9))) == 1
    cached.put("a", 0, 5, None)
    assert list(cached.ended_between(0, 9)) == []
    cached.put("b", 0, 5, 1)
    assert len(list(cached.ended_between(0, 9))) == 1
    cached.put("b", 0, 5, None)
    cached.flush()
    assert (heard, surroundings.logged) == ([], [])
    assert list(cached.ended_between(0, 9)) == []


def test_scan_in_mid_interval_does_not_change_the_old_value(cached, surroundings):
    cached.put("a", 0, 5, 1)
    surroundings.commit(cached)
    heard = listening(cached)
    cached.put("a", 0, 5, 2)
    assert [value for _, value in cached.ended_between(0, 9)] == [2]
    cached.put("a", 0, 5, 3)
    cached.flush()
    assert heard == [(Windowed("a", 0, 5), 3, 1, 5, ())]


def test_object_that_was_flushed_is_not_shared_with_later_reads(surroundings):
    store = surroundings.open(spec(caching=True, value_format=Json()))
    heard = listening(store)
    store.put("a", 0, 5, [1])
    store.flush()
    ((_, _, again),) = store.find("a", 0, 9)
    assert again == [1]
    assert again is not heard[0][1]


def test_keys_are_dropped_when_memory_is_short_and_read_again(cached):
    for number in range(100):
        cached.put(f"k{number}", 0, number, number)
    cached.flush()
    cached.put("k0", 0, 0, 5)
    cached.release(0.5)
    assert "k0" in cached._sessions
    assert len(cached._sessions) == 50
    assert [next(iter(cached.find(f"k{number}", 0, 0)))[2] for number in range(100)] == [5, *range(1, 100)]


def test_memory_is_given_back(cached, surroundings):
    cached.put("a", 0, 5, 1)
    cached.flush()
    assert surroundings.memory.used_bytes > 0
    cached.close()
    assert surroundings.memory.used_bytes == 0
