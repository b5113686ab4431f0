import pytest

from headrace.operators.joins.stream_global import StreamGlobalJoin
from headrace.operators.views import StoreView


def named(_key, value):
    return value.get("wanted")


@pytest.fixture
def table(bench):
    bench.open("global").put("g", "row", 10)
    return bench


@pytest.mark.parametrize(("left", "expected"), [(False, ["row"]), (True, ["row", None, None])])
def test_looks_up_the_key_that_the_record_names(table, left, expected):
    table.bind(StreamGlobalJoin(StoreView("global"), named, lambda value, row: row, with_key=False, left=left))
    table.pipe("k", {"wanted": "g"}, 3).pipe("k", {"wanted": "missing"}, 4).pipe(None, {}, 5)
    assert [value for _, value, _ in table.records()] == expected
    assert table.dropped == ([] if left else ["null-key-or-value"])


def test_result_keeps_key_time_and_headers_of_the_record(table):
    joiner = StreamGlobalJoin(StoreView("global"), named, lambda *args: args, with_key=True, left=False)
    table.bind(joiner).pipe(None, {"wanted": "g"}, 3, (("h", None),))
    assert table.take() == [("", None, (None, {"wanted": "g"}, "row"), 3, (("h", None),))]


def test_null_values_are_dropped_without_asking_for_a_key(table):
    operator = StreamGlobalJoin(StoreView("global"), named, lambda value, row: row, with_key=False, left=True)
    table.bind(operator).pipe("k", None)
    assert table.take() == []
    assert table.dropped == ["null-key-or-value"]
