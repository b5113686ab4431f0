"""A topology as an SVG drawing: sub-topologies as boxes, topics outside of them, stores beside their processors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

from headrace.topology.draw_layers import Gaps, Layers, Line, Size, placed
from headrace.topology.draw_picture import Group, Item, Shape, picture_of
from headrace.topology.physical import Topology

_FONT_SIZE, _CHARACTER, _LINE_HEIGHT = 12, 7.25, 15
_LONGEST_LINE = 28
_PADDING = 10
_MARGIN = 24
_TITLE = 26
_INNER, _OUTER = Gaps(beside=22, between=30), Gaps(beside=40, between=52)
_STORE_GAP, _CAP = 26, 6
_CHANNEL, _TURN = 12, 7

_FILL = {
    Shape.TOPIC: ("#dbeafe", "#2563eb"),
    Shape.INTERNAL_TOPIC: ("#fef3c7", "#d97706"),
    Shape.SOURCE: ("#eef2f7", "#94a3b8"),
    Shape.PROCESSOR: ("#ffffff", "#475569"),
    Shape.SINK: ("#eef2f7", "#94a3b8"),
    Shape.STORE: ("#dcfce7", "#16a34a"),
}


def draw_svg(topology: Topology) -> str:
    """The drawing as SVG text, self-contained."""
    return _Sheet(topology).text()


def _wrapped(label: str) -> list[str]:
    """A name in lines of at most 28 characters, broken behind `-`, `.` and `_` where there are any."""
    lines = [""]
    for piece in re.findall(r"[^-._ ]*[-._ ]?", label):
        for start in range(0, len(piece), _LONGEST_LINE):
            part = piece[start : start + _LONGEST_LINE]
            if len(lines[-1]) + len(part) > _LONGEST_LINE:
                lines.append("")
            lines[-1] += part
    return [line for line in lines if line] or [""]


def _size(item: Item) -> Size:
    lines = _wrapped(item.label)
    width = max(len(line) for line in lines) * _CHARACTER + 2 * _PADDING
    extra = 2 * _CAP if item.shape is Shape.STORE else 0
    return Size(width, len(lines) * _LINE_HEIGHT + _PADDING + extra)


@dataclass(frozen=True, slots=True)
class _Box:
    """An item where it is drawn: its upper left corner."""

    item: Item
    x: float
    y: float
    size: Size

    @property
    def middle(self) -> float:
        return self.x + self.size.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.size.height


class _Room:
    """One group laid out by itself; its upper left corner is (0, 0) until it is moved.

    A processor's stores stand to its right and take part in the layout with it, as one wider box.
    """

    def __init__(self, group: Group) -> None:
        self.group = group
        items = {item.id: item for item in group.items}
        owned: dict[str, list[Item]] = {}
        owner: dict[str, str] = {}
        for processor, store in group.uses:
            if owner.setdefault(store, processor) == processor:
                owned.setdefault(processor, []).append(items[store])
        cells = {name: _cell(item, owned.get(name, [])) for name, item in items.items() if item.shape is not Shape.STORE}
        shifts = {name: (_size(items[name]).width - cell.width) / 2 for name, cell in cells.items()}
        self.lines = [Line(one, other, shifts[one], shifts[other]) for one, other in dict.fromkeys(group.lines)]
        sinks = [item.id for item in group.items if item.shape is Shape.SINK]
        self.layers = placed(cells, self.lines, _INNER, last=sinks)
        self.boxes: dict[str, _Box] = {}
        for name, cell in cells.items():
            self._put(items[name], owned.get(name, []), self.layers.middle[name] - cell.width / 2, self.layers.top[name], cell)
        self._shift(group.title)

    def _put(self, item: Item, stores: list[Item], x: float, y: float, cell: Size) -> None:
        size = _size(item)
        self.boxes[item.id] = _Box(item, x, y + (cell.height - size.height) / 2, size)
        heights = sum(_size(store).height for store in stores) + 8 * max(0, len(stores) - 1)
        down = y + (cell.height - heights) / 2
        for store in stores:
            self.boxes[store.id] = _Box(store, x + size.width + _STORE_GAP, down, _size(store))
            down += _size(store).height + 8

    def _shift(self, title: str) -> None:
        points = [point for bends in self.layers.bends.values() for point in bends]
        left = min([box.x for box in self.boxes.values()] + [x for x, _ in points])
        right = max([box.x + box.size.width for box in self.boxes.values()] + [x for x, _ in points])
        self.dx, self.dy = _PADDING * 1.6 - left, float(_TITLE + _PADDING)
        width = max(right - left + 3.2 * _PADDING, len(title) * _CHARACTER + 3 * _PADDING)
        self.size = Size(width, max(box.bottom for box in self.boxes.values()) + self.dy + 1.6 * _PADDING)

    def moved(self, x: float, y: float) -> dict[str, _Box]:
        """All boxes with the group's corner at (x, y)."""
        return {name: _Box(box.item, box.x + self.dx + x, box.y + self.dy + y, box.size) for name, box in self.boxes.items()}


def _curve_between(processor: _Box, store: _Box) -> str:
    """Between the edges that face each other; over the top where both stand side by side."""
    x = min(max(store.middle, processor.x + 12), processor.x + processor.size.width - 12)
    if store.bottom <= processor.y:
        y1, y2 = processor.y, store.bottom
    elif processor.bottom <= store.y:
        y1, y2 = processor.bottom, store.y
    else:
        top = min(processor.y, store.y) - 22
        return f"M{x:.1f} {processor.y:.1f} C{x:.1f} {top:.1f} {store.middle:.1f} {top:.1f} {store.middle:.1f} {store.y:.1f}"
    half = (y1 + y2) / 2
    return f"M{x:.1f} {y1:.1f} C{x:.1f} {half:.1f} {store.middle:.1f} {half:.1f} {store.middle:.1f} {y2:.1f}"


def _cell(item: Item, stores: list[Item]) -> Size:
    size = _size(item)
    if not stores:
        return size
    sizes = [_size(store) for store in stores]
    height = sum(each.height for each in sizes) + 8 * (len(sizes) - 1)
    return Size(size.width + _STORE_GAP + max(each.width for each in sizes), max(size.height, height))


class _Sheet:
    """All groups and topics on one sheet."""

    def __init__(self, topology: Topology) -> None:
        self._picture = picture_of(topology)
        self._rooms = {f"group{number}": _Room(group) for number, group in enumerate(self._picture.groups)}
        self._room_of = {name: key for key, room in self._rooms.items() for name in room.boxes}
        self._shapes: list[str] = []
        self._titles: list[str] = []
        self._right = self._bottom = 0.0

    def text(self) -> str:
        topics = {topic.id: topic for topic in self._picture.topics}
        sizes = {key: _size(topic) for key, topic in topics.items()}
        sizes |= {key: room.size for key, room in self._rooms.items()}
        lines = [Line(topic, self._room_of[source], 0.0, self._offset(source)) for topic, source in self._picture.reads]
        lines += [Line(self._room_of[sink], topic, self._offset(sink), 0.0) for sink, topic in self._picture.writes]
        layers = placed(sizes, lines, _OUTER)
        left = min(
            [layers.middle[key] - size.width / 2 for key, size in sizes.items()]
            + [x for bends in layers.bends.values() for x, _ in bends],
            default=0.0,
        )
        self._dx, self._dy = _MARGIN - left, float(_MARGIN + 2 * _CHANNEL)
        boxes: dict[str, _Box] = {}
        for key, room in self._rooms.items():
            x, y = layers.middle[key] - room.size.width / 2 + self._dx, layers.top[key] + self._dy
            boxes |= self._draw_room(room, x, y)
        for key, topic in topics.items():
            x, y = layers.middle[key] - sizes[key].width / 2 + self._dx, layers.top[key] + self._dy
            boxes[key] = _Box(topic, x, y, sizes[key])
        self._draw_lines(boxes, layers)
        for box in boxes.values():
            self._draw_box(box)
        return self._document()

    def _offset(self, item: str) -> float:
        room = self._rooms[self._room_of[item]]
        return room.boxes[item].middle + room.dx - room.size.width / 2

    # ---- lines ----------------------------------------------------------------------------------------------------

    def _draw_room(self, room: _Room, x: float, y: float) -> dict[str, _Box]:
        width, height = room.size.width, room.size.height
        self._reach(x + width, y + height)
        self._shapes.append(f'<rect class="group" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="10"/>')
        self._titles.append(f'<text class="title" x="{x + 12:.1f}" y="{y + 18:.1f}">{escape(room.group.title)}</text>')
        boxes = room.moved(x, y)
        for place, line in enumerate(room.lines):
            bends = [(px + room.dx + x, py + room.dy + y) for px, py in room.layers.bends.get(place, [])]
            self._draw_line(boxes[line.start], boxes[line.end], bends)
        owner: dict[str, str] = {}
        for processor, store in room.group.uses:
            beside = owner.setdefault(store, processor) == processor
            self._draw_use(boxes[processor], boxes[store], beside=beside)
        return boxes

    def _draw_lines(self, boxes: dict[str, _Box], layers: Layers) -> None:
        pairs = self._picture.reads + self._picture.writes
        turns = 0
        edge = self._right
        for place, (one, other) in enumerate(pairs):
            if place in layers.backward:
                turns += 1
                self._draw_backward(boxes[one], boxes[other], edge + turns * _CHANNEL, turns * _TURN)
            else:
                bends = [(x + self._dx, y + self._dy) for x, y in layers.bends.get(place, [])]
                self._draw_line(boxes[one], boxes[other], bends)

    def _draw_line(self, one: _Box, other: _Box, bends: list[tuple[float, float]]) -> None:
        points = [(one.middle, one.bottom), *bends, (other.middle, other.y - 2)]
        path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
        for (x1, y1), (x2, y2) in pairwise(points):
            half = (y1 + y2) / 2
            path += f" C{x1:.1f} {half:.1f} {x2:.1f} {half:.1f} {x2:.1f} {y2:.1f}"
            self._reach(x2, y2)
        self._shapes.append(f'<path class="flow" d="{path}"/>')

    def _draw_backward(self, one: _Box, other: _Box, channel: float, apart: float) -> None:
        into_topic = other.item.shape in (Shape.TOPIC, Shape.INTERNAL_TOPIC)
        down, up = one.bottom + 4 + apart, other.y - 4 - apart - (0 if into_topic else _TITLE + _PADDING)
        path = f"M{one.middle:.1f} {one.bottom:.1f} V{down:.1f} H{channel:.1f} V{up:.1f} H{other.middle:.1f} V{other.y - 2:.1f}"
        self._reach(channel, down)
        self._shapes.append(f'<path class="flow" d="{path}"/>')

    def _draw_use(self, processor: _Box, store: _Box, *, beside: bool) -> None:
        if beside:
            x1, y1 = processor.x + processor.size.width, processor.y + processor.size.height / 2
            x2, y2 = store.x, store.y + store.size.height / 2
            curve = f"M{x1:.1f} {y1:.1f} C{(x1 + x2) / 2:.1f} {y1:.1f} {(x1 + x2) / 2:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        else:
            curve = _curve_between(processor, store)
        self._shapes.append(f'<path class="use" d="{curve}"/>')

    # ---- boxes ----------------------------------------------------------------------------------------------------

    def _draw_box(self, box: _Box) -> None:
        fill, stroke = _FILL[box.item.shape]
        x, y, width, height = box.x, box.y, box.size.width, box.size.height
        self._reach(x + width, y + height)
        paint = f'fill="{fill}" stroke="{stroke}"'
        if box.item.shape is Shape.STORE:
            side = f"M{x:.1f} {y + _CAP:.1f} v{height - 2 * _CAP:.1f}"
            bottom = f"a{width / 2:.1f} {_CAP} 0 0 0 {width:.1f} 0 v{-(height - 2 * _CAP):.1f}"
            top = f"a{width / 2:.1f} {_CAP} 0 0 0 {-width:.1f} 0 a{width / 2:.1f} {_CAP} 0 0 0 {width:.1f} 0"
            self._shapes.append(f'<path {paint} d="{side} {bottom} {top}"/>')
        else:
            dashes = ' stroke-dasharray="5 3"' if box.item.shape is Shape.INTERNAL_TOPIC else ""
            radius = height / 2 if box.item.shape in (Shape.TOPIC, Shape.INTERNAL_TOPIC) else 4
            radius = min(radius, 14)
            rect = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}"'
            self._shapes.append(f"<rect {paint}{dashes} {rect}/>")
        self._draw_label(box)

    def _draw_label(self, box: _Box) -> None:
        lines = _wrapped(box.item.label)
        cap = _CAP if box.item.shape is Shape.STORE else 0
        y = box.y + cap + (box.size.height - cap - len(lines) * _LINE_HEIGHT) / 2 + _LINE_HEIGHT - 4
        quiet = ' class="quiet"' if box.item.shape in (Shape.SOURCE, Shape.SINK) else ""
        for number, line in enumerate(lines):
            at = f'x="{box.middle:.1f}" y="{y + number * _LINE_HEIGHT:.1f}"'
            length = f'textLength="{len(line) * (_CHARACTER - 0.05):.1f}" lengthAdjust="spacingAndGlyphs"'
            self._shapes.append(f"<text{quiet} {at} {length}>{escape(line)}</text>")

    def _reach(self, x: float, y: float) -> None:
        self._right, self._bottom = max(self._right, x), max(self._bottom, y)

    def _document(self) -> str:
        width, height = self._right + _MARGIN, self._bottom + _MARGIN
        style = (
            f"text{{font:{_FONT_SIZE}px 'DejaVu Sans Mono',Menlo,Consolas,monospace;text-anchor:middle;fill:#0f172a}}"
            "text.quiet{fill:#64748b}"
            "text.title{text-anchor:start;font-weight:bold;fill:#334155;paint-order:stroke;stroke:#f8fafc;stroke-width:4px}"
            ".group{fill:#f8fafc;stroke:#cbd5e1}"
            ".flow{fill:none;stroke:#64748b;stroke-width:1.3;marker-end:url(#head)}"
            ".use{fill:none;stroke:#16a34a;stroke-width:1.2;stroke-dasharray:3 3}"
        )
        head = (
            '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0 L8 4 L0 8 z" fill="#64748b"/></marker>'
        )
        size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
        body = "\n".join(self._shapes + self._titles)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{style}</style>\n<defs>{head}</defs>\n'
            f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
        )
