"""Tells a worker's parent how it does."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from headrace.app.workers.link import Link
from headrace.app.workers.messages import Report
from headrace.core.identifiers import TaskId
from headrace.runtime.directory import Directory, Holder
from headrace.runtime.task_states import TaskState
from headrace.runtime.worker import Worker

_INTERVAL_S = 0.5


class Reporter:
    """One per life of a worker; called by its thread.

    Args:
        directory: Knows who has which task, on logs where instances agree on that.
        known: All tasks of the application.
        url: Where this worker answers queries.
    """

    def __init__(self, link: Link, worker: Worker, directory: Directory, known: frozenset[TaskId], url: str | None) -> None:
        self._link = link
        self._worker = worker
        self._directory = directory
        self._known = known
        self._url = url
        self._at = 0.0
        self._records = 0

    def maybe_report(self) -> None:
        """Reports if it is time."""
        now = time.monotonic()
        if now - self._at < _INTERVAL_S:
            return
        records, self._at = self._worker.records, now
        states = self._worker.task_states()
        report = Report(
            records=records - self._records,
            lag=self._worker.lag(),
            state_bytes=self._worker.state_bytes(),
            growth=self._link.growth.take(),
            states=states,
            holders=self._holders(states),
        )
        self._link.tell(report)
        self._records = records

    def _holders(self, states: Sequence[TaskState]) -> Mapping[TaskId, Sequence[Holder]]:
        own = {state.task: [Holder(self._url, state.role)] for state in states}
        found = {task: [*own.get(task, ()), *self._directory.holders(task)] for task in self._known}
        return {task: holders for task, holders in found.items() if holders}
