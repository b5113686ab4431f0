"""Layouts: nothing overlaps, lines go down, cycles are noticed."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from headrace.topology.draw_layers import Gaps, Line, Size, placed

GAPS = Gaps(beside=10, between=20)


def graphs() -> st.SearchStrategy[tuple[dict[str, Size], list[Line]]]:
    sizes = st.lists(st.builds(Size, st.integers(5, 200), st.integers(5, 80)), min_size=1, max_size=12)

    def with_lines(drawn: list[Size]) -> st.SearchStrategy[tuple[dict[str, Size], list[Line]]]:
        boxes = {f"box{number}": size for number, size in enumerate(drawn)}
        line = st.builds(Line, st.sampled_from(sorted(boxes)), st.sampled_from(sorted(boxes)))
        return st.tuples(st.just(boxes), st.lists(line, max_size=20, unique=True))

    return sizes.flatmap(with_lines)


@given(graphs())
def test_boxes_never_overlap(graph):
    boxes, lines = graph
    layers = placed(boxes, lines, GAPS)
    for one, other in combinations(boxes, 2):
        beside = abs(layers.middle[one] - layers.middle[other]) >= (boxes[one].width + boxes[other].width) / 2 + 10 - 1e-6
        above = layers.top[one] + boxes[one].height <= layers.top[other]
        below = layers.top[other] + boxes[other].height <= layers.top[one]
        assert beside or above or below


@given(graphs())
def test_lines_that_are_not_backward_go_down(graph):
    boxes, lines = graph
    layers = placed(boxes, lines, GAPS)
    for place, line in enumerate(lines):
        if place not in layers.backward:
            assert layers.top[line.start] + boxes[line.start].height < layers.top[line.end]
            heights = [y for _, y in layers.bends.get(place, [])]
            assert heights == sorted(heights)


def test_a_line_that_closes_a_cycle_is_backward():
    boxes = {name: Size(10, 10) for name in "abc"}
    assert placed(boxes, [Line("a", "b"), Line("b", "c"), Line("c", "a")], GAPS).backward == {2}


def test_a_long_line_has_a_bend_in_each_layer_that_it_crosses():
    boxes = {name: Size(10, 10) for name in "abc"}
    layers = placed(boxes, [Line("a", "b"), Line("b", "c"), Line("a", "c")], GAPS)
    assert [y for _, y in layers.bends[2]] == [30, 40]


def test_last_boxes_are_in_the_lowest_layer():
    boxes = {name: Size(10, 10) for name in "abc"}
    layers = placed(boxes, [Line("a", "b"), Line("a", "c")], GAPS, last=["c"])
    assert layers.top["c"] == layers.top["b"]
    deeper = placed(boxes | {"d": Size(10, 10)}, [Line("a", "b"), Line("b", "d"), Line("a", "c")], GAPS, last=["c"])
    assert deeper.top["c"] == deeper.top["d"]
