"""Which session each event belongs to: in the ordinary case, after a loss, after a retry, and as time goes on."""

import re

import pytest
from segmenter.model import AllDataReceived, DataReceived, Device, DeviceWokeUp
from segmenter.sessions import session_id

WOKE = DeviceWokeUp()
DATA = DataReceived("pressure", 0.275)
ALL = AllDataReceived()


def test_a_wake_up_goes_out_under_the_stored_session(bench):
    key = bench.pipe(WOKE, 1_000)
    session = bench.sessions()["device-1"]
    assert (key.device, key.session_id) == (session.device, session.session_id)
    assert (session.timestamp, session.completed) == (1_000, False)
    assert re.fullmatch("[A-Za-z0-9]{8}", key.session_id)


def test_a_reading_belongs_to_the_session_of_its_wake_up(bench):
    assert bench.pipe(WOKE, 1_000) == bench.pipe(DATA, 1_100)
    assert bench.sessions()["device-1"].timestamp == 1_100


def test_each_wake_up_begins_a_session_and_data_belong_to_the_latest(bench):
    first, second, third = bench.pipe(WOKE, 1_000), bench.pipe(WOKE, 1_100), bench.pipe(DATA, 1_200)
    assert first != second
    assert second == third


def test_all_sent_belongs_to_the_session_and_completes_it(bench):
    assert bench.pipe(WOKE, 1_000) == bench.pipe(ALL, 1_100)
    assert bench.sessions()["device-1"].completed


def test_an_idle_session_is_gone_after_another_devices_event_5_s_later(bench):
    bench.pipe(WOKE, 1_000)
    bench.pipe(WOKE, 6_000, device="device-2")
    assert list(bench.sessions()) == ["device-2"]


# ---- loss -----------------------------------------------------------------------------------------------------------------


def test_a_reading_whose_wake_up_was_lost_begins_a_session(bench):
    first = bench.pipe(DATA, 1_000)
    assert bench.pipe(DATA, 1_100) == first


def test_a_reading_after_all_was_sent_begins_another_session(bench):
    key = bench.pipe(WOKE, 1_000)
    bench.pipe(ALL, 1_100)
    assert bench.pipe(DATA, 1_200) != key
    assert not bench.sessions()["device-1"].completed


def test_all_sent_without_anything_before_is_a_session_that_is_completed(bench):
    bench.pipe(WOKE, 900, device="device-2")  # the purger comes by after a task's first record
    bench.pipe(ALL, 1_000)
    assert bench.sessions()["device-1"].completed


def test_a_session_whose_all_sent_was_lost_ends_with_the_next_wake_up(bench):
    first = bench.pipe(WOKE, 1_000)
    assert bench.pipe(WOKE, 2_000) != first
    assert bench.pipe(ALL, 2_100) != first


# ---- retries and duplicates -----------------------------------------------------------------------------------------------


def test_a_reading_that_is_sent_again_stays_in_its_session(bench):
    assert bench.pipe(WOKE, 1_000) == bench.pipe(DATA, 1_100) == bench.pipe(DATA, 1_100)


def test_all_sent_that_is_sent_again_stays_in_its_session(bench):
    assert bench.pipe(WOKE, 1_000) == bench.pipe(ALL, 1_100) == bench.pipe(ALL, 1_150)
    assert bench.sessions()["device-1"].timestamp == 1_150


def test_a_wake_up_that_is_sent_again_begins_a_session_of_its_own(bench):
    """The rule says so: nothing tells a second wake-up from a first that was sent twice."""
    assert bench.pipe(WOKE, 1_000) != bench.pipe(WOKE, 1_000)


def test_devices_have_sessions_of_their_own(bench):
    one, other = bench.pipe(WOKE, 1_000), bench.pipe(WOKE, 1_000, device="device-2")
    assert one.session_id != other.session_id
    assert bench.pipe(DATA, 1_100) == one
    assert bench.pipe(DATA, 1_100, device="device-2") == other


# ---- purging --------------------------------------------------------------------------------------------------------------


def test_a_completed_session_goes_at_the_next_look_however_young(bench):
    bench.pipe(WOKE, 4_100)
    bench.pipe(ALL, 7_900)
    assert "device-1" in bench.sessions()
    bench.pipe(WOKE, 8_000, device="device-2")
    assert list(bench.sessions()) == ["device-2"]


@pytest.mark.parametrize(("idle_ms", "stays"), [(3_999, True), (4_000, False)])
def test_an_open_session_stays_for_less_than_4_s_without_an_event(bench, idle_ms, stays):
    bench.pipe(WOKE, 8_100 - idle_ms)
    bench.pipe(WOKE, 8_100, device="device-2")
    assert ("device-1" in bench.sessions()) is stays


def test_the_purger_looks_every_4_s_of_stream_time_and_not_between(bench):
    bench.pipe(WOKE, 4_000)
    bench.pipe(ALL, 4_500)
    bench.pipe(WOKE, 7_999, device="device-2")
    assert set(bench.sessions()) == {"device-1", "device-2"}


def test_a_reading_after_the_purge_begins_a_session(bench):
    key = bench.pipe(WOKE, 1_000)
    bench.pipe(WOKE, 6_000, device="device-2")
    assert bench.pipe(DATA, 6_100) != key


def test_what_was_purged_is_deleted_from_the_changelog_too(bench):
    bench.pipe(WOKE, 1_000)
    bench.pipe(WOKE, 6_000, device="device-2")
    changes = bench.driver.topic("test-driver-sessions-changelog", bytes, bytes).key_values()
    keys = {key for key, _ in changes}
    assert sorted(value is None for key, value in changes) == [False, False, True]
    assert len(keys) == 2


# ---- ids ------------------------------------------------------------------------------------------------------------------


def test_ids_follow_from_seed_device_and_offset():
    device = Device("device-1")
    ids = [session_id(7, device, 3), session_id(8, device, 3), session_id(7, Device("device-2"), 3), session_id(7, device, 4)]
    assert len(set(ids)) == 4
    assert session_id(7, device, 3) == ids[0]


def test_ids_do_not_collide_over_many_events():
    assert len({session_id(7, Device("device-1"), offset) for offset in range(50_000)}) == 50_000
