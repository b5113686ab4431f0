import pytest

from headrace.formats.primitive import String
from headrace.state.spec import StoreKind, StoreSpec


def spec(**settings):
    defaults = {
        "name": "b",
        "kind": StoreKind.STREAM_TABLE_BUFFER,
        "key_format": String(),
        "value_format": String(),
    }
    return StoreSpec(**defaults | settings)


@pytest.fixture
def buffer(surroundings):
    return surroundings.open(spec())


def test_records_come_out_by_time_then_key_then_arrival(buffer):
    for key, value, time in (("b", "1", 5), ("a", "2", 5), ("b", "3", 5), ("z", "4", 1), ("y", "5", 9)):
        buffer.put(key, value, time, (("h", value.encode()),))
    assert list(buffer.evict_until(0)) == []
    assert [record[:3] for record in buffer.evict_until(5)] == [
        ("z", "4", 1),
        ("a", "2", 5),
        ("b", "1", 5),
        ("b", "3", 5),
    ]
    assert list(buffer.evict_until(9)) == [("y", "5", 9, (("h", b"5"),))]
    assert buffer.stream_time == 9


def test_changelog_key_is_time_first_and_value_a_buffer_value(buffer, surroundings):
    buffer.put("a", "v", 1000, ())
    list(buffer.evict_until(1000))
    key = bytes.fromhex("0000000000000003e86100000001")
    value = "00000000000003e8ffffffffffffffff00000000ffffffff00000000ffffffffffffffff00000001760000000000000000"
    assert surroundings.logged == [(key, bytes.fromhex(value), 1000, ()), (key, None, 1000, ())]


def test_rollback_returns_to_the_last_commit(buffer, surroundings):
    buffer.put("a", "1", 1, ())
    buffer.put("b", "2", 2, ())
    surroundings.commit(buffer)
    list(buffer.evict_until(1))
    buffer.put("c", "3", 3, ())
    buffer.rollback()
    assert [record[1] for record in buffer.evict_until(9)] == ["1", "2"]


def test_arrival_goes_on_counting_after_a_restart(on_disk):
    buffer = on_disk.open(spec())
    buffer.put("a", "1", 1, ())
    on_disk.commit(buffer)
    buffer = on_disk.reopened(buffer, spec())
    buffer.put("a", "2", 1, ())
    assert [record[1] for record in buffer.evict_until(9)] == ["1", "2"]


def test_restore_follows_the_changelog_in_steps(buffer, surroundings):
    for key, time in (("a", 1), ("b", 2), ("c", 3)):
        buffer.put(key, key, time, ())
    list(buffer.evict_until(1))
    records = surroundings.take_logged()
    other = surroundings.open(spec(name="other"))
    other.restore(records[:2], 2)
    other.restore(records[2:], 4)
    assert [record[0] for record in other.evict_until(2)] == ["b"]
    assert [record[0] for record in other.evict_until(9)] == ["c"]
    assert (other.stream_time, other.position()) == (3, 4)
