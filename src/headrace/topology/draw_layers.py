"""Places boxes of a graph in layers, from top to bottom, with lines that go around boxes.

The steps are those of Sugiyama's method: take cycles out, give each box a layer, put invisible points where a line crosses a
layer, order each layer by its neighbours' middle, and move boxes under their neighbours as far as the order lets them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Size:
    """Of a box."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """From box to box. Offsets say where it leaves and enters, from the middle of the box."""

    start: str
    end: str
    start_offset: float = 0.0
    end_offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Gaps:
    """Free space beside boxes and between layers."""

    beside: float
    between: float


@dataclass(slots=True)
class Layers:
    """Where everything is.

    Attributes:
        middle: x of each box's middle; 0 is anywhere.
        top: y of each box's upper edge.
        bends: Per line, by its place, the points that it goes through between layers, from top to bottom.
        backward: Places of the lines that go up; they have no bends.
    """

    middle: dict[str, float] = field(default_factory=dict)
    top: dict[str, float] = field(default_factory=dict)
    bends: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    backward: set[int] = field(default_factory=set)


def placed(boxes: Mapping[str, Size], lines: Sequence[Line], gaps: Gaps, *, last: Sequence[str] = ()) -> Layers:
    """Places boxes; those in `last` are in the lowest layer."""
    backward = _backward(boxes, lines)
    forward = [place for place in range(len(lines)) if place not in backward and lines[place].start != lines[place].end]
    level = _levels(boxes, [lines[place] for place in forward], last)
    grid = _Grid(boxes, level)
    for place in forward:
        grid.add_line(place, lines[place])
    grid.order()
    result = grid.coordinates(gaps)
    result.backward = {place for place in range(len(lines)) if place not in forward}
    return result


def _backward(boxes: Mapping[str, Size], lines: Sequence[Line]) -> set[int]:
    """Places of the lines that close a cycle, found by walking down from each box in turn."""
    going: dict[str, list[int]] = {box: [] for box in boxes}
    for place, line in enumerate(lines):
        going[line.start].append(place)
    found: set[int] = set()
    on_the_way: set[str] = set()
    done: set[str] = set()

    def walk(box: str) -> None:
        on_the_way.add(box)
        for place in going[box]:
            end = lines[place].end
            if end in on_the_way:
                found.add(place)
            elif end not in done:
                walk(end)
        on_the_way.discard(box)
        done.add(box)

    for box in boxes:
        if box not in done:
            walk(box)
    return found


def _levels(boxes: Mapping[str, Size], lines: Sequence[Line], last: Sequence[str]) -> dict[str, int]:
    level = dict.fromkeys(boxes, 0)
    for _ in boxes:
        changed = False
        for line in lines:
            if level[line.end] <= level[line.start]:
                level[line.end] = level[line.start] + 1
                changed = True
        if not changed:
            break
    lowest = max(level.values(), default=0)
    level.update(dict.fromkeys(last, lowest))
    return level


class _Grid:
    """Boxes and invisible points by layer, in order."""

    def __init__(self, boxes: Mapping[str, Size], level: Mapping[str, int]) -> None:
        self._sizes = dict(boxes)
        self._level = dict(level)
        self._layers: list[list[str]] = [[] for _ in range(max(level.values(), default=0) + 1)]
        for box in boxes:
            self._layers[level[box]].append(box)
        self._up: dict[str, list[tuple[str, float, float]]] = {box: [] for box in boxes}
        self._down: dict[str, list[tuple[str, float, float]]] = {box: [] for box in boxes}
        self._points: dict[int, list[str]] = {}

    def add_line(self, place: int, line: Line) -> None:
        chain = [line.start]
        for level in range(self._level[line.start] + 1, self._level[line.end]):
            point = f"\0{place}-{level}"
            self._sizes[point] = Size(0, 0)
            self._level[point] = level
            self._layers[level].append(point)
            self._up[point], self._down[point] = [], []
            chain.append(point)
        chain.append(line.end)
        self._points[place] = chain[1:-1]
        for one, other in pairwise(chain):
            leaving = line.start_offset if one == line.start else 0.0
            entering = line.end_offset if other == line.end else 0.0
            self._down[one].append((other, leaving, entering))
            self._up[other].append((one, entering, leaving))

    def order(self) -> None:
        for sweep in range(_SWEEPS):
            downwards = sweep % 2 == 0
            neighbours = self._up if downwards else self._down
            for layer in self._layers if downwards else reversed(self._layers):
                where = {box: index for each in self._layers for index, box in enumerate(each)}
                layer.sort(key=lambda box: self._mean_place(box, neighbours, where))

    def _mean_place(
        self, box: str, neighbours: Mapping[str, Sequence[tuple[str, float, float]]], where: Mapping[str, int]
    ) -> float:
        places = [where[other] + theirs / (self._sizes[other].width or 1) for other, _, theirs in neighbours[box]]
        return sum(places) / len(places) if places else where[box]

    def coordinates(self, gaps: Gaps) -> Layers:
        middle: dict[str, float] = {}
        for layer in self._layers:
            middle.update(zip(layer, self._fitted(layer, [0.0] * len(layer), gaps), strict=True))
        for sweep in range(_SWEEPS):
            both = [self._up, self._down] if sweep >= _SWEEPS // 2 else [self._up if sweep % 2 == 0 else self._down]
            for layer in self._layers if sweep % 2 == 0 else reversed(self._layers):
                wanted = [self._wanted(box, both, middle) for box in layer]
                middle.update(zip(layer, self._fitted(layer, wanted, gaps), strict=True))
        result = Layers()
        y = 0.0
        for layer in self._layers:
            height = max((self._sizes[box].height for box in layer), default=0.0)
            for box in layer:
                result.middle[box] = middle[box]
                result.top[box] = y + (height - self._sizes[box].height) / 2
            for place, points in self._points.items():
                ends = [(middle[point], y + offset) for point in points if point in layer for offset in (0, height)]
                result.bends.setdefault(place, []).extend(ends)
            y += height + gaps.between
        return result

    def _wanted(
        self, box: str, both: Sequence[Mapping[str, Sequence[tuple[str, float, float]]]], middle: Mapping[str, float]
    ) -> float:
        wishes = [middle[other] + theirs - mine for side in both for other, mine, theirs in side[box]]
        return sum(wishes) / len(wishes) if wishes else middle[box]

    def _fitted(self, layer: Sequence[str], wanted: Sequence[float], gaps: Gaps) -> list[float]:
        """The places nearest to the wanted ones (least squares) that keep order and distance: pool adjacent violators."""
        offsets = [0.0] * bool(layer)
        for one, other in pairwise(layer):
            offsets.append(offsets[-1] + (self._sizes[one].width + self._sizes[other].width) / 2 + gaps.beside)
        pools: list[tuple[float, int]] = []
        for wish, offset in zip(wanted, offsets, strict=True):
            total, count = wish - offset, 1
            while pools and pools[-1][0] / pools[-1][1] > total / count:
                before = pools.pop()
                total, count = total + before[0], count + before[1]
            pools.append((total, count))
        bases = [total / count for total, count in pools for _ in range(count)]
        return [base + offset for base, offset in zip(bases, offsets, strict=True)]
