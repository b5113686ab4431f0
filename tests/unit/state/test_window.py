import pytest

from headrace.core.windows import END_OF_TIME, Windowed
from headrace.formats.json import Json
from headrace.formats.primitive import Int64, String
from headrace.state.api import RestoreRecord
from headrace.state.spec import StoreKind, StoreSpec


def spec(**settings):
    defaults = {
        "name": "w",
        "kind": StoreKind.TIMESTAMPED_WINDOW,
        "key_format": String(),
        "value_format": Int64(),
        "window_size_ms": 10,
        "retention_ms": 1000,
    }
    return StoreSpec(**defaults | settings)


def plain(found):
    return [(windowed.key, windowed.start, value) for windowed, value, _ in found]


@pytest.fixture(params=[False, True], ids=["uncached", "cached"])
def caching(request):
    return request.param


@pytest.fixture
def store(surroundings, caching):
    return surroundings.open(spec(caching=caching))


def test_get_returns_value_and_timestamp_of_one_window(store):
    store.put("a", 0, 1, 5)
    store.put("a", 10, 2, 15)
    store.put("b", 0, 3, 6)
    assert store.get("a", 0) == (1, 5)
    assert store.get("a", 10) == (2, 15)
    assert store.get("b", 10) is None
    store.put("a", 0, None, 7)
    assert store.get("a", 0) is None


def test_changelog_key_is_that_of_java(store, surroundings):
    store.put("a", 0x1A1FDEE1100, 1, 1795261601000)
    store.flush()
    expected = (bytes.fromhex("61000001a1fdee110000000000"), bytes.fromhex("0000000000000001"), 1795261601000, ())
    assert surroundings.logged == [expected]


def test_fetch_is_by_start_and_both_ends_are_included(store, surroundings):
    for start in (30, 10, 20, 0):
        store.put("a", start, start, start)
    surroundings.commit(store)
    store.put("a", 40, 40, 40)
    store.put("a", 10, None, 40)
    assert list(store.fetch("a", 0, 30)) == [(0, 0, 0), (20, 20, 20), (30, 30, 30)]
    assert [start for start, _, _ in store.fetch("a", 20, END_OF_TIME, reverse=True)] == [40, 30, 20]
    assert list(store.fetch("a", -5, 0)) == [(0, 0, 0)]
    assert list(store.fetch("a", 31, 30)) == []
    assert list(store.fetch("x", 0, 100)) == []


def test_fetch_is_not_confused_by_keys_that_begin_alike(store):
    for key in ("a", "a\0", "a\0\0\0\0\0\0\0\0", "ab", ""):
        store.put(key, 0, len(key), 0)
        store.put(key, 10, len(key), 10)
    for key in ("a", "a\0", "a\0\0\0\0\0\0\0\0", "ab", ""):
        assert list(store.fetch(key, 0, 10)) == [(0, len(key), 0), (10, len(key), 10)]


def test_fetch_finds_what_was_put_after_an_earlier_fetch(store, surroundings):
    def starts():
        return [start for start, _, _ in store.fetch("a", 0, 99)]

    store.put("a", 10, 1, 10)
    assert starts() == [10]
    store.put("a", 30, 1, 30)
    store.put("a", 20, 1, 20)
    store.put("a", 0, None, 20)
    store.folder(lambda: 0, lambda _key, value, total: total + value)("a", 5, 40, (), 40)
    assert starts() == [10, 20, 30, 40]
    surroundings.commit(store)
    store.put("a", 20, None, 40)
    assert starts() == [10, 30, 40]
    store.rollback()
    assert starts() == [10, 20, 30, 40]
    store.put("a", 50, 1, 50)
    store.release(1.0)
    assert starts() == [10, 20, 30, 40, 50]
    store.put("b", 1030, 1, 50)
    assert starts() == [40, 50]


def test_scans_over_keys_and_over_times(store, surroundings):
    for number, (key, start) in enumerate([("b", 0), ("a", 10), ("c", 20), ("a", 0)]):
        store.put(key, start, number, start)
        if number == 1:
            surroundings.commit(store)
    assert plain(store.all()) == [("a", 0, 3), ("b", 0, 0), ("a", 10, 1), ("c", 20, 2)]
    assert plain(store.all(reverse=True)) == [("c", 20, 2), ("a", 10, 1), ("b", 0, 0), ("a", 0, 3)]
    assert plain(store.fetch_all(5, 10)) == [("a", 10, 1)]
    assert plain(store.fetch_keys("a", "b", 0, 10)) == [("a", 0, 3), ("a", 10, 1), ("b", 0, 0)]
    assert plain(store.fetch_keys("b", None, 0, 99)) == [("b", 0, 0), ("c", 20, 2)]
    assert plain(store.fetch_keys(None, "a", 0, 99, reverse=True)) == [("a", 10, 1), ("a", 0, 3)]
    assert next(store.all())[0] == Windowed("a", 0, 10)


def test_windows_expire_when_start_is_retention_behind_stream_time(store):
    store.put("a", 0, 1, 0)
    store.put("a", 1, 1, 1)
    store.put("b", 1000, 1, 1000)
    assert store.stream_time == 1000
    assert store.get("a", 0) is None
    assert store.get("a", 1) == (1, 1)
    assert [start for start, _, _ in store.fetch("a", 0, 5)] == [1]
    assert plain(store.all()) == [("a", 1, 1), ("b", 1000, 1)]


def test_put_of_an_expired_window_is_dropped(store, surroundings):
    store.put("a", 2000, 1, 2000)
    store.put("a", 1000, 9, 2000)
    store.flush()
    assert store.stream_time == 2000
    assert len(surroundings.logged) == 1


def test_old_segments_are_dropped_at_commit(store, surroundings):
    store.put("a", 0, 1, 0)
    store.put("a", 60_000, 1, 0)
    surroundings.commit(store)
    assert len(list(store._overlay.engine.scan(None, None))) == 2
    store.put("a", 61_000, 1, 0)
    surroundings.commit(store)
    assert len(list(store._overlay.engine.scan(None, None))) == 2
    store.put("a", 500_000, 1, 0)
    surroundings.commit(store)
    assert [key[:8] for key, _ in store._overlay.engine.scan(None, None)] == [(500_000 // 60_000).to_bytes(8, "big")]


def test_window_that_expires_before_the_flush_is_still_logged_and_handed_out(surroundings):
    store = surroundings.open(spec(caching=True))
    heard = []
    store.set_flush_listener(lambda *update: heard.append(update[:2]), send_old=False)
    store.put("a", 0, 1, 0)
    store.put("a", 500_000, 2, 0)
    surroundings.commit(store)
    assert heard == [(Windowed("a", 0, 10), 1), (Windowed("a", 500_000, 500_010), 2)]
    assert len(surroundings.logged) == 2
    assert len(list(store._overlay.engine.scan(None, None))) == 1


def test_rollback_returns_to_windows_and_stream_time_of_the_commit(store, surroundings):
    store.put("a", 10, 1, 1)
    surroundings.commit(store)
    store.put("a", 10, 2, 2)
    store.put("a", 5000, 2, 2)
    store.rollback()
    assert store.stream_time == 10
    assert list(store.fetch("a", 0, 9999)) == [(10, 1, 1)]


def test_stream_time_is_put_back_by_the_runtime(store):
    store.set_stream_time(5000)
    store.put("a", 4000, 1, 1)
    assert store.get("a", 4000) is None
    store.rollback()
    assert store.stream_time == 5000


def test_restored_store_equals_the_logged_one(store, surroundings, caching):
    for start, value in ((0, 1), (10, 2), (0, 3), (10, None), (70_000, 5), (69_500, 6)):
        store.put("a", start, value, start + 1)
    store.flush()
    expected = list(store.all())
    other = surroundings.open(spec(name="other", caching=caching))
    other.restore(surroundings.take_logged(), 6)
    assert list(other.all()) == expected
    assert (other.stream_time, other.position()) == (70_000, 6)


def test_windows_on_disk_are_found_after_a_restart(on_disk, caching):
    store = on_disk.open(spec(caching=caching, retention_ms=10_000_000))
    for start in (0, 5_000_000, 9_000_000):
        store.put("a", start, start, start)
    on_disk.commit(store)
    store = on_disk.reopened(store, spec(caching=caching, retention_ms=10_000_000))
    assert [start for start, _, _ in store.fetch("a", 0, END_OF_TIME)] == [0, 5_000_000, 9_000_000]


def test_plain_kind_reads_no_timestamp(surroundings, caching):
    store = surroundings.open(spec(kind=StoreKind.WINDOW, caching=caching))
    store.put("a", 0, 1, 77)
    surroundings.commit(store)
    assert store.get("a", 0) == (1, 77) if caching else (1, -1)
    store.rollback()
    assert store.get("a", 0) == (1, -1)
    assert surroundings.logged[0].timestamp == 77


def test_unlimited_windows_end_at_the_end_of_time(surroundings, caching):
    store = surroundings.open(spec(caching=caching, window_size_ms=END_OF_TIME, retention_ms=END_OF_TIME))
    store.put("a", 1000, 1, 2000)
    assert next(store.all())[0] == Windowed("a", 1000, END_OF_TIME)
    surroundings.commit(store)
    assert store.get("a", 1000) == (1, 2000)


def test_cached_windows_are_flushed_by_start_with_the_old_value(surroundings):
    store = surroundings.open(spec(caching=True, key_format=Json(), value_format=Json()))
    heard = []
    store.set_flush_listener(lambda *update: heard.append(update), send_old=True)
    store.put("a", 10, [1], 11)
    surroundings.commit(store)
    store.put("b", 10, [2], 12, (("h", b"1"),))
    store.put("a", 10, [3], 13)
    store.put("a", 0, [4], 9)
    store.put("c", 0, [4], 9)
    store.put("c", 0, None, 9)
    assert len(list(store.all())) == 3
    store.put("a", 0, [5], 9)
    store.flush()
    assert heard[1:] == [
        (Windowed("a", 0, 10), [5], None, 9, ()),
        (Windowed("b", 10, 20), [2], None, 12, (("h", b"1"),)),
        (Windowed("a", 10, 20), [3], [1], 13, ()),
    ]


def test_clean_windows_are_dropped_when_memory_is_short(surroundings):
    store = surroundings.open(spec(caching=True))
    for start in range(10):
        for number in range(100):
            store.put(f"k{number}", start, number, 1)
    store.flush()
    store.release(0.55)
    assert sorted(store._windows) == [5, 6, 7, 8, 9]
    assert all(store.get(f"k{number}", start) == (number, 1) for start in range(10) for number in range(100))


def test_duplicates_are_kept_with_java_sequence_numbers(surroundings):
    duplicates = spec(kind=StoreKind.WINDOW, retain_duplicates=True, caching=True, value_format=String())
    store = surroundings.open(duplicates)
    assert store.cached is False
    store.put("a", 1000, "L", 1000)
    store.put("a", 1000, "L2", 1000)
    store.put("a", 1000, None, 1000)
    store.put("b", 900, "M", 900)
    assert [record[:2] for record in surroundings.logged] == [
        (bytes.fromhex("6100000000000003e800000001"), b"L"),
        (bytes.fromhex("6100000000000003e800000002"), b"L2"),
        (bytes.fromhex("62000000000000038400000003"), b"M"),
    ]
    assert [value for _, value, _ in store.fetch("a", 0, 2000)] == ["L", "L2"]
    surroundings.commit(store)
    store.rollback()
    store.put("a", 1000, "L3", 1000)
    assert [value for _, value, _ in store.fetch("a", 0, 2000)] == ["L", "L2", "L3"]
    assert [value for _, value, _ in store.fetch("a", 0, 2000, reverse=True)] == ["L3", "L2", "L"]
    assert surroundings.logged[-1].key[-4:] == b"\0\0\0\4"


def test_restore_leaves_out_expired_windows(store):
    late = RestoreRecord(b"a" + bytes(12), bytes(8), 0, ())
    new = RestoreRecord(b"a" + (90_000).to_bytes(8, "big") + bytes(4), bytes(8), 0, ())
    store.restore([new, late], 2)
    assert len(list(store._overlay.engine.scan(None, None))) == 1


def test_a_store_that_is_only_restored_drops_windows_as_they_expire(store):
    old = RestoreRecord(b"a" + bytes(12), bytes(8), 0, ())
    new = RestoreRecord(b"a" + (200_000).to_bytes(8, "big") + bytes(4), bytes(8), 0, ())
    store.restore([old], 1)
    store.restore([new], 2)
    assert len(list(store._overlay.engine.scan(None, None))) == 1
