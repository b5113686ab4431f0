import pytest

from headrace.core.records import Change
from headrace.operators.table_group import TableGroup
from headrace.operators.table_to_stream import TableToStream


def by_first_letter(key, value):
    return value[:1] or None, value[1:] or None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change("x1", None), [("x", Change("1"))]),
        (Change(None, "x1"), [("x", Change(None, "1"))]),
        (Change("x2", "x1"), [("x", Change("2", "1"))]),
        (Change("y2", "x1"), [("x", Change(None, "1")), ("y", Change("2"))]),
        (Change("", "x1"), [("x", Change(None, "1"))]),
        (Change("y", "x1"), [("x", Change(None, "1"))]),
        (Change("x1", "x"), [("x", Change("1"))]),
        (Change(None, None), []),
    ],
    ids=["enters", "leaves", "stays", "moves", "null group", "null value", "null old value", "nothing"],
)
def test_sends_the_change_to_the_groups_it_concerns(bench, change, expected):
    bench.bind(TableGroup(by_first_letter)).pipe("key", change, 7)
    assert bench.records() == [(group, sent, 7) for group, sent in expected]


def test_groups_of_different_types_are_different_groups(bench):
    bench.bind(TableGroup(lambda _key, value: (value, "row"))).pipe("key", Change(1, 1.0))
    assert bench.records() == [(1.0, Change(None, "row"), 0), (1, Change("row"), 0)]


@pytest.mark.parametrize(("skip", "sent"), [(True, 0), (False, 1)])
def test_out_of_order_updates_are_skipped_for_versioned_parents_only(bench, skip, sent):
    bench.bind(TableGroup(by_first_letter, skip_out_of_order=skip)).pipe("key", Change("x1", None, False))
    assert len(bench.take()) == sent


def test_stream_of_a_table_has_the_new_values(bench):
    bench.bind(TableToStream()).pipe("a", Change(1, 2), 5, (("h", None),)).pipe("a", Change(None, 1), 6)
    assert bench.take() == [("", "a", 1, 5, (("h", None),)), ("", "a", None, 6, ())]
