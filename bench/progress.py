"""How far an application has come, noted a few times a second from another thread."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from types import TracebackType
from typing import Self

from headrace.app.application import App
from headrace.core.errors import HeadraceError

_PAUSE_S = 0.1


class Progress:
    """While the context is open: notes (seconds, records done).

    Args:
        app: The application; may start later and end earlier.
        records: What it has to do.
    """

    def __init__(self, app: App, records: int) -> None:
        self._app = app
        self._records = records
        self._marks: list[tuple[float, int]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        self._marks.append((time.perf_counter(), self._records))

    def rate(self, low: float, high: float) -> float:
        """Records per second between two shares of the records."""
        done = (high - low) * self._records
        return done / (self._reached(high * self._records) - self._reached(low * self._records))

    def _reached(self, records: float) -> float:
        """When so many records were done, between the two marks around it in a straight line."""
        for (before_s, before), (after_s, after) in pairwise(self._marks):
            if before <= records <= after and after > before:
                return before_s + (after_s - before_s) * (records - before) / (after - before)
        return self._marks[0][0]

    def _watch(self) -> None:
        self._app.wait_until_running()
        self._marks.append((time.perf_counter(), 0))
        while not self._ended.wait(_PAUSE_S):
            try:
                lag = self._app.lag()
            except HeadraceError:
                return  # it has come to its end
            self._marks.append((time.perf_counter(), self._records - lag))
