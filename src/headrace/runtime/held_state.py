"""What state a process holds, so that tasks can be given to those who have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headrace.core.errors import StateError
from headrace.core.identifiers import TaskId
from headrace.observe.events import event_logger
from headrace.runtime.task_directories import TaskDirectories
from headrace.runtime.tasks.services import TaskServices
from headrace.runtime.tasks.stores import changelog_topic
from headrace.topology.physical import Topology

_log = event_logger("state")


def held_by(tasks: Iterable[Any]) -> dict[TaskId, int]:
    """Per open task with state the sum of its stores' changelog positions."""
    return {task.id: sum(task.stores[name].position() or 0 for name in task.changelogs) for task in tasks if task.changelogs}


def left_over(topology: Topology, services: TaskServices, directories: TaskDirectories) -> Mapping[TaskId, int]:
    """The same of what is on the disk from former runs and is not used by another process: stores are opened for a moment."""
    found: dict[TaskId, int] = {}
    for task in directories.there():
        if not directories.take(task):
            continue
        try:
            position = _position(task, topology, services, directories)
        except StateError as error:  # whoever gets the task deals with it
            _log.warning("state_not_read", task=str(task), problem=error.message)
        else:
            if position:
                found[task] = position
        finally:
            directories.give_back(task)
    return found


def _position(task: TaskId, topology: Topology, services: TaskServices, directories: TaskDirectories) -> int:
    total = 0
    names = next((part.stores for part in topology.subtopologies if part.id == task.subtopology), ())
    for spec in (topology.stores[name] for name in names):
        supplier, directory = spec.engine or services.engine, directories.of(task) / spec.name
        if supplier.persistent and directory.is_dir() and changelog_topic(spec, services) is not None:
            engine = supplier.open(directory)
            try:
                total += engine.position() or 0
            finally:
                engine.close()
    return total
