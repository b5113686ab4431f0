import pytest

from headrace.formats.primitive import Int64, String
from headrace.state.api import RestoreRecord
from headrace.state.spec import StoreKind, StoreSpec


def spec(**settings):
    defaults = {
        "name": "b",
        "kind": StoreKind.OUTER_JOIN_BUFFER,
        "key_format": String(),
        "value_format": String(),
        "right_value_format": String(),
    }
    return StoreSpec(**defaults | settings)


@pytest.fixture
def buffer(surroundings):
    return surroundings.open(spec())


def test_changelog_bytes_are_those_of_java(buffer, surroundings):
    buffer.add(1000, True, "a", "L")
    assert buffer.remove(1000, True, "a") is True
    buffer.add(1030, False, "b", "RR")
    assert surroundings.logged == [
        (bytes.fromhex("00000000000003e80161"), bytes.fromhex("010000000100000002014c"), 1000, ()),
        (bytes.fromhex("00000000000003e80161"), None, 1000, ()),
        (bytes.fromhex("00000000000004060062"), bytes.fromhex("010000000100000003005252"), 1030, ()),
    ]


def test_order_is_by_time_then_right_before_left_then_key(buffer):
    buffer.add(2, True, "a", "1")
    buffer.add(1, True, "b", "2")
    buffer.add(1, False, "c", "3")
    buffer.add(1, True, "a", "4")
    buffer.add(1, True, "b", "5")
    assert list(buffer.oldest()) == [
        (1, False, "c", ["3"]),
        (1, True, "a", ["4"]),
        (1, True, "b", ["2", "5"]),
        (2, True, "a", ["1"]),
    ]
    assert buffer.stream_time == 2


def test_entries_may_be_removed_while_they_are_listed(buffer):
    for number in range(300):
        buffer.add(number, True, "k", "v")
    seen = []
    for time, is_left, key, _ in buffer.oldest():
        seen.append(time)
        assert buffer.remove(time, is_left, key)
    assert seen == list(range(300))
    assert list(buffer.oldest()) == []


def test_removal_of_what_is_not_there_is_not_logged(buffer, surroundings):
    assert buffer.remove(1, True, "a") is False
    assert surroundings.logged == []


def test_sides_have_formats_of_their_own(surroundings):
    buffer = surroundings.open(spec(right_value_format=Int64()))
    buffer.add(1, True, "a", "text")
    buffer.add(1, False, "a", 7)
    assert [values for _, _, _, values in buffer.oldest()] == [[7], ["text"]]


def test_rollback_returns_to_the_last_commit(buffer, surroundings):
    buffer.add(1, True, "a", "1")
    surroundings.commit(buffer)
    buffer.add(1, True, "a", "2")
    buffer.add(2, False, "b", "3")
    buffer.remove(1, True, "a")
    buffer.rollback()
    assert list(buffer.oldest()) == [(1, True, "a", ["1"])]
    buffer.add(1, True, "a", "4")
    assert list(buffer.oldest()) == [(1, True, "a", ["1", "4"])]


def test_restore_follows_the_changelog_in_steps(buffer):
    key = bytes.fromhex("00000000000003e80161")
    buffer.restore([RestoreRecord(key, bytes.fromhex("010000000100000002014c"), 1000, ())], 1)
    assert list(buffer.oldest()) == [(1000, True, "a", ["L"])]
    buffer.restore([RestoreRecord(key, None, 1000, ())], 2)
    assert list(buffer.oldest()) == []
    assert (buffer.position(), buffer.stream_time) == (2, 1000)


def test_buffer_on_disk_is_there_after_a_restart(on_disk):
    buffer = on_disk.open(spec())
    buffer.add(1, True, "a", "1")
    on_disk.commit(buffer)
    buffer = on_disk.reopened(buffer, spec())
    assert list(buffer.oldest()) == [(1, True, "a", ["1"])]
