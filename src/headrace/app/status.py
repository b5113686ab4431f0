"""What an application does at the moment, from its metrics: answered from any thread, also when the processing thread hangs."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from headrace.app.states import AppState
from headrace.core.errors import HeadraceError
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.observe.metrics import Metrics, Sample
from headrace.runtime.topics import TopicLayout
from headrace.topology.physical import Topology

if TYPE_CHECKING:
    from headrace.app.application import App

_WINDOW_S = 10.0
_SAMPLES = 64


@dataclass(frozen=True, slots=True)
class InputStatus:
    """One input partition of a task. Lags are None until they were measured, about a second after the start."""

    topic: str
    partition: int
    lag_records: int | None
    lag_seconds: float | None


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task here.

    Attributes:
        records: Processed since the start.
        records_per_s: Over the last seconds.
        stream_time: In ms; None before the first record.
    """

    task: str
    role: str
    inputs: tuple[InputStatus, ...]
    lag_records: int
    lag_seconds: float
    records: int
    records_per_s: float
    stream_time: int | None


@dataclass(frozen=True, slots=True)
class RestoreState:
    """One part of a store on its way from its changelog. `seconds_left` is None while there is no rate to go by."""

    store: str
    partition: int
    remaining: int
    restored: int
    records_per_s: float
    seconds_left: float | None


class Rates:
    """How fast counters grow, by what they were some seconds ago."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, dict[tuple[str, Any], float]]] = deque([(time.monotonic(), {})], _SAMPLES)

    def take(self, samples: list[Sample]) -> dict[tuple[str, Any], float]:
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
        app = self._app
        samples = list(app.metrics.snapshot())
        rates = self._rates.take(samples)
        values = {(s.name, dict(s.labels).get("task"), dict(s.labels).get("store")): s.value for s in samples}
        tasks = [] if (now := _now(app)) is None else _tasks(*now, app.topology, app.metrics, values, rates)
        known = [task.lag_records for task in tasks]
        return {
            "application": app.config.app_id,
            "state": app.state.name,
            "paused": app.paused,
            "healthy": healthy(app)[0],
            "lag_records": sum(known) if tasks else None,
            "lag_seconds": max((task.lag_seconds for task in tasks), default=None),
            "records_per_s": round(sum(task.records_per_s for task in tasks), 1),
            "dropped": int(app.metrics.total("headrace_dropped_records_total")),
            "dead_letters": int(app.metrics.total("headrace_dead_letter_records_total")),
            "commits": int(app.metrics.total("headrace_commits_total")),
            "tasks": [asdict(task) for task in tasks],
            "restoring": [asdict(part) for part in _restoring(samples, rates)],
            "stall": _stall(app),
        }


def ready(app: App) -> bool:
    """Whether it is RUNNING and all its stores are restored."""
    return app.state is AppState.RUNNING and not app.metrics.total("headrace_restore_remaining_records")


def healthy(app: App) -> tuple[bool, str]:
    """Whether there is progress, or nothing to do, and a word about it."""
    if app.state is AppState.ERROR:
        return False, f"failed: {app.error}"
    stall = app.watchdog.stall
    if stall is not None:
        return False, f"stalled for {stall.seconds:.0f} s: {stall.place.fields()}"
    starving = app.watchdog.starving_s
    if not app.paused and app.state is AppState.RUNNING and app.watchdog.timeout_s and starving >= app.watchdog.timeout_s:
        return False, f"there is lag, and nothing was processed for {starving:.0f} s"
    return True, "paused" if app.paused else app.state.name.lower()


def _now(app: App) -> tuple[list[TaskId], TopicLayout] | None:
    try:
        worker, layout = app.queries.now()
    except HeadraceError:
        return None
    if worker is None:
        return None
    return [task.id for task in worker.tasks], layout


def _tasks(
    here: list[TaskId],
    layout: TopicLayout,
    topology: Topology,
    metrics: Metrics,
    values: dict[tuple[str, str | None, str | None], Any],
    rates: dict[tuple[str, Any], float],
) -> list[TaskState]:
    parts = {part.id: part for part in topology.subtopologies}
    found = []
    for task in sorted(here):
        name = str(task)
        topics = layout.inputs_of(parts[task.subtopology])
        read = [TopicPartition(topic, task.partition) for topic in topics if task.partition < layout.partitions(topic)]
        inputs = tuple(_input(where, metrics) for where in read)
        stream_time = values.get(("headrace_stream_time_ms", name, None), -1)
        found.append(
            TaskState(
                task=name,
                role="active",
                inputs=inputs,
                lag_records=sum(each.lag_records or 0 for each in inputs),
                lag_seconds=max((each.lag_seconds or 0.0 for each in inputs), default=0.0),
                records=int(values.get(("headrace_process_records_total", name, None), 0)),
                records_per_s=round(rates.get(("headrace_process_records_total", (("task", name),)), 0.0), 1),
                stream_time=None if stream_time < 0 else int(stream_time),
            )
        )
    return found


def _input(where: TopicPartition, metrics: Metrics) -> InputStatus:
    labels = {"topic": where.topic, "partition": where.partition}
    records, seconds = (metrics.total(f"headrace_source_lag_{unit}", **labels) for unit in ("records", "seconds"))
    return InputStatus(where.topic, where.partition, int(records), round(seconds, 3))


def _restoring(samples: list[Sample], rates: dict[tuple[str, Any], float]) -> list[RestoreState]:
    remaining = {s.labels: int(s.value) for s in samples if s.name == "headrace_restore_remaining_records" and s.value}  # type: ignore[arg-type]
    restored = {s.labels: int(s.value) for s in samples if s.name == "headrace_restore_records_total"}  # type: ignore[arg-type]
    found = []
    for labels, left in remaining.items():
        rate = rates.get(("headrace_restore_records_total", labels), 0.0)
        names = dict(labels)
        left_s = round(left / rate, 1) if rate else None
        task = int(names["task"].rpartition("_")[2])
        found.append(RestoreState(names["store"], task, left, restored.get(labels, 0), round(rate, 1), left_s))
    return found


def _stall(app: App) -> dict[str, object] | None:
    stall = app.watchdog.stall
    return None if stall is None else {"seconds": round(stall.seconds, 1), **stall.place.fields()}
