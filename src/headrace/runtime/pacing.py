"""How many records are processed between two looks at the clock: many when they are quick, few when user code is slow."""

from __future__ import annotations

_SMALLEST, _LARGEST = 1, 16_384
_SHORT_S, _LONG_S = 0.01, 0.04


class Pace:
    """A chunk size that follows the speed of the records."""

    __slots__ = ("records",)

    def __init__(self) -> None:
        self.records = 256

    def took(self, seconds: float, records: int) -> None:
        """Learns from a chunk of `records` records."""
        if seconds > _LONG_S:
            self.records = max(_SMALLEST, records // 2)
        elif seconds < _SHORT_S and records >= self.records:
            self.records = min(_LARGEST, self.records * 2)
