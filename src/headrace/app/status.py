"""What an application does at the moment, from its metrics: answered from any thread, also when the processing thread hangs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from headrace.app.states import AppState
from headrace.observe.metrics import Metrics, Sample
from headrace.observe.transfer import Series
from headrace.runtime.directory import Role
from headrace.runtime.task_states import TaskState
from headrace.runtime.tasks.status import TaskStatus

if TYPE_CHECKING:
    from headrace.app.application import App

_WINDOW_S = 10.0
_SAMPLES = 64
_FOLLOWING = "FOLLOWING"


@dataclass(frozen=True, slots=True)
class InputStatus:
    """One input partition of a task, as of the last second."""

    topic: str
    partition: int
    position: int
    lag_records: int
    lag_seconds: float


@dataclass(frozen=True, slots=True)
class TaskStatusReport:
    """One task here.

    Attributes:
        role: `active` or `standby`.
        state: `CREATED`, `RESTORING` or `RUNNING`; `FOLLOWING` of a standby, which reads its changelogs as they grow.
        lag_records: Records to process; of one that is restored or a copy, changelog records it is behind.
        lag_seconds: Age of the oldest record to process.
        records: Processed since the start.
        records_per_s: Over the last seconds.
        stream_time: In ms; None before the first record.
    """

    task: str
    role: str
    state: str
    inputs: tuple[InputStatus, ...]
    lag_records: int
    lag_seconds: float
    records: int
    records_per_s: float
    stream_time: int | None


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """One part of a store on its way from its changelog. `seconds_left` is None while there is no rate to go by."""

    store: str
    task: str
    remaining: int
    restored: int
    records_per_s: float
    seconds_left: float | None


class Rates:
    """How fast counters grow, by what they were some seconds ago."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, dict[Series, float]]] = deque([(time.monotonic(), {})], _SAMPLES)

    def take(self, samples: list[Sample]) -> dict[Series, float]:
        """Per series (name, labels) its growth per second."""
        now = time.monotonic()
        totals = {
            (s.name, s.labels): s.value for s in samples if s.name.endswith("_total") and isinstance(s.value, int | float)
        }
        while len(self._seen) > 1 and now - self._seen[1][0] >= _WINDOW_S:
            self._seen.popleft()
        then, before = self._seen[0]
        if now - self._seen[-1][0] >= _WINDOW_S / _SAMPLES:
            self._seen.append((now, totals))
        return {series: (total - before.get(series, 0)) / max(now - then, 1e-9) for series, total in totals.items()}


class StatusReport:
    """Makes the document of `/status`; keeps what rates need between two of them."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._rates = Rates()

    def document(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        app, states = self._app, task_states(self._app)
        rates = self._rates.take(list(app.metrics.snapshot()))
        tasks = [_task(state, app.metrics, rates) for state in states]
        active = [task for task in tasks if task.role == Role.ACTIVE.value]
        good, why = healthy(app)
        return {
            "application": app.config.app_id,
            "state": app.state.name,
            "paused": app.paused,
            "healthy": good,
            "why": why,
            "ready": ready(app),
            "lag_records": sum(task.lag_records for task in active) if active else None,
            "lag_seconds": max((task.lag_seconds for task in active), default=None),
            "records_per_s": round(sum(task.records_per_s for task in tasks), 1),
            "dropped": int(app.metrics.total("headrace_dropped_records_total")),
            "dead_letters": int(app.metrics.total("headrace_dead_letter_records_total")),
            "commits": int(app.metrics.total("headrace_commits_total")),
            "tasks": [asdict(task) for task in tasks],
            "restoring": [asdict(part) for state in states for part in _restoring(state)],
            "stall": _stall(app),
        }


def task_states(app: App) -> Sequence[TaskState]:
    """The tasks that are here, also while they are made ready."""
    instance = app.instance
    return () if instance is None else instance.task_states()


def ready(app: App) -> bool:
    """Whether it is RUNNING and all that it has to process is restored."""
    return app.state is AppState.RUNNING and all(state.ready for state in task_states(app) if state.role is Role.ACTIVE)


def healthy(app: App) -> tuple[bool, str]:
    """Whether there is progress, or nothing to do, and a word about it."""
    if app.state is AppState.ERROR:
        return False, f"failed: {app.error}"
    trouble = None if app.instance is None else app.instance.trouble
    if trouble is not None:
        return False, trouble
    stall = app.watchdog.stall
    if stall is not None:
        return False, f"stalled for {stall.seconds:.0f} s: {stall.place.fields()}"
    starving = app.watchdog.starving_s
    if not app.paused and app.state is AppState.RUNNING and app.watchdog.timeout_s and starving >= app.watchdog.timeout_s:
        return False, f"there is lag, and nothing was processed for {starving:.0f} s"
    return True, "paused" if app.paused else app.state.name.lower()


def _task(state: TaskState, metrics: Metrics, rates: Mapping[Series, float]) -> TaskStatusReport:
    name = str(state.task)
    inputs = tuple(_input(*where, position, metrics) for where, position in sorted(state.positions.items()))
    stream_time = metrics.total("headrace_stream_time_ms", task=name) if state.ready else -1
    return TaskStatusReport(
        task=name,
        role=state.role.value,
        state=_FOLLOWING if state.role is Role.STANDBY and state.state is TaskStatus.RESTORING else state.state.name,
        inputs=inputs,
        lag_records=state.lag,
        lag_seconds=max((each.lag_seconds for each in inputs), default=0.0),
        records=int(metrics.total("headrace_process_records_total", task=name)),
        records_per_s=round(rates.get(("headrace_process_records_total", (("task", name),)), 0.0), 1),
        stream_time=None if stream_time < 0 else int(stream_time),
    )


def _input(topic: str, partition: int, position: int, metrics: Metrics) -> InputStatus:
    records = metrics.total("headrace_source_lag_records", topic=topic, partition=partition)
    seconds = metrics.total("headrace_source_lag_seconds", topic=topic, partition=partition)
    return InputStatus(topic, partition, position, int(records), round(seconds, 3))


def _restoring(state: TaskState) -> Iterator[RestoreReport]:
    for store in state.stores:
        found = store.restore
        if found is not None and found.remaining and state.role is Role.ACTIVE:
            left_s = None if found.left_s is None else round(found.left_s, 1)
            rate = round(found.rate, 1)
            yield RestoreReport(store.name, str(state.task), found.remaining, found.restored, rate, left_s)


def _stall(app: App) -> dict[str, object] | None:
    stall = app.watchdog.stall
    return None if stall is None else {"seconds": round(stall.seconds, 1), **stall.place.fields()}
