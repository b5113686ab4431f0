"""How many records are processed between two looks at the clock: many when they are quick, few when user code is slow."""

from __future__ import annotations

_SMALLEST, _LARGEST = 1, 16_384
_SHORT_S, _LONG_S = 0.01, 0.04
_SHORT_BESIDE_ANSWERS_S, _LONG_BESIDE_ANSWERS_S = 0.0007, 0.002
"""Queries are answered between two chunks: within the time that one takes."""

_POLLED_BESIDE_ANSWERS = 300
"""The Kafka client keeps Python to itself while it makes messages: half a millisecond for so many, when memory is slow."""


class Pace:
    """A chunk size that follows the speed of the records.

    Args:
        poll_records: The most that may be polled at once.
        answers: Whether queries wait for the end of a chunk.

    Attributes:
        records: Size of the next chunk.
        polled: The most to poll.
    """

    __slots__ = ("_long_s", "_short_s", "polled", "records")

    def __init__(self, poll_records: int = _LARGEST, *, answers: bool = False) -> None:
        self.records = 256
        self.polled = min(poll_records, _POLLED_BESIDE_ANSWERS) if answers else poll_records
        self._short_s, self._long_s = (_SHORT_BESIDE_ANSWERS_S, _LONG_BESIDE_ANSWERS_S) if answers else (_SHORT_S, _LONG_S)

    def took(self, seconds: float, records: int) -> None:
        """Learns from a chunk of `records` records."""
        if seconds > self._long_s:
            self.records = max(_SMALLEST, records // 2)
        elif seconds < self._short_s and records >= self.records:
            self.records = min(_LARGEST, self.records * 2)
