import pytest

from headrace.operators.joins.stream_table import BufferedStreamTableJoin, StreamTableJoin
from headrace.operators.views import StoreView
from headrace.state.spec import StoreKind

HEADERS = (("h", b"1"),)
TABLE, VERSIONED = StoreView("table"), StoreView("table", versioned=True)


def pair(value, row):
    return f"{value}{row}"


@pytest.fixture
def table(bench):
    bench.open("table").put("a", "T", 10)
    return bench


@pytest.fixture
def history(bench):
    """Row of `a`: 1 from 10 on, 2 from 20 on."""
    store = bench.open("table", StoreKind.VERSIONED, history_ms=100)
    store.put("a", 1, 10)
    store.put("a", 2, 20)
    return bench


def test_result_has_time_and_headers_of_the_stream_record(table):
    table.bind(StreamTableJoin(TABLE, pair, with_key=False, left=False)).pipe("a", "x", 3, HEADERS)
    assert table.take() == [("", "a", "xT", 3, HEADERS)]


@pytest.mark.parametrize("with_key", [False, True])
@pytest.mark.parametrize(
    ("left", "expected", "drops"), [(False, ["xT"], 4), (True, ["xT", "xNone", "xNone"], 2)], ids=["inner", "left"]
)
def test_null_values_are_dropped_and_null_keys_join_only_left(table, left, with_key, expected, drops):
    joiner = (lambda _key, value, row: pair(value, row)) if with_key else pair
    table.bind(StreamTableJoin(TABLE, joiner, with_key, left))
    for key, value in [("a", "x"), ("b", "x"), (None, "x"), ("a", None), (None, None)]:
        table.pipe(key, value)
    assert [value for _, value, _ in table.records()] == expected
    assert len(table.dropped) == drops - (1 if not left else 0)


def test_joiner_with_key_gets_the_key(table):
    table.bind(StreamTableJoin(TABLE, lambda *args: args, with_key=True, left=True)).pipe("a", "x").pipe("b", "x")
    assert table.records() == [("a", ("a", "x", "T"), 0), ("b", ("b", "x", None), 0)]


@pytest.mark.parametrize(("left", "early"), [(False, []), (True, [("a", "xNone", 9)])])
def test_versioned_table_is_read_as_of_the_record(history, left, early):
    history.bind(StreamTableJoin(VERSIONED, pair, with_key=False, left=left))
    history.pipe("a", "x", 9).pipe("a", "x", 19).pipe("a", "x", 25).pipe("a", None, 25)
    assert history.records() == [*early, ("a", "x1", 19), ("a", "x2", 25)]


@pytest.fixture
def buffered(history):
    history.open("buffer", StoreKind.STREAM_TABLE_BUFFER)

    def bind(left):
        return history.bind(BufferedStreamTableJoin(VERSIONED, pair, False, left, grace_ms=5, buffer="buffer"))

    return bind


def test_holds_records_back_for_the_grace_and_emits_them_by_time(buffered):
    stream = buffered(left=False).pipe("a", "x", 20, HEADERS).pipe("a", "y", 15).pipe("a", "z", 16)
    assert stream.records() == [("a", "y1", 15)]
    stream.pipe("a", "later", 25)
    assert stream.take() == [("", "a", "z1", 16, ()), ("", "a", "x2", 20, HEADERS)]


def test_late_record_is_joined_at_once(buffered):
    stream = buffered(left=False).pipe("b", "x", 30)
    stream.pipe("a", "late", 24)
    assert stream.records() == [("a", "late2", 24)]


def test_held_back_record_sees_a_row_that_came_later(buffered):
    stream = buffered(left=False).pipe("a", "x", 30)
    stream.stores["table"].put("a", 3, 28)
    stream.pipe("b", "y", 35)
    assert stream.records() == [("a", "x3", 30)]


def test_left_join_with_grace_joins_records_without_a_key_at_once(buffered):
    stream = buffered(left=True).pipe(None, "x", 30).pipe("b", "y", 30)
    assert stream.records() == [(None, "xNone", 30)]
    stream.pipe("a", "z", 35)
    assert stream.records() == [("b", "yNone", 30)]


def test_inner_join_with_grace_drops_null_keys_and_values(buffered):
    stream = buffered(left=False).pipe(None, "x", 30).pipe("a", None, 99)
    assert stream.dropped == ["null-key-or-value"] * 2
    assert stream.stores["buffer"].stream_time == -1
