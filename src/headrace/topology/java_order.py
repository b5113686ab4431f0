"""The order in which Java's HashSet and TreeSet give out their elements.

Kafka Streams prints topics, stores and edges in it, and descriptions are compared line by line when a program moves from Java.
The tree is filled while the sizes by which it compares still grow, so its shape decides; hence a tree here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

_SMALLEST_TABLE = 16
_MASK = 0xFFFFFFFF


def hash_set_order(texts: Iterable[str]) -> list[str]:
    """Texts, added in the order given, as a HashSet gives them out.

    >>> hash_set_order(["in1", "in2"])
    ['in2', 'in1']
    """
    distinct = list(dict.fromkeys(texts))
    size = _SMALLEST_TABLE
    while len(distinct) > size * 3 // 4:
        size *= 2
    return sorted(distinct, key=lambda text: _spread(_hash_code(text)) & (size - 1))


def _hash_code(text: str) -> int:
    hashed = 0
    units = text.encode("utf-16-be")
    for high, low in zip(units[::2], units[1::2], strict=True):
        hashed = (31 * hashed + (high << 8 | low)) & _MASK
    return hashed


def _spread(hashed: int) -> int:
    return hashed ^ hashed >> 16


class _Entry(Generic[T]):
    __slots__ = ("left", "parent", "red", "right", "value")

    def __init__(self, value: T, parent: _Entry[T] | None) -> None:
        self.value = value
        self.parent = parent
        self.left: _Entry[T] | None = None
        self.right: _Entry[T] | None = None
        self.red = True


class TreeSet(Generic[T]):
    """A red-black tree as in the textbook (Cormen et al.), and in Java; `before` may change its mind between two additions."""

    def __init__(self, before: Callable[[T, T], bool]) -> None:
        self._before = before
        self._root: _Entry[T] | None = None

    def add(self, value: T) -> None:
        """Adds a value, unless the way down to its place comes by it."""
        parent, here = None, self._root
        while here is not None:
            if here.value == value:
                return
            parent, here = here, here.left if self._before(value, here.value) else here.right
        entry = _Entry(value, parent)
        if parent is None:
            self._root = entry
        elif self._before(value, parent.value):
            parent.left = entry
        else:
            parent.right = entry
        self._balance(entry)

    def __iter__(self) -> Iterator[T]:
        """From first to last."""
        path: list[_Entry[T]] = []
        here = self._root
        while path or here is not None:
            while here is not None:
                path.append(here)
                here = here.left
            here = path.pop()
            yield here.value
            here = here.right

    def _balance(self, entry: _Entry[T]) -> None:
        while entry.parent is not None and entry.parent.red and entry.parent.parent is not None:
            parent, grandparent = entry.parent, entry.parent.parent
            on_left = parent is grandparent.left
            uncle = grandparent.right if on_left else grandparent.left
            if uncle is not None and uncle.red:
                parent.red = uncle.red = False
                grandparent.red = True
                entry = grandparent
                continue
            if entry is (parent.right if on_left else parent.left):
                self._rotate(parent, to_left=on_left)
                parent = entry
            parent.red, grandparent.red = False, True
            self._rotate(grandparent, to_left=not on_left)
            break
        if self._root is not None:
            self._root.red = False

    def _rotate(self, top: _Entry[T], *, to_left: bool) -> None:
        risen = top.right if to_left else top.left
        if risen is None:
            return
        inner = risen.left if to_left else risen.right
        if to_left:
            top.right, risen.left = inner, top
        else:
            top.left, risen.right = inner, top
        if inner is not None:
            inner.parent = top
        risen.parent = top.parent
        if top.parent is None:
            self._root = risen
        elif top.parent.left is top:
            top.parent.left = risen
        else:
            top.parent.right = risen
        top.parent = risen
