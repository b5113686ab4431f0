"""Sliding windows: which are made and in which order they are updated. See KIP-450."""

import pytest

from headrace.core.windows import NO_GRACE, SlidingWindows
from headrace.operators.sliding_aggregate import SlidingAggregate
from headrace.state.spec import StoreKind


def collect(_key, value, values):
    values.append(value)
    return values


def sliding(grace=1000, difference=10, **options):
    return SlidingAggregate("store", SlidingWindows(difference, grace), list, collect, **options)


@pytest.fixture
def uncached(bench):
    bench.open("store", StoreKind.TIMESTAMPED_WINDOW, window_size_ms=10, retention_ms=10_000)
    return bench


@pytest.fixture
def cached(bench):
    bench.open("store", StoreKind.TIMESTAMPED_WINDOW, caching=True, window_size_ms=10, retention_ms=10_000)
    return bench


def test_first_record_makes_its_left_window_only(uncached):
    uncached.bind(sliding()).pipe("k", "a", 20)
    assert uncached.updates() == [(("k", 10, 20), ["a"], 20)]


def test_later_record_makes_the_right_window_of_the_one_before_then_its_own_left(uncached):
    uncached.bind(sliding()).pipe("k", "a", 20).take()
    uncached.pipe("k", "b", 25)
    assert uncached.updates() == [(("k", 21, 31), ["b"], 25), (("k", 15, 25), ["a", "b"], 25)]


def test_updates_existing_windows_from_late_to_early(uncached):
    uncached.bind(sliding()).pipe("k", "a", 20).pipe("k", "b", 25).take()
    uncached.pipe("k", "c", 24)
    assert uncached.updates() == [
        (("k", 21, 31), ["b", "c"], 25),
        (("k", 15, 25), ["a", "b", "c"], 25),
        (("k", 14, 24), ["a", "c"], 24),
        (("k", 25, 35), ["b"], 25),
    ]


def test_earlier_record_makes_its_right_window_from_what_is_there(uncached):
    uncached.bind(sliding()).pipe("k", "b", 25).take()
    uncached.pipe("k", "a", 20)
    assert uncached.updates() == [
        (("k", 15, 25), ["b", "a"], 25),
        (("k", 10, 20), ["a"], 20),
        (("k", 21, 31), ["b"], 25),
    ]


def test_record_younger_than_the_difference_goes_into_the_window_at_zero(uncached):
    uncached.bind(sliding()).pipe("k", "a", 3).pipe("k", "b", 7)
    assert uncached.updates() == [
        (("k", 0, 10), ["a"], 3),
        (("k", 4, 14), ["b"], 7),
        (("k", 0, 10), ["a", "b"], 7),
    ]


def test_record_exactly_the_difference_away_shares_a_window(uncached):
    uncached.bind(sliding()).pipe("k", "a", 20).take()
    uncached.pipe("k", "b", 30)
    assert uncached.updates() == [(("k", 21, 31), ["b"], 30), (("k", 20, 30), ["a", "b"], 30)]


@pytest.mark.parametrize(("stream_time", "made"), [(35, [(("k", 21, 31), ["b"], 28)]), (36, [])])
def test_record_is_late_when_its_right_window_and_grace_are_passed(uncached, stream_time, made):
    uncached.bind(sliding(grace=5)).pipe("k", "b", 28).pipe("other", 1, stream_time).take()
    uncached.pipe("k", "a", 20)
    assert uncached.updates() == made
    assert uncached.dropped[-1] == "late"


def test_closed_windows_of_a_record_that_is_not_late_count_as_late(uncached):
    uncached.bind(sliding(grace=NO_GRACE)).pipe("k", "a", 25).take()
    uncached.pipe("k", "b", 20)
    assert uncached.updates() == [(("k", 15, 25), ["a", "b"], 25), (("k", 21, 31), ["a"], 25)]
    assert uncached.dropped == ["late"]


def test_null_keys_and_null_values_are_dropped(uncached):
    uncached.bind(sliding()).pipe(None, 1, 20).pipe("k", None, 20)
    assert uncached.dropped == ["null-key", "null-value"]
    assert uncached.take() == []


def test_old_values_are_those_before_the_record(uncached):
    uncached.bind(sliding(send_old=True)).pipe("k", "a", 20).pipe("k", "b", 20)
    assert uncached.changes() == [(("k", 10, 20), ["a"], []), (("k", 10, 20), ["a", "b"], ["a"])]


def test_cached_windows_do_not_share_an_aggregate_that_is_changed_in_place(cached):
    cached.bind(sliding()).pipe("k", "a", 20).pipe("k", "b", 25).pipe("k", "c", 24).flush()
    assert sorted(cached.updates()) == [
        (("k", 10, 20), ["a"], 20),
        (("k", 14, 24), ["a", "c"], 24),
        (("k", 15, 25), ["a", "b", "c"], 25),
        (("k", 21, 31), ["b", "c"], 25),
        (("k", 25, 35), ["b"], 25),
    ]
