import pytest

from headrace.operators.filter import Filter
from headrace.operators.flat_map import FlatMap
from headrace.operators.flat_map_values import FlatMapValues
from headrace.operators.key_filter import KeyFilter
from headrace.operators.map import Map
from headrace.operators.map_values import MapValues
from headrace.operators.pass_through import PassThrough
from headrace.operators.peek import Peek
from headrace.operators.select_key import SelectKey
from headrace.operators.split import Split

HEADERS = (("trace", b"1"),)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (Map(lambda k, v: (k.upper(), v + 1)), [("K", 2)]),
        (MapValues(lambda v: v + 1), [("k", 2)]),
        (MapValues(lambda k, v: k * 2 + str(v), with_key=True), [("k", "kk1")]),
        (FlatMap(lambda k, v: [(k, v), (v, k)]), [("k", 1), (1, "k")]),
        (FlatMapValues(lambda v: range(v + 1)), [("k", 0), ("k", 1)]),
        (FlatMapValues(lambda k, v: (k, v), with_key=True), [("k", "k"), ("k", 1)]),
        (FlatMapValues(lambda v: ()), []),
        (SelectKey(lambda k, v: v), [(1, 1)]),
        (PassThrough(), [("k", 1)]),
        (Filter(lambda k, v: v == 1), [("k", 1)]),
        (Filter(lambda k, v: v == 1, negate=True), []),
    ],
)
def test_keeps_time_and_headers_of_the_record(bench, operator, expected):
    bench.bind(operator).pipe("k", 1, 7, HEADERS)
    assert bench.take() == [("", key, value, 7, HEADERS) for key, value in expected]


def test_passes_null_keys_and_values_to_the_functions(bench):
    bench.bind(Filter(lambda k, v: k is None and v is None)).pipe(None, None, 3)
    assert bench.records() == [(None, None, 3)]


def test_key_filter_drops_and_counts_null_keys_only(bench):
    bench.bind(KeyFilter()).pipe(None, 1).pipe("k", None)
    assert bench.records() == [("k", None, 0)]
    assert bench.dropped == ["null-key"]


def test_peek_sees_a_record_before_it_goes_on(bench):
    bench.bind(Peek(lambda k, v: bench.out.append(("seen", k, v, 0, ())))).pipe("k", 1)
    assert [child for child, *_ in bench.take()] == ["seen", ""]


def test_terminal_peek_ends_the_stream(bench):
    seen = []
    bench.bind(Peek(lambda k, v: seen.append((k, v)), terminal=True)).pipe("k", 1)
    assert seen == [("k", 1)]
    assert bench.take() == []


def test_split_takes_the_first_branch_that_matches(bench):
    split = Split((lambda k, v: v > 10, lambda k, v: v > 5), ("large", "middle", "rest"))
    bench.with_children("large", "middle", "rest").bind(split).pipe("k", 11).pipe("k", 6).pipe("k", 1)
    assert [(child, value) for child, _, value, *_ in bench.take()] == [("large", 11), ("middle", 6), ("rest", 1)]


def test_split_without_a_default_leaves_the_rest_out(bench):
    bench.with_children("large").bind(Split((lambda k, v: v > 10,), ("large",))).pipe("k", 1)
    assert bench.take() == []
