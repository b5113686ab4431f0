"""Which tasks a question concerns, and who has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from headrace.app.queries.reading import Wanted, check_readable
from headrace.app.queries.wire import Question
from headrace.core.errors import ConfigurationError, RebalancingError, UnknownStoreError
from headrace.core.hashing import partition_for
from headrace.core.identifiers import TaskId
from headrace.operators.user_processor import UserProcessor
from headrace.runtime.directory import Directory, Holder, Role
from headrace.runtime.topics import TopicLayout
from headrace.state.spec import StoreSpec
from headrace.topology.physical import ProcessorNode, SinkNode, SourceNode, Topology


class Routing:
    """Knows the stores of a topology and their tasks.

    Args:
        directory: Finds tasks that are elsewhere.
    """

    def __init__(self, topology: Topology, directory: Directory) -> None:
        self._topology = topology
        self.directory = directory
        self.global_specs = {node.store.name: node.store for node in topology.global_stores}
        self.specs: dict[str, StoreSpec] = {**topology.stores, **self.global_specs}
        self._parts = {name: part for part in topology.subtopologies for name in part.stores}
        self._spread_by_hash = cache(self._is_spread_by_hash)  # asked for every key

    def spec(self, name: str) -> StoreSpec:
        """A store that can be read.

        Raises:
            UnknownStoreError: There is none of that name; the hint has the names there are.
            StateError: It is a buffer of the engine's own.
        """
        if name not in self.specs:
            message = f"the application has no store {name!r}"
            raise UnknownStoreError(
                message, hint=f"there are: {', '.join(self.specs) or 'none'}; name one by Materialized(name)"
            )
        check_readable(self.specs[name])
        return self.specs[name]

    def tasks(self, store: str, layout: TopicLayout) -> list[TaskId]:
        """All tasks that have a part of a store; none for a global one."""
        part = self._parts.get(store)
        return [] if part is None else [TaskId(part.id, number) for number in range(layout.tasks_of(part))]

    def task_of(self, spec: StoreSpec, key: bytes, layout: TopicLayout) -> TaskId | None:
        """The task that has a key; None if any may have it: a global store, or keys spread in a way of the user's own."""
        part = self._parts.get(spec.name)
        if part is None or not self._spread_by_hash(spec.name):
            return None
        return TaskId(part.id, partition_for(key, layout.tasks_of(part)))

    def question(
        self, spec: StoreSpec, wanted: Wanted, layout: TopicLayout, *, read: str, limit: int | None, stale: bool
    ) -> Question:
        """A question to the tasks that it concerns.

        Raises:
            ConfigurationError: `read` is not known, or a key is not of the store's kind.
        """
        if read not in ("latest", "committed"):
            message = f"read is {read!r}"
            raise ConfigurationError(message, hint='use "latest" or "committed"')
        encode = spec.key_format.encoder(spec.name, is_key=True)
        try:
            key, low, high = (None if value is None else encode(value) for value in (wanted.key, wanted.low, wanted.high))
        except Exception as error:
            message = f"a key of store {spec.name!r} cannot be written as {spec.key_format!r}: {error}"
            raise ConfigurationError(message) from error
        one = self.task_of(spec, key, layout) if key is not None and wanted.verb in ("get", "windows") else None
        tasks = self.tasks(spec.name, layout) if one is None else [one]
        return Question(
            store=spec.name,
            verb=wanted.verb,
            tasks=tuple(tasks),
            key=key,
            low=low,
            high=high,
            since=wanted.since,
            until=wanted.until,
            as_of=wanted.as_of,
            read=read,
            limit=limit,
            stale=stale,
        )

    def holder(self, task: TaskId, *, stale: bool, refused: Iterable[str] = ()) -> Holder:
        """Who to ask about a task that is not here.

        Args:
            task: The task.
            stale: Whether a standby will do.
            refused: Servers that were asked already.

        Raises:
            RebalancingError: Nobody is known to have it, or nobody else that can be asked.
        """
        known: Sequence[Holder] = self.directory.holders(task)
        for holder in known:
            if holder.url is not None and holder.url not in refused and (stale or holder.role is Role.ACTIVE):
                return holder
        if known and all(holder.url is None for holder in known):
            message = f"task {task} is on an instance without a query server"
            raise RebalancingError(message, hint="set the options serve and advertise on every instance")
        message = f"task {task} is on no instance at the moment: the group is rebalancing"
        raise RebalancingError(message, hint="try again")

    def anybody(self, store: str, layout: TopicLayout, refused: Iterable[str] = ()) -> str:
        """The server of an instance that has any task: each has a copy of every global store.

        Raises:
            RebalancingError: None is known.
        """
        tasks = (TaskId(part.id, n) for part in self._topology.subtopologies for n in range(layout.tasks_of(part)))
        for task in tasks:
            for holder in self.directory.holders(task):
                if holder.url is not None and holder.url not in refused:
                    return holder.url
        message = f"store {store!r} is being made ready"
        raise RebalancingError(message, hint="try again")

    def _is_spread_by_hash(self, store: str) -> bool:
        """Whether a key's task follows from its bytes: not where user code puts what it likes, or chooses partitions."""
        nodes, part = self._topology.nodes, self._parts[store]
        for name in part.nodes:
            node = nodes[name]
            if isinstance(node, ProcessorNode) and store in node.stores and isinstance(node.operator, UserProcessor):
                return False
        inputs = {base for name in part.nodes if isinstance(node := nodes[name], SourceNode) for base in node.topics}
        return not any(
            isinstance(node, SinkNode) and node.topic in inputs and node.partitioner is not None for node in nodes.values()
        )
