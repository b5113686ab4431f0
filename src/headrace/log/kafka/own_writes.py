"""What this process has committed and brokers may not show yet.

A transaction is decided when its commit returns, but its markers reach the partitions a little later, and as long as somebody
else's transaction is open before it, it lies behind the last stable offset. Whoever has committed must see it: a run until the
end of its inputs would otherwise end before the records that it has just passed to its own repartition topics. Nobody waits for
the markers: an instance that was halted within a transaction would hold the others up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping

from headrace.core.identifiers import TopicPartition

_LONGEST_S = 60.0
"""Beyond that a topic was made anew, or a transaction is open for longer than any of Headrace's: what brokers say holds."""


class OwnWrites:
    """Ends of partitions that have to become visible. Safe to use from several threads."""

    def __init__(self) -> None:
        self._ends: dict[TopicPartition, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def wrote(self, ends: Mapping[TopicPartition, int]) -> None:
        """Records up to these offsets were committed."""
        now = time.monotonic()
        with self._lock:
            self._ends.update({partition: (end, now) for partition, end in ends.items()})

    def added_to(self, ends: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Ends as brokers tell them, with what was committed here. What they show, or do not for too long, is forgotten."""
        found = dict(ends)
        now = time.monotonic()
        with self._lock:
            for partition in ends.keys() & self._ends.keys():
                end, at = self._ends[partition]
                if ends[partition] >= end or now - at >= _LONGEST_S:
                    del self._ends[partition]
                else:
                    found[partition] = end
        return found

    def forget_topics(self, topics: Iterable[str]) -> None:
        """These topics are gone."""
        gone = set(topics)
        with self._lock:
            self._ends = {partition: end for partition, end in self._ends.items() if partition.topic not in gone}
