import pytest

from headrace.core.errors import DecodeError, EncodeError, StoreClosedError
from headrace.core.records import ValueAndTimestamp
from headrace.formats.json import Json
from headrace.formats.primitive import Int64, String
from headrace.state.api import RestoreRecord
from headrace.state.spec import StoreKind, StoreSpec


def spec(**settings):
    defaults = {
        "name": "s",
        "kind": StoreKind.TIMESTAMPED_KEY_VALUE,
        "key_format": String(),
        "value_format": Int64(),
    }
    return StoreSpec(**defaults | settings)


@pytest.fixture(params=[False, True], ids=["uncached", "cached"])
def table(request, surroundings):
    return surroundings.open(spec(caching=request.param))


def test_get_returns_value_and_timestamp(table):
    assert table.get("a") is None
    table.put("a", 5, 100)
    assert table.get("a") == (5, 100)
    table.put("a", None, 101)
    assert table.get("a") is None


def test_changelog_has_the_plain_value_at_its_timestamp_without_headers(table, surroundings):
    table.put("a", 1, 1000, (("h", b"x"),))
    table.flush()
    assert surroundings.logged == [(b"a", bytes.fromhex("0000000000000001"), 1000, ())]


def test_engine_value_is_the_timestamp_and_the_value(table, surroundings):
    table.put("a", 1, 2)
    surroundings.commit(table)
    assert table._overlay.engine.get(b"a") == bytes.fromhex("00000000000000020000000000000001")


def test_scans_are_in_byte_order_over_committed_and_new_entries(table, surroundings):
    for number, key in enumerate(("b", "a", "d")):
        table.put(key, number, number)
    surroundings.commit(table)
    table.put("c", 9, 9)
    table.put("d", None, 9)
    everything = [("a", (1, 1)), ("b", (0, 0)), ("c", (9, 9))]
    assert list(table.range(None, None)) == everything
    assert list(table.range(None, None, reverse=True)) == everything[::-1]
    assert list(table.range("a", "b")) == everything[:2]
    assert list(table.range("b", "a")) == []
    assert list(table.range("b", None)) == everything[1:]
    assert table.approximate_count() == 3


def test_prefix_scan_finds_keys_that_begin_alike(table):
    for key in ("a", "ab", "abc", "b"):
        table.put(key, 1, 1)
    assert [key for key, _ in table.prefix_scan("ab")] == ["ab", "abc"]
    assert [key for key, _ in table.prefix_bytes_scan(b"")] == ["a", "ab", "abc", "b"]


def test_entries_may_be_deleted_while_scanning(table):
    for key in "abcdef":
        table.put(key, 1, 1)
    for key, _ in table.range(None, None):
        table.put(key, None, 2)
    assert list(table.range(None, None)) == []


def test_rollback_returns_to_the_last_commit(table, surroundings):
    table.put("a", 1, 1)
    surroundings.commit(table)
    table.put("a", 2, 2)
    table.put("b", 2, 2)
    assert list(table.range(None, None)) == [("a", (2, 2)), ("b", (2, 2))]
    table.rollback()
    assert table.get("a") == (1, 1)
    assert list(table.range(None, None)) == [("a", (1, 1))]


def test_restored_store_equals_the_logged_one(table, surroundings):
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("b", None)):
        table.put(key, value, 10)
    table.flush()
    other = surroundings.open(spec(name="other", caching=table.cached))
    other.restore(surroundings.take_logged(), 4)
    assert list(other.range(None, None)) == [("a", (3, 10))]
    assert other.position() == 4
    assert surroundings.logged == []


def test_restore_replaces_what_was_read_before(table):
    assert table.get("a") is None
    table.restore([RestoreRecord(b"a", bytes.fromhex("0000000000000007"), 3, ())], 1)
    assert table.get("a") == (7, 3)


def test_wipe_empties_the_store(table, surroundings):
    table.put("a", 1, 1)
    surroundings.commit(table)
    table.put("b", 1, 1)
    table.wipe()
    assert (table.get("a"), table.get("b"), table.position()) == (None, None, None)
    table.put("c", 1, 1)
    surroundings.commit(table)
    assert list(table.range(None, None)) == [("c", (1, 1))]


def test_closed_store_refuses_reads(table):
    table.put("a", 1, 1)
    table.close()
    table.close()
    with pytest.raises(StoreClosedError, match="'s' is closed"):
        table.get("a")


def test_committed_data_outlives_the_process_on_disk(on_disk):
    table = on_disk.open(spec())
    table.put("a", 1, 1)
    on_disk.commit(table)
    table.put("a", 2, 2)
    table = on_disk.reopened(table, spec())
    assert (table.get("a"), table.position()) == ((1, 1), 1)


def test_wrong_types_name_the_store(in_memory):
    table = in_memory.open(spec(name="totals"))
    with pytest.raises(EncodeError, match="a value of store 'totals'"):
        table.put("a", "text", 1)
    with pytest.raises(EncodeError, match="a key of store 'totals'"):
        table.get(5)
    table.restore([RestoreRecord(b"a", b"short", 1, ())], 1)
    with pytest.raises(DecodeError, match="totals"):
        table.get("a")


@pytest.mark.parametrize("caching", [False, True])
def test_view_hands_out_value_and_timestamp(surroundings, caching):
    table = surroundings.open(spec(caching=caching))
    view = table.view()
    view.put("a", ValueAndTimestamp(1, 10))
    assert table.get("a") == (1, 10)
    assert view.get("a") == ValueAndTimestamp(1, 10)
    assert view.put_if_absent("a", ValueAndTimestamp(2, 20)) == ValueAndTimestamp(1, 10)
    assert view.put_if_absent("b", ValueAndTimestamp(2, 20)) is None
    assert list(view.all()) == [("a", ValueAndTimestamp(1, 10)), ("b", ValueAndTimestamp(2, 20))]
    assert view.delete("a") == ValueAndTimestamp(1, 10)
    assert view.get("a") is None


@pytest.mark.parametrize("caching", [False, True])
def test_plain_store_keeps_values_only(surroundings, caching):
    store = surroundings.open(spec(kind=StoreKind.KEY_VALUE, caching=caching, value_format=Json()))
    store.put("a", {"n": 1})
    store.put_all([("b", 2), ("c", 3), ("d", None)])
    assert store.get("a") == {"n": 1}
    assert store.put_if_absent("e", None) is None
    assert list(store.range("b", "c")) == [("b", 2), ("c", 3)]
    assert list(store.reverse_range("b", None)) == [("c", 3), ("b", 2)]
    assert [key for key, _ in store.reverse_all()] == ["c", "b", "a"]
    assert [key for key, _ in store.prefix_scan("a")] == ["a"]
    assert store.delete("b") == 2
    surroundings.commit(store)
    assert store.position() == len(surroundings.logged)
    assert surroundings.logged[0] == (b"a", b'{"n":1}', -1, ())
    assert store.get("b") is None


def test_uncached_values_are_not_shared_with_later_ones(in_memory):
    table = in_memory.open(spec(value_format=Json()))
    value = [1]
    table.put("a", value, 1)
    value.append(2)
    assert table.get("a") == ([1], 1)


def test_uncached_store_takes_no_flush_listener(in_memory):
    table = in_memory.open(spec())
    assert table.set_flush_listener(lambda *_: None, send_old=True) is False


def test_engine_bytes_grow_with_what_is_committed(in_memory):
    table = in_memory.open(spec())
    plain = in_memory.open(spec(name="p", kind=StoreKind.KEY_VALUE))
    for store in (table, plain):
        empty = store.engine_bytes()
        store.put("a", 1, 1) if store is table else store.put("a", 1)
        in_memory.commit(store)
        assert store.engine_bytes() > empty
