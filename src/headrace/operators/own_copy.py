"""A copy for a second owner of an aggregate."""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

from headrace.state.codecs import IMMUTABLE

T = TypeVar("T")


def own_copy(value: T) -> T:
    """The value itself if nothing can change it, else a copy.

    Windows that overlap start from each other's aggregate; an aggregator that changes it in place must change one only.
    """
    return value if value is None or type(value) in IMMUTABLE else deepcopy(value)
