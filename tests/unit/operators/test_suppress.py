"""Suppression: until a window closes, or for some time after a key's first update."""

import pytest

from headrace.core.errors import BufferFullError
from headrace.core.records import Change
from headrace.core.windows import Windowed
from headrace.formats import String, WindowedFormat
from headrace.operators.suppress import Suppress, SuppressView
from headrace.operators.views import StoreView
from headrace.state.spec import StoreKind


def until_close(grace=0, **bound):
    return Suppress(store="buffer", wait_ms=grace, final=True, **bound)


def for_some_time(wait, **bound):
    return Suppress(store="buffer", wait_ms=wait, final=False, **bound)


@pytest.fixture
def buffer(bench):
    bench.open("buffer", StoreKind.SUPPRESS_BUFFER)
    return bench


@pytest.fixture
def windows(bench):
    bench.open("buffer", StoreKind.SUPPRESS_BUFFER, key_format=WindowedFormat(String(), 10))
    return bench


def window(start, key="k"):
    return Windowed(key, start, start + 10)


def test_only_the_last_update_of_a_window_comes_out_when_it_closes(windows):
    windows.bind(until_close(grace=2)).pipe(window(0), Change(1), 3).pipe(window(0), Change(2), 4)
    windows.pipe(window(10), Change(1), 11)
    assert windows.take() == []
    windows.pipe(window(10), Change(2), 12)
    assert windows.updates() == [(("k", 0, 10), 2, 4)]


def test_result_has_the_headers_of_the_last_buffered_update(windows):
    windows.bind(until_close()).pipe(window(0), Change(1), 3, (("h", b"1"),)).pipe(window(0), Change(2), 4, (("h", b"2"),))
    windows.pipe(window(10), Change(1), 10, (("h", b"3"),))
    assert [headers for *_, headers in windows.take()] == [(("h", b"2"),)]


def test_last_tombstone_of_a_window_is_swallowed(windows):
    windows.bind(until_close()).pipe(window(0), Change(1), 3).pipe(window(0), Change(None, 1), 4)
    windows.pipe(window(10), Change(1), 10)
    assert windows.take() == []
    assert windows.stores["buffer"].count == 1


def test_time_limit_runs_from_the_first_update_of_a_key(buffer):
    buffer.bind(for_some_time(10)).pipe("k", Change("a"), 100).pipe("k", Change("b"), 109)
    assert buffer.take() == []
    buffer.pipe("other", Change("x"), 110)
    assert buffer.updates() == [("k", "b", 109)]


def test_time_limit_lets_tombstones_through(buffer):
    buffer.bind(for_some_time(10)).pipe("never seen", Change(None), 100).pipe("k", Change("x"), 110)
    assert buffer.updates() == [("never seen", None, 100)]


def test_result_has_the_old_value_of_the_last_buffered_update_as_in_kafka_streams(buffer):
    buffer.bind(for_some_time(10)).pipe("k", Change("b", "a"), 100).pipe("k", Change("c", "b"), 101)
    buffer.pipe("other", Change("x"), 200)
    assert buffer.changes()[0] == ("k", "c", "b")


def test_no_time_limit_lets_everything_through_at_once(buffer):
    buffer.bind(for_some_time(0)).pipe("k", Change("a"), 5)
    assert buffer.updates() == [("k", "a", 5)]


def test_late_update_of_a_time_limit_goes_through_at_once(buffer):
    buffer.bind(for_some_time(10)).pipe("k", Change("x"), 100).pipe("late", Change("y"), 90)
    assert buffer.updates() == [("late", "y", 90)]


def test_full_buffer_emits_the_oldest_which_may_be_the_new_one(buffer):
    buffer.bind(for_some_time(1000, max_records=1, emit_early=True)).pipe("a", Change(1), 50).pipe("b", Change(2), 40)
    assert buffer.updates() == [("b", 2, 40)]


def test_full_buffer_shuts_down_with_its_bounds(buffer):
    buffer.bind(for_some_time(1000, max_records=1)).pipe("a", Change(1), 50)
    with pytest.raises(BufferFullError, match=r"'node' is full: 2 of 1 records"):
        buffer.pipe("b", Change(2), 51)


def test_bytes_are_a_bound_too(buffer):
    buffer.bind(for_some_time(1000, max_bytes=1, emit_early=True)).pipe("a", Change(1), 50)
    assert buffer.updates() == [("a", 1, 50)]
    assert buffer.stores["buffer"].size_bytes == 0


def test_stream_time_survives_a_restart(buffer):
    buffer.bind(for_some_time(10)).pipe("k", Change("a"), 100)
    buffer.bind(for_some_time(10)).pipe("late", Change("b"), 85)
    assert buffer.updates() == [("late", "b", 85)]


def test_view_shows_what_was_sent_last(buffer):
    parent = buffer.open("parent")
    parent.put("k", "c", 102)
    parent.put("other", "x", 7)
    get = SuppressView("buffer", StoreView("parent")).bind(buffer)
    buffer.bind(for_some_time(10)).pipe("k", Change("b", "a"), 100).pipe("k", Change("c", "b"), 102)
    buffer.pipe("new", Change("n"), 102)
    assert (get("k"), get("new"), get("other")) == (("a", -1), None, ("x", 7))
