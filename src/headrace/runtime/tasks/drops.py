"""Records that an operator drops: counted each time, and said in the log often enough to be seen."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from headrace.core.records import RecordMetadata
from headrace.observe.events import event_logger
from headrace.observe.metrics import HistogramValue, Metrics

INTERVAL_S = 5.0
"""At most one line in this time for a step and a reason, over all tasks of a worker."""

DROPPED = "headrace_dropped_records_total"
ORDINARY = frozenset({"outdated-answer"})
"""Reasons that no user has to know about: an answer of a foreign-key join that a newer row has overtaken is expected."""

_log = event_logger("task")


class DropWarnings:
    """Which drops were told when. One per worker; its tasks share it, so that many partitions do not say the same.

    Args:
        seconds: A clock that only goes on.
    """

    __slots__ = ("_seconds", "_told")

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def records(self, node: str, reason: str) -> int:
        """One more record is dropped: how many to tell of now, 0 for none.

        The first one is told at once, later ones together after the interval.
        """
        now = self._seconds()
        told_at, untold = self._told.get((node, reason), (now - INTERVAL_S, 0))
        due = now - told_at >= INTERVAL_S
        self._told[node, reason] = (now, 0) if due else (told_at, untold + 1)
        return untold + 1 if due else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropper:
    """Makes what a step calls for each record that it drops.

    Attributes:
        line: The step's line in the program, empty if not known.
        place: Where the record in hand comes from, where that is followed.
    """

    metrics: Metrics
    warnings: DropWarnings
    task: str
    node: str
    line: str = ""
    place: Callable[[], RecordMetadata | None] = lambda: None

    def counter(self, reason: str) -> Callable[[], None]:
        """Counts one record and warns, unless the reason is an ordinary one."""
        counter = self.metrics.counter(DROPPED, task=self.task, node=self.node, reason=reason)
        if reason in ORDINARY:
            return counter.add

        def drop() -> None:
            counter.value += 1
            records = self.warnings.records(self.node, reason)
            if records:
                self._warn(reason, records)

        return drop

    def _warn(self, reason: str, records: int) -> None:
        fields: dict[str, object] = {"reason": reason, "records": records, "node": self.node}
        if self.line:
            fields["line"] = self.line
        where = self.place()
        if where is not None:
            fields |= {"topic": where.topic, "partition": where.partition, "offset": where.offset}
        _log.warning("records_dropped", **fields, task=self.task)


def dropped_by_reason(metrics: Metrics) -> dict[str, int]:
    """How many records were dropped so far, most frequent reason first; ordinary reasons are no loss and stay out."""
    found: Counter[str] = Counter()
    for sample in metrics.snapshot():
        reason = dict(sample.labels).get("reason", "")
        if sample.name == DROPPED and reason not in ORDINARY and not isinstance(sample.value, HistogramValue):
            found[reason] += int(sample.value)
    return {reason: count for reason, count in found.most_common() if count}
