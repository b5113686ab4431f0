import pytest

from headrace.operators.joins.stream_self import StreamSelfJoin
from headrace.operators.joins.stream_stream import StreamJoinWindow
from headrace.state.spec import StoreKind


@pytest.fixture
def join(bench):
    """Windows of 10 before and 5 after, with a retention of 18."""
    bench.open("store", StoreKind.WINDOW, retention_ms=18, window_size_ms=15, retain_duplicates=True)
    joining = bench.beside("join").bind(StreamSelfJoin("store", lambda one, other: f"{one}{other}", False, 10, 5, 18))
    window = bench.beside("window").bind(StreamJoinWindow("store")).then(joining)

    def run(*records):
        for record in records:
            window.pipe(*record)
        return joining.records()

    run.dropped = joining.dropped
    return run


def test_record_joins_with_itself(join):
    assert join(("a", "1", 100)) == [("a", "11", 100)]


def test_pairs_come_in_the_order_of_an_inner_join(join):
    assert join(("a", "1", 100), ("a", "2", 101))[1:] == [("a", "21", 101), ("a", "12", 101), ("a", "22", 101)]


def test_window_is_taken_from_both_sides(join):
    assert join(("a", "1", 100), ("a", "2", 106))[1:] == [("a", "21", 106), ("a", "22", 106)]
    assert join(("b", "2", 106), ("b", "1", 100))[1:] == [("b", "11", 100), ("b", "21", 106)]


def test_earlier_record_joins_with_itself_before_with_later_ones(join):
    assert join(("a", "2", 103), ("a", "1", 100))[1:] == [("a", "12", 103), ("a", "11", 100), ("a", "21", 103)]


def test_record_out_of_retention_does_not_join_with_itself(join):
    assert join(("b", "x", 200), ("a", "1", 183))[1:] == []


def test_drops_null_keys_and_values(join):
    assert join((None, "1", 100), ("a", None, 100)) == []
    assert join.dropped == ["null-key-or-value"] * 2
