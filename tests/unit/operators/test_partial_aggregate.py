"""Parts of windows before a repartition: when they go on, in which order, and with which time."""

from headrace.core.windows import TumblingWindows
from headrace.operators.partial_aggregate import PartialAggregate

SIZE, GRACE = 10, 5
SUMS = PartialAggregate(TumblingWindows(SIZE, GRACE), int, lambda _key, value, total: total + value)


def let_go(bench):
    bench.pass_barriers()
    return bench.records()


def test_one_part_of_each_key_and_window_goes_on_before_the_commit(bench):
    bench.bind(SUMS).pipe("b", 1, 12).pipe("a", 2, 9).pipe("b", 3, 14).pipe("b", 4, 11)
    assert bench.records() == []
    assert let_go(bench) == [("a", 2, 9), ("b", 8, 14)]
    assert let_go(bench) == []


def test_a_part_has_the_headers_of_its_last_record(bench):
    bench.bind(SUMS).pipe("a", 1, 5, (("h", b"1"),)).pipe("a", 1, 4, (("h", b"2"),))
    bench.pass_barriers()
    assert bench.take() == [("", "a", 2, 5, (("h", b"2"),))]


def test_a_time_that_closes_a_held_window_lets_all_go_first(bench):
    bench.bind(SUMS).pipe("a", 1, 3).pipe("a", 2, 14)
    assert bench.records() == []
    bench.pipe("a", 4, 15)
    assert bench.records() == [("a", 1, 3), ("a", 2, 14)]
    assert let_go(bench) == [("a", 4, 15)]


def test_a_record_of_a_closed_window_comes_after_what_closed_it(bench):
    bench.bind(SUMS).pipe("a", 1, 15).pipe("a", 2, 9).pipe("a", 3, 8)
    assert let_go(bench) == [("a", 1, 15), ("a", 5, 9)]


def test_a_null_key_goes_on_as_it_is(bench):
    bench.bind(SUMS).pipe(None, 1, 3)
    assert bench.records() == [(None, None, 3)]


def test_parts_go_on_before_there_are_too_many_of_them(bench, monkeypatch):
    monkeypatch.setattr("headrace.operators.partial_aggregate._MOST_PARTS", 2)
    bench.bind(SUMS).pipe("a", 1, 1).pipe("b", 2, 2).pipe("c", 4, 3)
    assert bench.records() == [("a", 1, 1), ("b", 2, 2)]
    assert let_go(bench) == [("c", 4, 3)]


def test_without_caching_each_record_is_a_part(bench):
    bench.caching = False
    bench.bind(SUMS).pipe("a", 1, 3).pipe("a", 2, 4).pipe(None, 1, 5)
    assert bench.records() == [("a", 1, 3), ("a", 2, 4), (None, None, 5)]
