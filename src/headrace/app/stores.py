"""Reading an application's stores from outside: read-only, over all tasks of the instance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from headrace.core.errors import UnknownStoreError
from headrace.processor.stores import public_store
from headrace.runtime.worker import Worker
from headrace.state.spec import StoreSpec
from headrace.topology.physical import Topology

T = TypeVar("T")


class StoreView:
    """A store of a running application. Each read is served between two chunks of records, so it sees a state that is whole.

    Reads see updates that are not committed yet.

    Args:
        worker: Who holds the tasks.
        name: The store's name.
    """

    def __init__(self, topology: Topology, worker: Worker, name: str) -> None:
        specs = {**topology.stores, **{node.store.name: node.store for node in topology.global_stores}}
        if name not in specs:
            message = f"the application has no store {name!r}"
            raise UnknownStoreError(message, hint=f"there are: {', '.join(specs) or 'none'}")
        self.spec: StoreSpec = specs[name]
        self._worker = worker

    def ask(self, question: Callable[[Any], T]) -> list[T]:
        """Asks the store of each task (as processors see it, read-only); one answer per task.

        >>> app.store("counts").ask(lambda store: store.approximate_count())  # doctest: +SKIP
        [12, 9, 15, 11]
        """
        return self._worker.submit(lambda: [question(store) for store in self._stores()]).result()

    def get(self, *arguments: Any) -> Any:
        """`get` of the task that has the key: (key) of key-value stores, (key, start) of window stores, and so on."""
        return next((answer for answer in self.ask(lambda store: store.get(*arguments)) if answer is not None), None)

    def all(self) -> list[Any]:
        """All entries, task by task, each in the order of its store."""
        return [entry for entries in self.ask(lambda store: list(store.all())) for entry in entries]

    def range(self, low: Any = None, high: Any = None) -> list[Any]:
        """Entries with keys from low to high, both inclusive, task by task."""
        return [entry for entries in self.ask(lambda store: list(store.range(low, high))) for entry in entries]

    def _stores(self) -> Sequence[Any]:
        name = self.spec.name
        found = [task.stores[name] for task in self._worker.tasks if name in task.stores]
        if not found and name in self._worker.global_stores:
            found = [self._worker.global_stores[name]]
        return [public_store(store, self.spec, read_only=True) for store in found]
