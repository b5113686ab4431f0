import pytest

from headrace.formats.json import Json
from headrace.formats.primitive import Int64, String
from headrace.state.memory import SharedMemory
from headrace.state.spec import StoreKind, StoreSpec


def spec(**settings):
    defaults = {
        "name": "s",
        "kind": StoreKind.TIMESTAMPED_KEY_VALUE,
        "key_format": String(),
        "value_format": Int64(),
        "caching": True,
    }
    return StoreSpec(**defaults | settings)


def listening(store, *, send_old=True):
    heard = []
    assert store.set_flush_listener(lambda *update: heard.append(update), send_old=send_old)
    return heard


@pytest.fixture(params=[String(), Json()], ids=["exact keys", "keys by their bytes"])
def table(request, surroundings):
    return surroundings.open(spec(key_format=request.param))


def test_nothing_is_logged_before_the_flush(table, surroundings):
    table.put("a", 1, 1)
    assert surroundings.logged == []
    table.flush()
    assert len(surroundings.logged) == 1


def test_flush_hands_out_each_key_once_in_the_order_of_the_first_change(table):
    heard = listening(table)
    table.put("b", 1, 1, (("h", b"1"),))
    table.put("a", 1, 2)
    table.put("b", 2, 3, (("h", b"2"),))
    table.flush()
    assert heard == [("b", 2, None, 3, (("h", b"2"),)), ("a", 1, None, 2, ())]
    table.flush()
    assert len(heard) == 2


def test_old_value_is_that_before_the_interval(table, surroundings):
    table.put("a", 1, 1)
    surroundings.commit(table)
    heard = listening(table)
    table.put("a", 2, 2)
    table.put("a", 3, 3)
    table.flush()
    table.put("a", 4, 4)
    table.flush()
    assert heard == [("a", 3, 1, 3, ()), ("a", 4, 3, 4, ())]


def test_old_value_is_not_read_unless_asked_for(table, surroundings):
    table.put("a", 1, 1)
    surroundings.commit(table)
    heard = listening(table, send_old=False)
    table.put("a", 2, 2)
    table.flush()
    assert heard == [("a", 2, None, 2, ())]


def test_scan_in_mid_interval_changes_neither_old_value_nor_count_of_records(table, surroundings):
    table.put("a", 1, 1)
    surroundings.commit(table)
    surroundings.take_logged()
    heard = listening(table)
    table.put("a", 2, 2)
    assert list(table.range(None, None)) == [("a", (2, 2))]
    table.put("b", 5, 2)
    table.put("a", 3, 3, (("h", None),))
    assert list(table.range(None, None)) == [("a", (3, 3)), ("b", (5, 2))]
    table.flush()
    assert heard == [("a", 3, 1, 3, (("h", None),)), ("b", 5, None, 2, ())]
    assert len(surroundings.logged) == 2


def test_delete_of_a_key_that_never_was_leaves_nothing(table, surroundings):
    heard = listening(table, send_old=False)
    table.put("a", 1, 1)
    table.put("a", None, 2)
    table.put("b", None, 2)
    table.flush()
    assert (heard, surroundings.logged) == ([], [])


def test_key_that_only_a_scan_has_seen_leaves_nothing(table, surroundings):
    heard = listening(table)
    table.put("a", 1, 1)
    assert len(list(table.range(None, None))) == 1
    table.put("a", None, 2)
    surroundings.commit(table)
    assert (heard, surroundings.logged, list(table.range(None, None))) == ([], [], [])


def test_delete_of_a_known_key_is_flushed_as_none(table, surroundings):
    table.put("a", 1, 1)
    surroundings.commit(table)
    heard = listening(table)
    table.put("a", None, 7, (("why", b"gone"),))
    assert table.get("a") is None
    table.flush()
    assert heard == [("a", None, 1, 7, (("why", b"gone"),))]
    assert surroundings.logged[-1] == (b"a" if b'"' not in surroundings.logged[0].key else b'"a"', None, 7, ())


def test_delete_and_put_again_keeps_the_old_value(table, surroundings):
    table.put("a", 1, 1)
    surroundings.commit(table)
    heard = listening(table)
    table.put("a", None, 2)
    table.put("a", 3, 3)
    table.flush()
    assert heard == [("a", 3, 1, 3, ())]


def test_object_that_was_flushed_is_not_shared_with_later_reads(surroundings):
    table = surroundings.open(spec(value_format=Json()))
    heard = listening(table)
    value = [1]
    table.put("a", value, 1)
    assert table.get("a")[0] is value
    table.flush()
    again = table.get("a")[0]
    assert again == [1]
    assert again is not heard[0][1]
    again.append(2)
    table.put("a", again, 2)
    table.flush()
    assert [update[1:3] for update in heard] == [([1], None), ([1, 2], [1])]


def test_value_may_change_its_type_between_flushes(surroundings):
    surroundings.memory = SharedMemory(1)
    table = surroundings.open(spec(value_format=Json()))
    for value in ([1], 5, {"a": 1}, None, "text"):
        table.put("k", value, 1)
        surroundings.commit(table)
        surroundings.memory.reclaim()
        assert table.get("k") == (None if value is None else (value, 1))


def test_listener_may_put_into_the_store_that_is_flushed(table):
    heard = []

    def echo(key, value, old, timestamp, headers):
        heard.append((key, value, old))
        if value < 3:
            table.put("other", value + 1, timestamp)

    table.set_flush_listener(echo, send_old=True)
    table.put("a", 1, 1)
    table.flush()
    assert heard == [("a", 1, None), ("other", 2, None), ("other", 3, 2)]


def test_clean_entries_are_dropped_after_a_commit_when_memory_is_short(surroundings):
    surroundings.memory = SharedMemory(100_000)
    table = surroundings.open(spec())
    for number in range(2_000):
        table.put(f"key-{number}", number, number)
    assert surroundings.memory.exceeded
    surroundings.commit(table)
    surroundings.memory.reclaim()
    assert not surroundings.memory.exceeded
    assert 0 < len(table._entries) < 1_000
    assert "key-1999" in table._entries
    assert "key-0" not in table._entries
    assert all(table.get(f"key-{number}") == (number, number) for number in range(2_000))


def test_unflushed_entries_are_never_dropped(surroundings):
    surroundings.memory = SharedMemory(1)
    table = surroundings.open(spec())
    table.put("a", 1, 1)
    surroundings.commit(table)
    table.put("a", 2, 2)
    surroundings.memory.reclaim()
    assert table.get("a") == (2, 2)
    table.flush()
    assert surroundings.logged[-1].timestamp == 2


def test_closed_store_gives_its_memory_back(surroundings):
    table = surroundings.open(spec())
    table.put("a", 1, 1)
    assert surroundings.memory.used_bytes > 0
    table.close()
    assert surroundings.memory.used_bytes == 0
