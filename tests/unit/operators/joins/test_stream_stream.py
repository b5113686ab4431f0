import pytest

from headrace.formats.json import Json
from headrace.operators.joins.stream_stream import StreamJoinWindow, StreamStreamJoinSide
from headrace.state.spec import StoreKind

BEFORE, AFTER, GRACE = 10, 5, 3


def pair(left, right):
    return f"{left}{right}"


class Join:
    """Both sides of a join in one task; `left` and `right` pipe records in, `take` has what comes out."""

    def __init__(self, bench, how, before=BEFORE, after=AFTER, grace=GRACE):
        settings = {"retention_ms": before + after + grace, "window_size_ms": before + after, "retain_duplicates": True}
        bench.open("left", StoreKind.WINDOW, **settings)
        bench.open("right", StoreKind.WINDOW, **settings)
        buffer = None if how == "inner" else "buffer"
        if buffer:
            bench.open(buffer, StoreKind.OUTER_JOIN_BUFFER, right_value_format=Json())
        self.out = []
        self.clock = bench.clock
        self.options = bench.options
        self.sides = {}
        for side, other, span in (("left", "right", (before, after)), ("right", "left", (after, before))):
            operator = StreamStreamJoinSide(
                join="join",
                other_store=other,
                joiner=pair,
                with_key=False,
                right=side == "right",
                outer=how == "outer" or (how == "left" and side == "left"),
                before_ms=span[0],
                after_ms=span[1],
                grace_ms=grace,
                buffer=buffer,
            )
            joining = bench.beside(side).bind(operator)
            joining.out = self.out
            self.sides[side] = bench.beside(f"{side}-window").bind(StreamJoinWindow(side)).then(joining)
            self.sides[f"{side}-join"] = joining

    def left(self, key, value, timestamp, headers=()):
        self.sides["left"].pipe(key, value, timestamp, headers)
        return self

    def right(self, key, value, timestamp, headers=()):
        self.sides["right"].pipe(key, value, timestamp, headers)
        return self

    def take(self):
        taken = [(key, value, timestamp) for _, key, value, timestamp, _ in self.out]
        self.out.clear()
        return taken


def test_window_passes_on_a_record_before_it_keeps_it(bench):
    store = bench.open("left", StoreKind.WINDOW, window_size_ms=10, retention_ms=10, retain_duplicates=True)
    seen = []
    window = bench.beside("window").bind(StreamJoinWindow("left"))
    window.forward = lambda key, value, timestamp, headers: seen.append(list(store.fetch(key, 0, 99)))
    window.bind(StreamJoinWindow("left")).pipe("a", 1, 5)
    assert seen == [[]]
    assert [(start, value) for start, value, _ in store.fetch("a", 0, 99)] == [(5, 1)]


def test_window_passes_on_null_keys_and_keeps_nothing(bench):
    store = bench.open("left", StoreKind.WINDOW, window_size_ms=10, retention_ms=10, retain_duplicates=True)
    bench.bind(StreamJoinWindow("left")).pipe(None, 1, 5)
    assert bench.records() == [(None, 1, 5)]
    assert list(store.all()) == []


@pytest.mark.parametrize("how", ["inner", "left", "outer"])
def test_joins_records_within_the_window_both_bounds_inclusive(bench, how):
    join = Join(bench, how)
    join.left("a", "L", 100)
    join.right("a", "R", 90).right("a", "R", 105)
    assert join.take() == [("a", "LR", 100), ("a", "LR", 105)]


def test_does_not_join_records_out_of_the_window(bench):
    join = Join(bench, "inner")
    join.left("a", "L", 100)
    join.right("a", "R", 89).right("a", "R", 106).right("b", "R", 100)
    assert join.take() == []


def test_joins_with_every_record_of_the_other_side(bench):
    join = Join(bench, "inner")
    join.left("a", "1", 100).left("a", "2", 100).left("a", "3", 99)
    join.right("a", "R", 101)
    assert join.take() == [("a", "3R", 101), ("a", "1R", 101), ("a", "2R", 101)]


def test_window_may_lie_wholly_before_or_after(bench):
    join = Join(bench, "inner", before=-5, after=10)
    join.left("a", "L", 100)
    join.right("a", "R", 104).right("a", "R", 105).right("a", "R", 110)
    assert join.take() == [("a", "LR", 105), ("a", "LR", 110)]


def test_drops_null_keys_and_values(bench):
    join = Join(bench, "inner")
    join.left(None, "L", 1).left("a", None, 1)
    assert join.take() == []
    assert join.sides["left-join"].dropped == ["null-key-or-value"] * 2


def test_unjoined_left_record_comes_out_when_its_window_has_closed(bench):
    join = Join(bench, "left")
    join.left("a", "L", 100).left("b", "L", 100 + AFTER + GRACE)
    assert join.take() == []
    join.left("c", "L", 100 + AFTER + GRACE + 1)
    assert join.take() == [("a", "LNone", 100)]


def test_each_side_looks_for_unjoined_records_only_after_its_own_span(bench):
    join = Join(bench, "left")
    join.left("a", "L", 100).right("b", "R", 100 + BEFORE + GRACE)
    assert join.take() == []
    join.right("b", "R", 100 + BEFORE + GRACE + 1)
    assert join.take() == [("a", "LNone", 100)]


def test_unjoined_right_record_waits_for_the_span_before(bench):
    join = Join(bench, "outer")
    join.right("a", "R", 100).right("b", "R", 100 + BEFORE + GRACE)
    assert join.take() == []
    join.left("b", "L", 100 + BEFORE + GRACE + 1)
    assert join.take()[0] == ("a", "NoneR", 100)


def test_left_join_emits_no_right_records_alone(bench):
    join = Join(bench, "left")
    join.right("a", "R", 100).right("a", "R", 1000)
    assert join.take() == []


def test_joined_record_does_not_come_out_alone(bench):
    join = Join(bench, "outer")
    join.left("a", "L", 100).right("a", "R", 101).left("b", "L", 1000)
    assert join.take() == [("a", "LR", 101)]


def test_all_records_of_one_key_and_time_come_out(bench):
    join = Join(bench, "left")
    join.left("a", "1", 100).left("a", "2", 100).left("a", "3", 500)
    assert join.take() == [("a", "1None", 100), ("a", "2None", 100)]


def test_unjoined_results_are_ordered_by_time_and_carry_the_triggers_headers(bench):
    join = Join(bench, "outer")
    join.left("a", "L", 101).right("b", "R", 100).left("c", "L", 102)
    join.left("d", "L", 500, (("trigger", b"1"),))
    assert [row[1:4] for row in join.out] == [("b", "NoneR", 100), ("a", "LNone", 101), ("c", "LNone", 102)]
    assert {row[4] for row in join.out} == {(("trigger", b"1"),)}


def test_unjoined_results_come_before_the_triggers_own(bench):
    join = Join(bench, "left")
    join.left("a", "L", 100).right("b", "R", 500).left("b", "L", 501)
    assert join.take() == [("a", "LNone", 100), ("b", "LR", 501)]


def test_record_behind_stream_time_triggers_nothing(bench):
    join = Join(bench, "left")
    join.left("a", "L", 100)
    bench.surroundings.times["join"].value = 500
    join.right("b", "R", 499)
    assert join.take() == []


def test_late_record_that_finds_nothing_comes_out_at_once_and_may_still_join(bench):
    join = Join(bench, "left")
    join.right("b", "R", 107).left("a", "L", 100)
    assert join.take() == [("a", "LNone", 100)]
    join.right("a", "R", 104)
    assert join.take() == [("a", "LR", 104)]


def test_null_value_advances_time_and_emits_nothing(bench):
    join = Join(bench, "left")
    join.left("a", "L", 100).left("b", None, 500)
    assert join.take() == []
    join.left("b", "L", 500)
    assert join.take() == [("a", "LNone", 100)]


def test_null_key_of_an_outer_side_is_a_result_at_once(bench):
    join = Join(bench, "left")
    join.left(None, "L", 100).right(None, "R", 100)
    assert join.take() == [(None, "LNone", 100)]
    assert join.sides["right-join"].dropped == ["null-key-or-value"]


def test_stream_time_is_that_of_both_sides_and_part_of_the_commit(bench):
    Join(bench, "left").left("a", "L", 100).right("a", "R", 120).left("a", "L", 110)
    assert bench.surroundings.times["join"].value == 120


def test_looking_for_unjoined_records_is_throttled_by_wall_clock(bench):
    bench.options["emit_interval_ms"] = 1000
    bench.clock.advance(1)
    join = Join(bench, "left")
    join.left("a", "L", 100).left("b", "L", 200)
    assert join.take() == []
    bench.clock.advance(999)
    join.left("c", "L", 300)
    assert join.take() == []
    bench.clock.advance(1)
    join.left("d", "L", 400)
    assert join.take() == [("a", "LNone", 100), ("b", "LNone", 200), ("c", "LNone", 300)]


def test_buffer_left_by_an_earlier_run_is_emitted_without_a_window_span(bench):
    join = Join(bench, "left", before=10, after=0, grace=0)
    bench.stores["buffer"].add(100, True, "a", "L")
    join.left("b", "L", 101)
    assert join.take() == [("a", "LNone", 100)]


def test_join_of_a_stream_with_itself_finds_each_pair_in_both_orders(bench):
    join = Join(bench, "inner")
    for value, timestamp in (("1", 100), ("2", 101)):
        join.left("a", value, timestamp).right("a", value, timestamp)
    assert [value for _, value, _ in join.take()] == ["11", "21", "12", "22"]
