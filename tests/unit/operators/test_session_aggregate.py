"""Sessions: merging, lateness, and what is sent for those that are merged."""

import pytest

from headrace.core.windows import SessionWindows
from headrace.operators.session_aggregate import SessionAggregate
from headrace.state.spec import StoreKind

GAP = 5


def text(_key, value, joined):
    return f"{joined},{value}" if joined else value


def joined(_key, one, other):
    return f"{one}+{other}" if one else other


def extend(_key, value, values):
    values.append(value)
    return values


def join_into_the_other(_key, one, other):
    other[:0] = one
    return other


def sessions(grace=1000, **options):
    return SessionAggregate("store", SessionWindows(GAP, grace), str, text, joined, **options)


@pytest.fixture
def uncached(bench):
    bench.open("store", StoreKind.SESSION, retention_ms=100_000)
    return bench


@pytest.fixture
def cached(bench):
    bench.open("store", StoreKind.SESSION, caching=True, retention_ms=100_000)
    return bench


@pytest.fixture(params=["uncached", "cached"])
def stored(request):
    return request.getfixturevalue(request.param)


def test_extended_session_is_taken_away_before_the_longer_one(uncached):
    uncached.bind(sessions()).pipe("k", "a", 10).pipe("k", "b", 12)
    assert uncached.updates() == [
        (("k", 10, 10), "a", 10),
        (("k", 10, 10), None, 10),
        (("k", 10, 12), "a,b", 12),
    ]


def test_session_that_keeps_its_bounds_is_taken_away_and_put_back(uncached):
    uncached.bind(sessions()).pipe("k", "a", 10).pipe("k", "b", 14).take()
    uncached.pipe("k", "c", 12)
    assert uncached.updates() == [(("k", 10, 14), None, 14), (("k", 10, 14), "a,b,c", 14)]


def test_session_of_one_moment_is_not_taken_away_by_a_record_at_that_moment(uncached):
    uncached.bind(sessions()).pipe("k", "a", 10).take()
    uncached.pipe("k", "b", 10)
    assert uncached.updates() == [(("k", 10, 10), "a,b", 10)]


def test_record_in_between_merges_sessions_in_order_of_their_ends(uncached):
    uncached.bind(sessions()).pipe("k", "b", 20).pipe("k", "a", 12).take()
    uncached.pipe("k", "c", 16)
    assert uncached.updates() == [
        (("k", 12, 12), None, 12),
        (("k", 20, 20), None, 20),
        (("k", 12, 20), "a+b,c", 20),
    ]


@pytest.mark.parametrize(("second", "count"), [(15, 1), (16, 2)])
def test_record_exactly_the_gap_away_still_joins(stored, second, count):
    stored.bind(sessions()).pipe("k", "a", 10).pipe("k", "b", second).flush()
    assert len(list(stored.stores["store"].find("k", 0, 100))) == count


@pytest.mark.parametrize(("stream_time", "dropped"), [(18, []), (19, ["late"])])
def test_session_is_closed_once_end_gap_and_grace_are_passed(stored, stream_time, dropped):
    stored.bind(sessions(grace=3)).pipe("other", "x", stream_time).pipe("k", "a", 10)
    assert stored.dropped == dropped


def test_late_record_that_connects_to_an_open_session_is_taken(stored):
    stored.bind(sessions(grace=0)).pipe("k", "b", 15).pipe("k", "c", 20).pipe("k", "a", 10).flush()
    assert stored.dropped == []
    assert stored.updates()[-1] == (("k", 10, 20), "b,c,a", 20)


def test_null_key_is_dropped_and_null_value_takes_part(uncached):
    uncached.bind(sessions()).pipe(None, "a", 5000).pipe("k", None, 10)
    assert uncached.dropped == ["null-key"]
    assert uncached.updates() == [(("k", 10, 10), None, 10)]


def test_updates_have_no_headers_and_those_of_a_flush_have_the_last(bench):
    bench.open("store", StoreKind.SESSION, retention_ms=1000)
    bench.bind(sessions()).pipe("k", "a", 10, (("h", b"1"),))
    assert [headers for *_, headers in bench.take()] == [()]


def test_cached_updates_carry_the_end_of_the_session_and_the_last_headers(cached):
    cached.bind(sessions()).pipe("k", "b", 14).pipe("k", "a", 12, (("h", b"2"),)).flush()
    [(_, key, change, timestamp, headers)] = [row for row in cached.take() if row[2].new is not None]
    assert ((key.start, key.end), change.new, timestamp, headers) == ((12, 14), "b,a", 14, (("h", b"2"),))


def test_old_values_go_with_the_tombstones(uncached):
    uncached.bind(sessions(send_old=True)).pipe("k", "a", 10).pipe("k", "b", 12)
    assert uncached.changes() == [
        (("k", 10, 10), "a", None),
        (("k", 10, 10), None, "a"),
        (("k", 10, 12), "a,b", None),
    ]


def test_late_record_leaves_closed_sessions_alone_even_if_the_merger_changes_them_in_place(cached):
    operator = SessionAggregate("store", SessionWindows(GAP, 0), list, extend, join_into_the_other)
    cached.bind(operator).pipe("k", 1, 10).pipe("k", 2, 50).pipe("k", 3, 11).flush()
    assert cached.dropped == ["late"]
    assert cached.updates() == [(("k", 10, 10), [1], 10), (("k", 50, 50), [2], 50)]
