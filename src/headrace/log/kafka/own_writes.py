"""What this process has committed and brokers may not show yet.

A transaction is decided when its commit returns, but its markers reach the partitions a little later. Until then the last
stable offset is the old one. Whoever has committed must see it: a run until the end of its inputs would otherwise end before
the records that it has just passed to its own repartition topics.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from headrace.core.identifiers import TopicPartition


class OwnWrites:
    """Ends of partitions that have to become visible. Safe to use from several threads."""

    def __init__(self) -> None:
        self._ends: dict[TopicPartition, int] = {}
        self._lock = threading.Lock()

    def wrote(self, ends: Mapping[TopicPartition, int]) -> None:
        """Records up to these offsets were committed."""
        with self._lock:
            self._ends.update(ends)

    def hidden(self, ends: Mapping[TopicPartition, int]) -> list[TopicPartition]:
        """Partitions whose end, as a broker tells it, lacks what was committed here. What is shown is forgotten."""
        with self._lock:
            found = []
            for partition, end in ends.items():
                own = self._ends.get(partition)
                if own is not None and end >= own:
                    del self._ends[partition]
                elif own is not None:
                    found.append(partition)
            return found

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """Does not wait for these any more."""
        with self._lock:
            for partition in partitions:
                self._ends.pop(partition, None)

    def forget_topics(self, topics: Iterable[str]) -> None:
        """These topics are gone."""
        gone = set(topics)
        with self._lock:
            self._ends = {partition: end for partition, end in self._ends.items() if partition.topic not in gone}
