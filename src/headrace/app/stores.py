"""Reading an application's stores from outside: read-only, over all tasks of the instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from headrace.core.attributes import NamesWhatItHas, nearest
from headrace.core.errors import ConfigurationError, StateError, UnknownStoreError
from headrace.processor.stores import public_store
from headrace.runtime.worker import Worker
from headrace.state.spec import StoreKind, StoreSpec
from headrace.topology.physical import Topology

T = TypeVar("T")

Read = Literal["latest", "committed"]
"""`latest` sees updates that are not committed yet; `committed` only what others can see, too."""


_Getter = tuple[str, tuple[str, ...], str]
"""A store's method, its arguments, and how to ask for all of a key."""

_GET: _Getter = ("get", ("key",), "store.get(key)")
_GET_WINDOW: _Getter = ("fetch", ("key", "start"), "list(store.fetch_range(key, earliest, latest))")
_GETTERS: dict[StoreKind, _Getter] = {
    StoreKind.WINDOW: _GET_WINDOW,
    StoreKind.TIMESTAMPED_WINDOW: _GET_WINDOW,
    StoreKind.SESSION: ("fetch_session", ("key", "start", "end"), "list(store.fetch(key))"),
    StoreKind.VERSIONED: ("get", ("key", "as_of"), "store.get(key)"),
}


def unknown_store(name: str, known: list[str]) -> UnknownStoreError:
    """The error that there is no store of a name, with those that there are."""
    meant = nearest(name, known)
    message = f"there is no store {name!r}; there are: {', '.join(known) or 'none'}"
    hint = f"did you mean {meant!r}?" if meant else "Materialized(name) gives the store of a step a name"
    return UnknownStoreError(message, hint=hint)


class StoreView(NamesWhatItHas):
    """A store of a running application. Each read is served between two chunks of records, so it sees a state that is whole.

    A view stays good over new lives of the application (after an error that is answered by REPLACE, or when topics change).

    Args:
        worker: Gives who holds the tasks now. Raises LifecycleError if nobody does.
        name: The store's name.
        read: What reads see.

    Raises:
        UnknownStoreError: The topology has no store of that name.
        ConfigurationError: `read` is not known.
    """

    def __init__(self, topology: Topology, worker: Callable[[], Worker], name: str, read: Read = "latest") -> None:
        specs = {**topology.stores, **{node.store.name: node.store for node in topology.global_stores}}
        if name not in specs:
            raise unknown_store(name, list(specs))
        if read not in ("latest", "committed"):
            message = f"read is {read!r}"
            raise ConfigurationError(message, hint='use "latest" or "committed"')
        self.spec: StoreSpec = specs[name]
        self._worker = worker
        self._read = read

    def ask(self, question: Callable[[Any], T]) -> list[T]:
        """Asks the store of each task (as processors see it, read-only); one answer per task, in the order of partitions.

        What the question returns must not read on later: turn iterators into lists.

        Raises:
            LifecycleError: The application does not run, or ends before it has answered.

        >>> app.store("counts").ask(lambda store: store.approximate_count())  # doctest: +SKIP
        [12, 9, 15, 11]
        """
        worker = self._worker()
        return worker.submit(lambda: [question(store) for store in self._stores(worker)]).result()

    def get(self, *arguments: Any) -> Any:
        """The value of a key, from the task that has it.

        Args:
            arguments: (key) of key-value stores; (key, as_of) of versioned ones, the time may be left out; (key, start) of
                window stores; (key, start, end) of session stores.

        Raises:
            StateError: They are those of another kind of store.
        """
        method, names, other = _GETTERS.get(self.spec.kind, _GET)
        if not len(names) - names.count("as_of") <= len(arguments) <= len(names):
            message = f"get of {self.spec.kind.value} store {self.spec.name!r} takes ({', '.join(names)}), got {arguments!r}"
            raise StateError(message, hint=f"ask(lambda store: {other}) gives all that there is for a key")
        return next((found for found in self.ask(lambda store: getattr(store, method)(*arguments)) if found is not None), None)

    def all(self) -> list[Any]:
        """All entries, task by task, each in the order of its store."""
        return [entry for entries in self.ask(lambda store: list(store.all())) for entry in entries]

    def range(self, low: Any = None, high: Any = None) -> list[Any]:
        """Entries with keys from low to high, both inclusive, task by task."""
        return [entry for entries in self.ask(lambda store: list(store.range(low, high))) for entry in entries]

    def _stores(self, worker: Worker) -> list[Any]:
        name = self.spec.name
        tasks = [task for task in worker.tasks if name in task.stores]
        if not tasks and name in worker.global_stores:
            found = [worker.global_stores[name]]  # each read of its topic is committed at once
        elif self._read == "committed":
            found = [task.committed_store(name) for task in tasks]
        else:
            found = [task.stores[name] for task in tasks]
        return [public_store(store, self.spec, read_only=True) for store in found]
