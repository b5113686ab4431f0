"""Which sliding windows one record changes and creates, and in which order.

A record at t has a left window [t - d, t] and a right window [t + 1, t + 1 + d]; both are kept only where they hold a
record. Each stored window carries the timestamp of its newest record, from which the neighbours of t are found without
keeping the records themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from headrace.core.records import Change, Headers
from headrace.core.windows import Windowed
from headrace.operators.base import RowFn
from headrace.operators.own_copy import own_copy
from headrace.state.api import WindowedStore


class _Record(NamedTuple):
    key: Any
    value: Any
    timestamp: int
    headers: Headers
    close_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlidingWindowsOfKey:
    """Adds records to the windows of their key.

    Attributes:
        forward: Where updates go at once; None if something else forwards them.
        drop_late: Counts a window of the record that is closed already.
    """

    store: WindowedStore[Any, Any]
    difference_ms: int
    initializer: Callable[[], Any]
    aggregator: Callable[[Any, Any, Any], Any]
    forward: RowFn | None
    send_old: bool
    drop_late: Callable[[], None]

    def add(self, key: Any, value: Any, timestamp: int, headers: Headers, close_time: int) -> None:
        """Adds a record whose left window does not start before 0.

        Existing windows from late to early starts, then the right window of the record before, then its own two.
        """
        record = _Record(key, value, timestamp, headers, close_time)
        difference = self.difference_ms
        starts: set[int] = set()
        left: Any = None
        right: tuple[Any, int] | None = None
        has_left = False
        previous: int | None = None
        for start, aggregate, newest in list(
            self.store.fetch(key, max(0, timestamp - 2 * difference), timestamp + 1, reverse=True)
        ):
            starts.add(start)
            end = start + difference
            if start == timestamp + 1:
                continue
            if end > timestamp:
                if right is None:
                    right = (own_copy(aggregate), newest)
                self._update(record, start, aggregate, newest)
            elif end == timestamp:
                has_left = True
                self._update(record, start, aggregate, newest)
                if newest >= timestamp:
                    return  # another record at this time has made all windows already
                previous = newest
            else:
                left, previous = aggregate, newest
                break
        if previous is not None and previous + 1 not in starts and previous + 1 + difference >= timestamp:
            self._update(record, previous + 1, self.initializer(), timestamp)
        if not has_left:
            reaches_previous = previous is not None and timestamp - difference <= previous
            self._update(record, timestamp - difference, own_copy(left) if reaches_previous else self.initializer(), timestamp)
        if right is not None and right[1] > timestamp and timestamp + 1 not in starts:
            self._create_right(record, *right)

    def add_early(self, key: Any, value: Any, timestamp: int, headers: Headers, close_time: int) -> None:
        """Adds a record younger than the difference: the window [0, difference] holds all such records.

        Existing windows from early to late starts, then the record's right window, then that of the record before, then
        the one at 0.
        """
        record = _Record(key, value, timestamp, headers, close_time)
        starts: set[int] = set()
        combined: tuple[Any, int] | None = None
        right: tuple[Any, int] | None = None
        previous: int | None = None
        for start, aggregate, newest in list(self.store.fetch(key, 0, timestamp + 1)):
            starts.add(start)
            if start == 0:
                combined = (aggregate, newest)
                if newest < timestamp:
                    previous = newest
            elif start <= timestamp:
                right = (own_copy(aggregate), newest)
                self._update(record, start, aggregate, newest)
        if right is None and combined is not None:
            right = (own_copy(combined[0]), combined[1])
        if right is not None and right[1] > timestamp and timestamp + 1 not in starts:
            self._create_right(record, *right)
        if previous is not None and previous + 1 not in starts:
            self._update(record, previous + 1, self.initializer(), timestamp)
        if combined is None:
            combined = (self.initializer(), timestamp)
        self._update(record, 0, *combined)

    def _update(self, record: _Record, start: int, aggregate: Any, newest: int) -> None:
        key, value, timestamp, headers, close_time = record
        end = start + self.difference_ms
        if end < close_time:
            self.drop_late()
            return
        old = own_copy(aggregate) if self.send_old and self.forward is not None else None
        new = self.aggregator(key, value, aggregate)
        if aggregate is None or timestamp > newest:
            newest = timestamp
        self.store.put(key, start, new, newest, headers)
        if self.forward is not None:
            self.forward(Windowed(key, start, end), Change(new, old), newest, headers)

    def _create_right(self, record: _Record, aggregate: Any, newest: int) -> None:
        key, start, headers = record.key, record.timestamp + 1, record.headers
        self.store.put(key, start, aggregate, newest, headers)
        if self.forward is not None:
            self.forward(Windowed(key, start, start + self.difference_ms), Change(aggregate), newest, headers)
