"""A copy for a second owner of an aggregate."""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

T = TypeVar("T")

_IMMUTABLE = frozenset({int, float, str, bytes, bool, type(None)})


def own_copy(value: T) -> T:
    """The value itself if nothing can change it, else a copy.

    Windows that overlap start from each other's aggregate; an aggregator that changes it in place must change one only.
    """
    return value if type(value) in _IMMUTABLE else deepcopy(value)
