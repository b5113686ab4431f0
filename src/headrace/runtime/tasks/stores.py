"""Opening the stores of a task."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from headrace.core.identifiers import TaskId, TopicPartition
from headrace.runtime.tasks.output import OutputBuffer
from headrace.runtime.tasks.services import TaskServices
from headrace.state.api import ChangeLogger, MemoryBudget
from headrace.state.engines.api import EngineSupplier
from headrace.state.open import open_store
from headrace.state.spec import StoreSpec


def changelog_topic(spec: StoreSpec, services: TaskServices) -> str | None:
    """The topic that a store is restored from: its source topic, or one of its own; None if it is not logged."""
    if spec.changelog_topic is not None:
        return spec.changelog_topic
    return services.topic_name(f"{spec.name}-changelog") if spec.logging else None


class TaskStoreContext:
    """The surroundings of the stores of one task: the implementation of `state.api.StoreContext`."""

    def __init__(self, directory: Path, services: TaskServices, output: OutputBuffer, partition: int) -> None:
        self.directory = directory
        self._services = services
        self._output = output
        self._partition = partition
        self._specs: dict[str, StoreSpec] = {}

    @property
    def default_engine(self) -> EngineSupplier:
        """The engine for stores that name none."""
        return self._services.engine

    @property
    def memory(self) -> MemoryBudget:
        """The process-wide limit for caches."""
        return self._services.memory

    def changelog(self, store: str) -> ChangeLogger | None:
        """Where changes of a store go."""
        spec = self._specs[store]
        if not spec.logging or spec.changelog_topic is not None:
            return None
        return self._output.change_logger(self._services.topic_name(f"{store}-changelog"), self._partition)

    def open(self, spec: StoreSpec) -> Any:
        """Opens one store."""
        self._specs[spec.name] = spec
        return open_store(spec, self)


def open_stores(
    task: TaskId, specs: Iterable[StoreSpec], directory: Path, services: TaskServices, output: OutputBuffer
) -> dict[str, Any]:
    """Opens the stores of a task, in order. If one fails, those opened before are closed."""
    context = TaskStoreContext(directory, services, output, task.partition)
    opened: dict[str, Any] = {}
    try:
        for spec in specs:
            opened[spec.name] = context.open(spec if services.caching else replace(spec, caching=False))
    except BaseException:
        for store in opened.values():
            store.close()
        raise
    return opened


def changelogs_of(specs: Iterable[StoreSpec], services: TaskServices, partition: int) -> dict[str, TopicPartition]:
    """Per store the changelog partition it is restored from; stores that are not logged are left out."""
    found: dict[str, TopicPartition] = {}
    for spec in specs:
        topic = changelog_topic(spec, services)
        if topic is not None:
            found[spec.name] = TopicPartition(topic, partition)
    return found
