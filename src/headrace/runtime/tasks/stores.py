"""Opening the stores of a task, and mending those that are damaged."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from headrace.core.errors import StoreCorruptError
from headrace.core.identifiers import TopicPartition
from headrace.observe.events import event_logger
from headrace.runtime.tasks.output import OutputBuffer
from headrace.runtime.tasks.services import TaskServices
from headrace.state.api import ChangeLogger
from headrace.state.budget import MemoryBudget
from headrace.state.engines.api import Engine, EngineSupplier
from headrace.state.open import open_store
from headrace.state.spec import StoreSpec

_log = event_logger("stores")


def changelog_topic(spec: StoreSpec, services: TaskServices) -> str | None:
    """The topic that a store is restored from: its source topic, or one of its own; None if it is not logged."""
    if spec.changelog_topic is not None:
        return spec.changelog_topic
    return services.topic_name(f"{spec.name}-changelog") if spec.logging else None


@dataclass(slots=True)
class TrackedEngine:
    """An engine supplier that remembers what it opened last, so that others can read what is committed."""

    supplier: EngineSupplier
    opened: Engine | None = None

    @property
    def name(self) -> str:
        """The supplier's."""
        return self.supplier.name

    @property
    def persistent(self) -> bool:
        """The supplier's."""
        return self.supplier.persistent

    def open(self, directory: Path) -> Engine:
        """Opens the engine."""
        self.opened = self.supplier.open(directory)
        return self.opened


class TaskStoreContext:
    """The surroundings of the stores of one task: the implementation of `state.api.StoreContext`."""

    def __init__(self, directory: Path, services: TaskServices, output: OutputBuffer, partition: int) -> None:
        self.directory = directory
        self.engines: dict[str, TrackedEngine] = {}
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
        """Opens one store. A damaged one that has a changelog is emptied: the restore then fills it from there.

        Raises:
            StoreCorruptError: It is damaged and has no changelog.
        """
        self._specs[spec.name] = spec
        tracked = self.engines[spec.name] = TrackedEngine(spec.engine or self.default_engine)
        tracked_spec = replace(spec, engine=tracked)
        try:
            return open_store(tracked_spec, self)
        except StoreCorruptError as error:
            directory = self.directory / spec.name
            if changelog_topic(spec, self._services) is None:
                message = f"{error.message}; store {spec.name!r} has no changelog to rebuild it from"
                raise StoreCorruptError(message, hint=f"delete {directory} to begin with an empty store") from error
            _log.warning("damaged_store_rebuilt", store=spec.name, directory=str(directory), problem=error.message)
            shutil.rmtree(directory)
            return open_store(tracked_spec, self)


def open_stores(context: TaskStoreContext, specs: Iterable[StoreSpec], *, caching: bool) -> dict[str, Any]:
    """Opens the stores of a task, in order. If one fails, those opened before are closed."""
    opened: dict[str, Any] = {}
    try:
        for spec in specs:
            opened[spec.name] = context.open(spec if caching else replace(spec, caching=False))
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
