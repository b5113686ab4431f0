"""One line every few seconds: records/s, lag, state size."""

from __future__ import annotations

import time

from headrace.config.app_config import AppConfig
from headrace.observe.events import event_logger
from headrace.observe.metrics import Metrics
from headrace.observe.progress import Progress, progress_line
from headrace.runtime.tasks.drops import dropped_by_reason
from headrace.runtime.worker import Worker

_log = event_logger("progress")


class ProgressReporter:
    """Called once a round by the worker; logs when the interval is over."""

    def __init__(self, config: AppConfig, worker: Worker, metrics: Metrics) -> None:
        self._interval_s = config.progress_interval_ms / 1000
        self._worker = worker
        self._metrics = metrics
        self._at = time.monotonic()
        self._records = 0

    def maybe_report(self) -> None:
        """Logs a line if it is time."""
        now = time.monotonic()
        if not self._interval_s or now - self._at < self._interval_s:
            return
        progress = Progress(
            state="running",
            records=self._worker.records - self._records,
            seconds=now - self._at,
            lag=self._worker.lag(),
            state_bytes=self._worker.state_bytes(),
            dropped=sum(dropped_by_reason(self._metrics).values()),
            largest_lag=_largest_lag(self._metrics),
        )
        self._at, self._records = now, self._worker.records
        _log.info(progress_line(progress))


def _largest_lag(metrics: Metrics) -> tuple[str, int] | None:
    """As of the last second."""
    lags = [sample for sample in metrics.snapshot() if sample.name == "headrace_source_lag_records"]
    behind = [(int(sample.value), dict(sample.labels)) for sample in lags if isinstance(sample.value, int | float)]
    if not behind:
        return None
    records, labels = max(behind, key=lambda entry: entry[0])
    return (f"{labels['topic']}-{labels['partition']}", records) if records else None
