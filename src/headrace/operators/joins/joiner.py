"""The functions that users join with, brought to one form: (key, left, right) -> value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Joiner = Callable[..., Any]
KeyedJoiner = Callable[[Any, Any, Any], Any]


def keyed(joiner: Joiner, *, with_key: bool, swapped: bool = False) -> KeyedJoiner:
    """A joiner that takes the key first; `swapped` for the right side of a join, which has its own value first."""
    if with_key:
        return (lambda key, mine, other: joiner(key, other, mine)) if swapped else joiner
    if swapped:
        return lambda _key, mine, other: joiner(other, mine)
    return lambda _key, mine, other: joiner(mine, other)
