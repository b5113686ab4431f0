"""Reproducible choices: skewed picks from a growing population, and numbers that never repeat."""

from __future__ import annotations

from bisect import bisect_right
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST_POPULAR = 0.001


def random_for(seed: int, purpose: str) -> Random:
    """A source of chance of its own for each purpose, so that more streams do not change the customers."""
    return Random(f"{seed}/{purpose}")


class SkewedChoice(Generic[T]):
    """Picks items by weights that follow a power law; newcomers get their weight by the same law.

    The weights of n items are about those of Zipf's law with the exponent `skew`, in no particular order. The share of a
    single item is bounded, so that no newcomer takes over.
    """

    def __init__(self, chance: Random, skew: float) -> None:
        self.items: list[T] = []
        self._random = chance.random
        self._skew = skew
        self._cumulated: list[float] = []
        self._total = 0.0

    def add(self, item: T) -> None:
        """Makes an item eligible from now on."""
        self._total += max(self._random(), _MOST_POPULAR) ** -self._skew
        self._cumulated.append(self._total)
        self.items.append(item)

    def pick(self) -> T:
        """One item. The population must not be empty."""
        return self.items[bisect_right(self._cumulated, self._random() * self._total)]


class NineDigits:
    """Numbers of nine digits in an order that looks random; none comes twice within 900 million.

    Two walks from the same place, one of them `ahead`, do not meet before the hindmost has come that far.
    """

    _RANGE = 900_000_000
    _STRIDE = 387_420_491  # shares no factor with the range (2, 3, 5), so the walk visits every number once

    def __init__(self, chance: Random, ahead: int = 0) -> None:
        self._at = (chance.randrange(self._RANGE) + ahead * self._STRIDE) % self._RANGE

    def next(self) -> str:
        """The next number."""
        self._at = (self._at + self._STRIDE) % self._RANGE
        return str(100_000_000 + self._at)
