"""Tumbling, hopping and unlimited windows: bounds, lateness, time, old values."""

import pytest

from headrace.core.windows import END_OF_TIME, NO_GRACE, HoppingWindows, TumblingWindows, UnlimitedWindows
from headrace.formats import Json
from headrace.operators.hopping_aggregate import HoppingAggregate
from headrace.operators.tumbling_aggregate import TumblingAggregate
from headrace.operators.unlimited_aggregate import UnlimitedAggregate
from headrace.state.spec import StoreKind

SIZE = 10


def count(_key, _value, counted):
    return counted + 1


def collect(_key, value, values):
    values.append(value)
    return values


def zero():
    return 0


def tumbling(grace=NO_GRACE, **options):
    return TumblingAggregate("store", TumblingWindows(SIZE, grace), zero, count, **options)


def one_window_hops(grace=NO_GRACE, **options):
    """Hopping windows that do not overlap: the same results as tumbling ones by the other code."""
    return HoppingAggregate("store", HoppingWindows(SIZE, SIZE, grace), zero, count, **options)


def open_windows(bench, *, caching=False, size=SIZE, retention=1000):
    return bench.open("store", StoreKind.TIMESTAMPED_WINDOW, caching=caching, window_size_ms=size, retention_ms=retention)


@pytest.fixture(params=[False, True], ids=["uncached", "cached"])
def stored(bench, request):
    open_windows(bench, caching=request.param)
    return bench


@pytest.fixture
def uncached(bench):
    open_windows(bench)
    return bench


both = pytest.mark.parametrize("operator", [tumbling, one_window_hops])


@both
def test_window_start_is_inclusive_and_its_end_exclusive(uncached, operator):
    uncached.bind(operator()).pipe("k", 1, 9).pipe("k", 1, 10).pipe("k", 1, 19).pipe("k", 1, 20)
    assert uncached.updates() == [
        (("k", 0, 10), 1, 9),
        (("k", 10, 20), 1, 10),
        (("k", 10, 20), 2, 19),
        (("k", 20, 30), 1, 20),
    ]


@both
@pytest.mark.parametrize(("stream_time", "dropped"), [(14, []), (15, ["late"])])
def test_window_is_closed_once_end_and_grace_reach_stream_time(stored, operator, stream_time, dropped):
    stored.bind(operator(grace=5)).pipe("a", 1, stream_time).pipe("b", 1, 3).flush()
    assert stored.dropped == dropped
    assert (("b", 0, 10) in [key for key, *_ in stored.updates()]) is not bool(dropped)


@both
def test_drops_record_after_window_close(stored, operator):
    stored.bind(operator()).pipe("k", 1, 5).pipe("k", 1, 10).pipe("k", 1, 9).flush()
    assert stored.dropped == ["late"]
    assert stored.updates() == [(("k", 0, 10), 1, 5), (("k", 10, 20), 1, 10)]


@both
def test_null_key_is_dropped_and_does_not_advance_stream_time(stored, operator):
    stored.bind(operator()).pipe(None, 1, 100).pipe("k", 1, 5).flush()
    assert stored.dropped == ["null-key"]
    assert stored.updates() == [(("k", 0, 10), 1, 5)]


@both
def test_null_value_takes_part(stored, operator):
    stored.bind(operator()).pipe("k", None, 5).flush()
    assert stored.updates() == [(("k", 0, 10), 1, 5)]


@both
def test_result_has_the_largest_timestamp_of_its_window(stored, operator):
    stored.bind(operator()).pipe("k", 1, 7).pipe("k", 1, 3).flush()
    assert stored.updates()[-1] == (("k", 0, 10), 2, 7)


@both
def test_stream_time_is_that_of_the_last_commit_after_a_restart(uncached, operator):
    uncached.bind(operator()).pipe("k", 1, 50)
    uncached.bind(operator()).pipe("k", 1, 5)
    assert uncached.dropped == ["late"]


@both
def test_first_change_carries_the_initial_value_as_old(uncached, operator):
    uncached.bind(operator(send_old=True)).pipe("k", 1, 1).pipe("k", 1, 2)
    assert uncached.changes() == [(("k", 0, 10), 1, 0), (("k", 0, 10), 2, 1)]


def test_old_value_survives_an_aggregator_that_changes_it_in_place(uncached):
    operator = TumblingAggregate("store", TumblingWindows(SIZE, NO_GRACE), list, collect, send_old=True)
    uncached.bind(operator).pipe("k", 1, 1).pipe("k", 2, 2)
    assert uncached.changes() == [(("k", 0, 10), [1], []), (("k", 0, 10), [1, 2], [1])]


def test_cached_window_forwards_once_per_interval_with_the_old_value(bench):
    open_windows(bench, caching=True)
    bench.bind(TumblingAggregate("store", TumblingWindows(SIZE, NO_GRACE), list, collect, send_old=True))
    bench.pipe("k", 1, 1).pipe("k", 2, 2).flush()
    assert bench.changes() == [(("k", 0, 10), [1, 2], None)]
    bench.pipe("k", 3, 3).flush()
    assert bench.changes() == [(("k", 0, 10), [1, 2, 3], [1, 2])]


def test_hopping_record_goes_into_all_its_windows_by_start(uncached):
    uncached.bind(HoppingAggregate("store", HoppingWindows(SIZE, 4, NO_GRACE), zero, count)).pipe("k", 1, 9)
    assert uncached.updates() == [(("k", 0, 10), 1, 9), (("k", 4, 14), 1, 9), (("k", 8, 18), 1, 9)]


def test_hopping_windows_never_start_before_zero(uncached):
    uncached.bind(HoppingAggregate("store", HoppingWindows(SIZE, 4, NO_GRACE), zero, count)).pipe("k", 1, 2)
    assert uncached.updates() == [(("k", 0, 10), 1, 2)]


def test_hopping_record_counts_as_late_once_per_closed_window(uncached):
    uncached.bind(HoppingAggregate("store", HoppingWindows(SIZE, 4, NO_GRACE), zero, count))
    uncached.pipe("a", 1, 15).take()
    uncached.pipe("b", 1, 9)
    assert uncached.dropped == ["late", "late"]
    assert uncached.updates() == [(("b", 8, 18), 1, 9)]


def test_unlimited_window_takes_everything_from_its_start(bench):
    open_windows(bench, size=END_OF_TIME, retention=END_OF_TIME)
    bench.bind(UnlimitedAggregate("store", UnlimitedWindows(5), zero, count))
    bench.pipe("k", 1, 4).pipe("k", 1, 10**12).pipe("k", 1, 5).pipe(None, 1, 6)
    assert bench.dropped == ["before-window", "null-key"]
    assert bench.updates() == [(("k", 5, END_OF_TIME), 1, 10**12), (("k", 5, END_OF_TIME), 2, 10**12)]


def test_cached_keys_that_are_equal_in_python_but_not_in_bytes_stay_apart(bench):
    bench.open("store", StoreKind.TIMESTAMPED_WINDOW, key_format=Json(), caching=True, window_size_ms=SIZE, retention_ms=1000)
    bench.bind(tumbling()).pipe(1, None, 0).pipe(True, None, 0).pipe(1, None, 0).flush()
    assert [(str(key), counted) for (key, *_), counted, _ in bench.updates()] == [("1", 2), ("True", 1)]
