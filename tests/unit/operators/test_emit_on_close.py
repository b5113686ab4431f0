"""Results of windows once, when they close."""

import pytest

from headrace.core.windows import NO_GRACE, HoppingWindows, SessionWindows, SlidingWindows, TumblingWindows
from headrace.operators.hopping_aggregate import HoppingAggregate
from headrace.operators.session_aggregate import SessionAggregate
from headrace.operators.sliding_aggregate import SlidingAggregate
from headrace.operators.tumbling_aggregate import TumblingAggregate
from headrace.state.spec import StoreKind


def count(_key, _value, counted):
    return counted + 1


def zero():
    return 0


def add(_key, one, other):
    return one + other


TUMBLING = TumblingAggregate("store", TumblingWindows(10, NO_GRACE), zero, count, emit_on_close=True)
TUMBLING_BY_HOPS = HoppingAggregate("store", HoppingWindows(10, 10, NO_GRACE), zero, count, emit_on_close=True)
HOPPING = HoppingAggregate("store", HoppingWindows(10, 5, NO_GRACE), zero, count, emit_on_close=True)
SLIDING = SlidingAggregate("store", SlidingWindows(10, 5), zero, count, emit_on_close=True)
SESSIONS = SessionAggregate("store", SessionWindows(5, 3), zero, count, add, emit_on_close=True)

tumbling = pytest.mark.parametrize("operator", [TUMBLING, TUMBLING_BY_HOPS])


@pytest.fixture(params=[False, True], ids=["uncached", "cached"])
def windows(bench, request):
    bench.open("store", StoreKind.TIMESTAMPED_WINDOW, caching=request.param, window_size_ms=10, retention_ms=1000)
    return bench


@pytest.fixture(params=[False, True], ids=["uncached", "cached"])
def sessions(bench, request):
    bench.open("store", StoreKind.SESSION, caching=request.param, retention_ms=1000)
    return bench


@tumbling
def test_emits_each_window_once_when_it_closes(windows, operator):
    windows.bind(operator).pipe("k", 1, 3).pipe("k", 1, 5)
    assert windows.take() == []
    windows.pipe("k", 1, 10)
    assert windows.updates() == [(("k", 0, 10), 2, 5)]
    windows.pipe("k", 1, 12).flush()
    assert windows.take() == []


@tumbling
def test_emits_by_window_start_then_key_with_the_headers_of_the_trigger(windows, operator):
    windows.bind(operator).pipe("b", 1, 8, (("h", b"own"),)).pipe("a", 1, 9)
    windows.pipe("z", 1, 40, (("h", b"trigger"),))
    assert [(key.key, key.start, headers) for _, key, _, _, headers in windows.take()] == [
        ("a", 0, (("h", b"trigger"),)),
        ("b", 0, (("h", b"trigger"),)),
    ]


@tumbling
def test_emits_all_windows_that_a_jump_of_time_closes(windows, operator):
    windows.bind(operator).pipe("k", 1, 3).pipe("k", 1, 10).take()
    windows.pipe("k", 1, 47)
    assert windows.updates() == [(("k", 10, 20), 1, 10)]
    windows.pipe("k", 1, 60)
    assert windows.updates() == [(("k", 40, 50), 1, 47)]


@tumbling
def test_does_not_emit_again_after_a_restart(windows, operator):
    windows.bind(operator).pipe("k", 1, 3).pipe("k", 1, 10).take()
    windows.bind(operator).pipe("k", 1, 11)
    assert windows.take() == []


@tumbling
def test_null_key_triggers_nothing(windows, operator):
    windows.bind(operator).pipe("k", 1, 3).pipe(None, 1, 100)
    assert windows.take() == []


def test_hopping_windows_close_one_by_one(windows):
    windows.bind(HOPPING).pipe("k", 1, 7).pipe("k", 1, 10)
    assert windows.updates() == [(("k", 0, 10), 1, 7)]
    windows.pipe("k", 1, 14)
    assert windows.updates() == []
    windows.pipe("k", 1, 15)
    assert windows.updates() == [(("k", 5, 15), 3, 14)]


def test_looks_for_closed_windows_at_most_once_per_interval(windows):
    windows.options["emit_interval_ms"] = 1000
    windows.bind(TUMBLING).pipe("k", 1, 3).pipe("k", 1, 10)
    assert windows.take() == []
    windows.clock.advance(999)
    windows.pipe("k", 1, 11)
    assert windows.take() == []
    windows.clock.advance(1)
    windows.pipe("k", 1, 12)
    assert windows.updates() == [(("k", 0, 10), 1, 3)]


def test_sliding_window_closes_when_its_inclusive_end_and_grace_are_passed(windows):
    windows.bind(SLIDING).pipe("k", 1, 20).pipe("x", 1, 25)
    assert windows.take() == []
    windows.pipe("x", 1, 26)
    assert windows.updates() == [(("k", 10, 20), 1, 20)]


def test_session_closes_after_gap_and_grace(sessions):
    sessions.bind(SESSIONS).pipe("k", 1, 10).pipe("k", 1, 14).pipe("x", 1, 22)
    assert sessions.take() == []
    sessions.pipe("x", 1, 23)
    assert sessions.updates() == [(("k", 10, 14), 2, 14)]


def test_sessions_are_emitted_by_end_then_key(sessions):
    sessions.bind(SESSIONS).pipe("b", 1, 10).pipe("a", 1, 11).pipe("c", 1, 10)
    sessions.pipe("z", 1, 100)
    assert [key for key, *_ in sessions.updates()] == [("b", 10, 10), ("c", 10, 10), ("a", 11, 11)]
