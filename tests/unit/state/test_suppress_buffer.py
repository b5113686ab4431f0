import pytest

from headrace.core.errors import StateError
from headrace.core.records import RecordMetadata
from headrace.formats.json import Json
from headrace.formats.primitive import Bytes, Int64, String
from headrace.state.api import RestoreRecord
from headrace.state.buffer_api import BufferedChange
from headrace.state.spec import StoreKind, StoreSpec

JAVA_KEY = bytes.fromhex("6100000000000013880000000000001388")
JAVA_VALUE = bytes.fromhex(
    "00000000000013880000000000000002000000037435620000000000000000ffffffffffffffff0000000800000000000000010000000000001388"
)


def spec(**settings):
    defaults = {
        "name": "b",
        "kind": StoreKind.SUPPRESS_BUFFER,
        "key_format": String(),
        "value_format": Int64(),
    }
    return StoreSpec(**defaults | settings)


@pytest.fixture
def buffer(surroundings):
    return surroundings.open(spec())


def everything(buffer):
    return [(change.key, change.new) for change in buffer.evict_while(lambda: True)]


def test_changelog_bytes_are_those_of_java(surroundings):
    buffer = surroundings.open(spec(key_format=Bytes()))
    buffer.put(5000, JAVA_KEY, 1, None, 5000, (), RecordMetadata("t5b", 0, 2))
    assert surroundings.logged == []
    surroundings.commit(buffer)
    assert list(buffer.evict_while(lambda: True)) == [BufferedChange(JAVA_KEY, 1, None, 5000, (), 5000)]
    surroundings.commit(buffer)
    assert surroundings.logged == [(JAVA_KEY, JAVA_VALUE, 5000, (("v", b"\x03"),)), (JAVA_KEY, None, 5000, ())]


def test_java_changelog_is_restored(surroundings):
    buffer = surroundings.open(spec(key_format=Bytes()))
    buffer.restore([RestoreRecord(JAVA_KEY, JAVA_VALUE, 77, (("v", b"\x03"),))], 1)
    assert (buffer.count, buffer.earliest_time, buffer.position(), buffer.stream_time) == (1, 5000, 1, 5000)
    (change,) = buffer.evict_while(lambda: True)
    assert (change.new, change.timestamp) == (1, 5000)


def test_order_is_by_time_of_the_first_update_then_key(buffer):
    buffer.put(20, "a", 1, None, 20, ())
    buffer.put(10, "c", 2, None, 10, ())
    buffer.put(10, "b", 3, None, 10, ())
    buffer.put(99, "c", 4, 2, 99, ())
    assert buffer.earliest_time == 10
    assert everything(buffer) == [("b", 3), ("c", 4), ("a", 1)]
    assert (buffer.count, buffer.earliest_time) == (0, None)


def test_later_update_brings_its_own_old_value_and_headers_and_find_shows_the_prior_one(buffer):
    buffer.put(10, "a", 2, 1, 10, (("h", b"1"),))
    buffer.put(20, "a", 3, 2, 20, (("h", b"2"),))
    assert buffer.find("a") == BufferedChange("a", 3, 1, 20, (("h", b"2"),), 10)
    assert buffer.find("x") is None
    assert list(buffer.evict_while(lambda: True)) == [BufferedChange("a", 3, 2, 20, (("h", b"2"),), 10)]


def test_predicate_is_asked_before_each_and_sees_what_is_left(buffer):
    for time in (1, 2, 3, 4):
        buffer.put(time, f"k{time}", time, None, time, ())
    assert [change.buffer_time for change in buffer.evict_while(lambda: buffer.earliest_time <= 2)] == [1, 2]
    assert [change.buffer_time for change in buffer.evict_while(lambda: buffer.count > 1)] == [3]
    assert buffer.count == 1


def test_tombstones_are_held_as_well(buffer, surroundings):
    buffer.put(1, "a", None, 5, 1, ())
    surroundings.commit(buffer)
    buffer.rollback()
    assert list(buffer.evict_while(lambda: True)) == [BufferedChange("a", None, 5, 1, (), 1)]


def test_size_is_counted_as_kafka_streams_does(buffer):
    metadata = RecordMetadata("in", 0, 0)
    buffer.put(1, "ab", 7, None, 1, (("h", b"xyz"), ("n", None)), metadata)
    first = 8 + 2 + (8 + 8 + len("in") + 4 + len("hxyz") + len("n")) + 8
    assert buffer.size_bytes == first
    buffer.put(2, "ab", 9, 7, 2, (), metadata)
    second = 8 + 2 + (8 + 8 + len("in") + 4) + 8 + 8
    assert buffer.size_bytes == second
    buffer.put(3, "c", 1, None, 2, (), metadata)
    assert buffer.size_bytes == second + 8 + 1 + 22 + 8
    everything(buffer)
    assert buffer.size_bytes == 0


def test_equal_prior_and_old_value_count_once_and_come_back(surroundings):
    buffer = surroundings.open(spec(value_format=Json()))
    buffer.put(1, "a", "new", "old", 1, (("n", None), ("m", b"")))
    assert buffer.size_bytes == 8 + 1 + 20 + 2 + 5 + 5
    surroundings.commit(buffer)
    buffer.rollback()
    assert buffer.size_bytes == 8 + 1 + 20 + 2 + 5 + 5
    assert buffer.find("a") == BufferedChange("a", "new", "old", 1, (("n", None), ("m", b"")), 1)


def test_key_that_came_and_went_leaves_nothing(buffer, surroundings):
    buffer.put(1, "a", 1, None, 1, ())
    everything(buffer)
    surroundings.commit(buffer)
    assert surroundings.logged == []


def test_rollback_returns_to_the_last_commit(buffer, surroundings):
    buffer.put(1, "a", 1, None, 1, ())
    buffer.put(2, "b", 2, None, 2, ())
    surroundings.commit(buffer)
    assert [change.key for change in buffer.evict_while(lambda: buffer.count > 1)] == ["a"]
    buffer.put(0, "c", 3, None, 9, ())
    buffer.flush()
    buffer.rollback()
    assert (buffer.stream_time, buffer.count) == (2, 2)
    assert everything(buffer) == [("a", 1), ("b", 2)]


def test_restore_follows_the_changelog_in_steps(buffer, surroundings):
    for time, key in ((1, "a"), (2, "b"), (3, "c")):
        buffer.put(time, key, time, None, time, ())
    surroundings.commit(buffer)
    next(buffer.evict_while(lambda: True))
    surroundings.commit(buffer)
    buffer.put(4, "a", 9, None, 4, ())
    surroundings.commit(buffer)
    records = surroundings.take_logged()
    other = surroundings.open(spec(name="other"))
    for position, record in enumerate(records):
        other.restore([record], position + 1)
    assert other.earliest_time == 2
    assert everything(other) == [("b", 2), ("c", 3), ("a", 9)]


def test_unflushed_changes_are_not_committed(buffer):
    buffer.put(1, "a", 1, None, 1, ())
    with pytest.raises(StateError, match="not flushed"):
        buffer.commit(1)


def test_changelog_of_another_format_is_refused(buffer):
    with pytest.raises(StateError, match="not of format 3"):
        buffer.restore([RestoreRecord(b"a", b"", 1, (("v", b"\x01"),))], 1)


def test_buffer_on_disk_is_there_after_a_restart(on_disk):
    buffer = on_disk.open(spec())
    buffer.put(1, "a", 1, None, 1, ())
    on_disk.commit(buffer)
    buffer = on_disk.reopened(buffer, spec())
    assert everything(buffer) == [("a", 1)]
