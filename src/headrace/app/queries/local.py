"""Answers from the tasks of this process. Runs in the processing thread."""

from __future__ import annotations

from itertools import islice
from typing import Any

from headrace.app.queries.reading import Entry, Wanted, count, read
from headrace.app.queries.wire import Part, Question, decode_entries, encode_entries
from headrace.core.identifiers import TaskId
from headrace.core.records import ValueAndTimestamp
from headrace.processor.stores import public_store
from headrace.runtime.tasks.status import TaskStatus
from headrace.runtime.tasks.task import Task
from headrace.runtime.worker import Worker
from headrace.state.spec import StoreKind, StoreSpec

_GLANCED = frozenset({StoreKind.TIMESTAMPED_KEY_VALUE})

GLOBAL = "global"
"""Stands for the task of a global store, which every instance has."""


class Reply:
    """Entries and counts by task, with what copies are behind."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.counts: dict[str, int] = {}
        self.lags: dict[str, int] = {}

    @property
    def count(self) -> int:
        """The sum over the tasks."""
        return sum(self.counts.values())

    def take(self, spec: StoreSpec, parts: dict[str, Part]) -> None:
        """Adds what another instance has answered."""
        for task, part in parts.items():
            self.entries += decode_entries(spec, task, part)
            self.counts[task] = part.count
            self.lags[task] = part.lag

    def parts(self, spec: StoreSpec) -> dict[str, Part]:
        """The same as it travels."""
        of: dict[str, list[Entry]] = {task: [] for task in self.lags}
        for entry in self.entries:
            of[entry.task].append(entry)
        return {
            task: Part(
                entries=encode_entries(spec, ((entry.key, entry.value) for entry in entries)),
                count=self.counts.get(task, 0),
                lag=self.lags[task],
            )
            for task, entries in of.items()
        }


def answer(worker: Worker, spec: StoreSpec, question: Question) -> Reply:
    """What the tasks here have to say. Tasks that are not here, or not ready, are missing in the reply."""
    reply = Reply()
    wanted = question.wanted(spec)
    if spec.name in worker.global_stores:
        _ask(reply, GLOBAL, worker.global_stores[spec.name], spec, wanted, question.limit)
        return reply
    tasks = question.task_ids()
    here = {task.id: task for task in worker.tasks if task.status in (TaskStatus.RUNNING, TaskStatus.SUSPENDED)}
    for task in (here[id_] for id_ in tasks if id_ in here):
        store = task.committed_store(spec.name) if question.read == "committed" else task.stores[spec.name]
        _ask(reply, str(task.id), store, spec, wanted, question.limit)
    if question.stale:
        lags = {state.task: state.lag for state in worker.task_states()}
        for copy in worker.standbys:
            if copy.id in tasks and copy.id not in here:
                _ask(reply, str(copy.id), copy.stores[spec.name], spec, wanted, question.limit, lags.get(copy.id, 0))
    return reply


def _ask(reply: Reply, task: str, store: Any, spec: StoreSpec, wanted: Wanted, limit: int | None, lag: int = 0) -> None:
    public = public_store(store, spec, read_only=True)
    reply.lags[task] = lag
    if wanted.verb == "count":
        reply.counts[task] = count(public)
    else:
        reply.entries += [Entry(task, *found) for found in islice(read(public, spec, wanted), limit)]


def glance(worker: Worker, spec: StoreSpec, question: Question) -> Reply | None:
    """The answer for one key of a table, at once and from any thread; None where the processing thread has to be asked.

    It does not wait for the end of a chunk of records, or of a commit. What comes back must be used up at once: a value may be
    the very object that the program goes on changing.
    """
    plain = question.verb == "get" and question.as_of is None and not question.stale
    if not plain or spec.kind not in _GLANCED or len(question.tasks) != 1:
        return None
    (wanted,) = question.task_ids()
    task = next((task for task in worker.tasks if task.id == wanted and task.status is TaskStatus.RUNNING), None)
    if task is None:
        return None
    key = question.wanted(spec).key
    try:
        value = _glanced(task, spec, key, committed=question.read == "committed")
    except Exception:  # it is being closed, or changed underneath
        return None
    if task.status is not TaskStatus.RUNNING:  # closed meanwhile: an engine in memory then looks empty, which is no answer
        return None
    reply = Reply()
    reply.lags[str(wanted)] = 0
    if value is not None:
        reply.entries.append(Entry(str(wanted), key, value))
    return reply


def _glanced(task: Task, spec: StoreSpec, key: Any, *, committed: bool) -> Any:
    if committed:
        return public_store(task.committed_store(spec.name), spec, read_only=True).get(key)  # type: ignore[union-attr]
    found = task.stores[spec.name].peek(key)
    return None if found is None else ValueAndTimestamp(*found)


def missing(question: Question, reply: Reply) -> list[TaskId]:
    """Tasks that have not answered."""
    return [task for task in question.task_ids() if str(task) not in reply.lags]
