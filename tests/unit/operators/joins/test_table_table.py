import pytest

from headrace.core.records import Change
from headrace.operators.joins.table_table import TableTableJoinSide, TableTableMerge
from headrace.operators.joins.table_table_view import TableTableJoinView
from headrace.operators.views import StoreView

OPTIONAL = {"inner": (False, False), "left": (False, True), "outer": (True, True)}
"""How: whether the left side, and the right side, may be missing."""


def pair(left, right):
    return f"{left}{right}"


def side(how, *, right=False, **flags):
    left_optional, right_optional = OPTIONAL[how]
    mine, other = (right_optional, left_optional) if right else (left_optional, right_optional)
    return TableTableJoinSide(
        StoreView("other"), pair, with_key=False, right=right, mine_optional=mine, other_optional=other, **flags
    )


@pytest.fixture
def other(bench):
    """The other table has a row for `a` at 10, none for `b`."""
    bench.open("other").put("a", "O", 10)
    return bench


@pytest.mark.parametrize(
    ("how", "right", "key", "change", "expected"),
    [
        ("inner", False, "a", Change("x"), ["xO"]),
        ("inner", True, "a", Change("x"), ["Ox"]),
        ("inner", False, "a", Change(None), [None]),
        ("inner", False, "b", Change("x"), []),
        ("inner", False, "b", Change(None, "x"), []),
        ("left", False, "b", Change("x"), ["xNone"]),
        ("left", False, "b", Change(None, "x"), [None]),
        ("left", False, "b", Change(None, None), []),
        ("left", False, "a", Change(None), [None]),
        ("left", True, "a", Change("x"), ["Ox"]),
        ("left", True, "a", Change(None), ["ONone"]),
        ("left", True, "b", Change("x"), []),
        ("outer", False, "a", Change(None), ["NoneO"]),
        ("outer", True, "a", Change(None), ["ONone"]),
        ("outer", True, "b", Change("x"), ["Nonex"]),
        ("outer", True, "b", Change(None, "x"), [None]),
        ("outer", True, "b", Change(None, None), []),
    ],
)
def test_joins_with_the_current_row_of_the_other_table(other, how, right, key, change, expected):
    other.bind(side(how, right=right)).pipe(key, change)
    assert [new for _, new, _ in other.updates()] == expected


@pytest.mark.parametrize(
    ("how", "right", "key", "change", "old"),
    [
        ("inner", False, "a", Change("y", "x"), "xO"),
        ("inner", False, "a", Change("y", None), None),
        ("left", False, "b", Change("y", "x"), "xNone"),
        ("left", True, "a", Change("y", None), "ONone"),
        ("outer", False, "a", Change("y", None), "NoneO"),
        ("outer", False, "b", Change("y", None), None),
    ],
)
def test_joins_old_values_if_they_are_asked_for(other, how, right, key, change, old):
    other.bind(side(how, right=right, send_old=True)).pipe(key, change)
    assert [before for _, _, before in other.changes()] == [old]
    other.bind(side(how, right=right)).pipe(key, change)
    assert [before for _, _, before in other.changes()] == [None]


def test_timestamp_is_the_larger_one_of_both_sides(other):
    other.bind(side("left")).pipe("a", Change("x"), 3).pipe("a", Change("x"), 30).pipe("b", Change("x"), 3)
    assert [timestamp for *_, timestamp in other.updates()] == [10, 30, 3]


def test_joiner_with_key_gets_the_sides_in_order(other):
    operator = TableTableJoinSide(StoreView("other"), lambda *args: list(args), True, True, False, False)
    other.bind(operator).pipe("a", Change("x"))
    assert other.updates() == [("a", ["a", "O", "x"], 10)]


def test_drops_null_keys_and_out_of_order_updates_of_versioned_tables(other):
    other.bind(side("outer", skip_out_of_order=True)).pipe(None, Change("x")).pipe("a", Change("x", None, False))
    assert other.take() == []
    assert other.dropped == ["null-key", "out-of-order"]


def test_out_of_order_updates_of_other_tables_are_joined(other):
    other.bind(side("inner")).pipe("a", Change("x", None, False))
    assert other.take()[0][2] == Change("xO", None, False)


def test_merge_passes_on_what_it_does_not_keep(bench):
    bench.bind(TableTableMerge()).pipe("a", Change(2, 1), 5)
    assert bench.changes() == [("a", 2, 1)]


def test_merge_keeps_the_result(bench):
    store = bench.open("store")
    bench.bind(TableTableMerge("store", send_old=True)).pipe("a", Change(2, 1), 5).pipe("a", Change(None, 2), 4)
    assert bench.changes() == [("a", 2, 1), ("a", None, 2)]
    assert store.get("a") is None


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("inner", [("lr", 10), None, None, None]),
        ("left", [("lr", 10), ("lNone", 3), None, None]),
        ("outer", [("lr", 10), ("lNone", 3), ("Noner", 4), None]),
    ],
)
def test_view_joins_on_demand(bench, how, expected):
    left, right = bench.open("left"), bench.open("right")
    left.put("both", "l", 5)
    right.put("both", "r", 10)
    left.put("left", "l", 3)
    right.put("right", "r", 4)
    view = TableTableJoinView(StoreView("left"), StoreView("right"), pair, False, *OPTIONAL[how])
    assert [view.bind(bench)(key) for key in ("both", "left", "right", "none")] == expected
    assert view.stores == ("left", "right")
    assert not view.versioned


def test_view_takes_a_joined_none_for_no_row(bench):
    bench.open("left").put("a", "l", 5)
    view = TableTableJoinView(StoreView("left"), StoreView("left"), lambda left, right: None, False, True, True)
    assert view.bind(bench)("a") is None
    assert view.bind_as_of(bench)("a", 0) is None
