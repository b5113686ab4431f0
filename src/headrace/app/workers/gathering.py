"""What the workers tell, put together."""

from __future__ import annotations

import time
from collections.abc import Sequence

from headrace.app.workers.messages import Report
from headrace.app.workers.process import WorkerProcess
from headrace.config.app_config import AppConfig
from headrace.core.identifiers import TaskId
from headrace.observe.events import event_logger
from headrace.observe.metrics import Metrics
from headrace.observe.progress import Progress, progress_line
from headrace.observe.transfer import Gathered
from headrace.runtime.directory import Holder, Role
from headrace.runtime.task_states import TaskState
from headrace.runtime.tasks.drops import dropped_by_reason

_log = event_logger("progress")


class CrewDirectory:
    """Finds the worker of a task, or the instance elsewhere that it knows of.

    Args:
        members: The workers; the list is filled later.
    """

    def __init__(self, members: Sequence[WorkerProcess]) -> None:
        self._members = members

    def holders(self, task: TaskId) -> Sequence[Holder]:
        """Those who have a task, by the last reports."""
        found: dict[str | None, Holder] = {}
        for report in [member.report for member in self._members]:
            for holder in report.holders.get(task, ()) if report is not None else ():
                found.setdefault(holder.url, holder)
        return sorted(found.values(), key=lambda holder: holder.role is Role.STANDBY)


class Summary:
    """Progress, tasks and metrics of all workers. Written by the parent's thread, read by any."""

    def __init__(self, config: AppConfig, metrics: Metrics, members: Sequence[WorkerProcess]) -> None:
        self._interval_s = config.progress_interval_ms / 1000
        self._patience_s = config.stall_timeout_ms / 1000
        self._metrics = metrics
        self._members = members
        self._gathered = Gathered(metrics)
        self._heard: dict[int, float] = {}
        self._at = time.monotonic()
        self._records = 0

    @property
    def states(self) -> tuple[TaskState, ...]:
        """The tasks of all workers, in their order."""
        return tuple(sorted((state for report in self._reports() for state in report.states), key=lambda state: state.task))

    @property
    def lag(self) -> int:
        """Records still to process."""
        return sum(report.lag for report in self._reports())

    @property
    def trouble(self) -> str | None:
        """Which worker says nothing for too long: it hangs in a step, or does not come up again."""
        now = time.monotonic()
        silent = {
            index: now - at for index, at in list(self._heard.items()) if self._patience_s and now - at > self._patience_s
        }
        if not silent:
            return None
        return ", ".join(f"worker {index} has said nothing for {seconds:.0f} s" for index, seconds in sorted(silent.items()))

    def take(self, index: int, report: Report) -> None:
        """A worker has reported."""
        self._heard[index] = time.monotonic()
        self._records += report.records
        self._gathered.take(index, report.growth)

    def forget(self, index: int) -> None:
        """A worker has died."""
        self._gathered.forget(index)

    def restarted(self, index: int) -> None:
        """A worker was started again."""
        self._metrics.counter("headrace_worker_restarts_total", worker=index).add()

    def maybe_report(self) -> None:
        """Logs a line for all if it is time."""
        now = time.monotonic()
        if not self._interval_s or now - self._at < self._interval_s:
            return
        reports = self._reports()
        progress = Progress(
            state="running" if all(member.running for member in self._members) else "rebalancing",
            records=self._records,
            seconds=now - self._at,
            lag=self.lag if len(reports) == len(self._members) else None,
            state_bytes=sum(report.state_bytes for report in reports),
            dropped=sum(dropped_by_reason(self._metrics).values()),
            restoring=sum(_restoring(state) for report in reports for state in report.states),
        )
        self._at, self._records = now, 0
        _log.info(progress_line(progress))

    def _reports(self) -> list[Report]:
        return [member.report for member in self._members if member.report is not None]


def _restoring(state: TaskState) -> int:
    if state.role is Role.STANDBY:
        return 0
    return sum(store.restore.remaining for store in state.stores if store.restore is not None)
