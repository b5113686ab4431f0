"""How far an application has come with each commit."""

from __future__ import annotations

import time
from itertools import pairwise

from headrace.app.application import App
from headrace.app.states import AppState
from headrace.runtime.commit.committer import CommitPoint


class Progress:
    """Notes (seconds, records committed). What is not committed does not count: a commit is a part of the work before it.

    Args:
        records: What there is to do.
    """

    def __init__(self, records: int) -> None:
        self._records = records
        self._app: App | None = None
        self._marks: list[tuple[float, int]] = []

    def watch(self, app: App) -> None:
        """From the moment at which the application runs; `commit` has to be its commit probe."""
        self._app = app
        app.on_state(self._began)

    def commit(self, point: CommitPoint) -> None:
        """Called by the application at each point of a commit."""
        if point is CommitPoint.LOG_COMMITTED:
            assert self._app is not None
            self._marks.append((time.perf_counter(), self._records - self._app.lag()))

    def rate(self, low: float, high: float) -> float:
        """Records per second between two shares of the records."""
        done = (high - low) * self._records
        return done / (self._reached(high * self._records) - self._reached(low * self._records))

    def _began(self, new: AppState, _old: AppState) -> None:
        if new is AppState.RUNNING:
            self._marks.append((time.perf_counter(), 0))

    def _reached(self, records: float) -> float:
        """When so many records were done, between the two marks around it in a straight line."""
        for (before_s, before), (after_s, after) in pairwise(self._marks):
            if before <= records <= after and after > before:
                return before_s + (after_s - before_s) * (records - before) / (after - before)
        message = f"{records:,.0f} of {self._records:,} records were never committed"
        raise AssertionError(message)
