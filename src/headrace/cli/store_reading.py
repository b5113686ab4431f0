"""The stores of an application from its data directory, read-only, whether it runs or not.

A store in RocksDB is opened as its files are, beside the process that writes them: that is the state of the last commit. Any
other store is rebuilt in memory from its changelog, which holds the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from headrace.app.wiring import engine_of
from headrace.cli.program import Program
from headrace.core.errors import StateError, StoreCorruptError, UnknownStoreError
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.log.api import Log
from headrace.processor.stores import PublicStore, public_store
from headrace.runtime.commit.positions import decode_metadata, merged_times
from headrace.runtime.topics import TopicLayout
from headrace.state.api import RestoreRecord, Store
from headrace.state.engines.api import EngineSupplier
from headrace.state.engines.memory import MemoryEngine
from headrace.state.engines.rocksdb import RocksDbEngine
from headrace.state.memory import SharedMemory
from headrace.state.open import open_store
from headrace.state.spec import StoreSpec
from headrace.topology.physical import Subtopology

_ATTEMPTS = 5
_BATCH = 10_000
_GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class StorePart:
    """One task's part of a store, open for reading.

    Attributes:
        task: Its task, or `global`.
        source: Where it was read from: `disk` or `changelog`.
        bytes: Its size on disk, None if it was rebuilt.
    """

    task: str
    source: str
    store: PublicStore
    entries: int | None
    bytes: int | None


@dataclass(frozen=True, slots=True)
class _Context:
    """A `StoreContext` in which nothing is logged."""

    directory: Path
    default_engine: EngineSupplier
    memory: SharedMemory

    def changelog(self, _store: str) -> None:
        """Changes go nowhere."""
        return


def all_specs(program: Program) -> dict[str, StoreSpec]:
    """The stores of a program by name, global ones included."""
    topology = program.topology
    return {**topology.stores, **{node.store.name: node.store for node in topology.global_stores}}


def spec_of(program: Program, name: str) -> StoreSpec:
    """A store of a program. Raises UnknownStoreError with the names there are."""
    specs = all_specs(program)
    if name not in specs:
        message = f"application {program.config.app_id!r} has no store {name!r}"
        raise UnknownStoreError(message, hint=f"there are: {', '.join(specs) or 'none'}")
    return specs[name]


@contextmanager
def opened_parts(program: Program, log: Log, name: str) -> Iterator[list[StorePart]]:
    """The parts of a store, one per task that has state.

    Raises:
        StateError: The store can be read neither from disk nor from a changelog.
    """
    spec = replace(spec_of(program, name), caching=False)
    with ExitStack() as stack:
        if name in program.topology.stores:
            part = next(part for part in program.topology.subtopologies if name in part.stores)
            yield [_opened(program, log, spec, part, number, stack) for number in _tasks(program, log, part)]
        else:
            yield [_opened_global(program, spec, stack)]


def _tasks(program: Program, log: Log, part: Subtopology) -> range:
    return range(_layout(program, log).tasks_of(part))


def _layout(program: Program, log: Log) -> TopicLayout:
    existing = {name: topic.partitions for name, topic in log.admin().topics().items()}
    return TopicLayout(program.topology, program.config.app_id, existing)


def _opened(program: Program, log: Log, spec: StoreSpec, part: Subtopology, number: int, stack: ExitStack) -> StorePart:
    task = TaskId(part.id, number)
    directory = program.config.state_path / program.config.app_id / str(task)
    found = _from_disk(program, spec, directory, stack)
    if found is not None:
        opened, source = found, "disk"
    else:
        opened, source = _from_changelog(program, log, spec, part, number, stack), "changelog"
    opened.set_stream_time(_stream_time(program, log, spec.name, part, number))
    return _part(str(task), source, opened, spec)


def _opened_global(program: Program, spec: StoreSpec, stack: ExitStack) -> StorePart:
    directory = program.config.state_path / program.config.app_id / _GLOBAL
    found = _from_disk(program, spec, directory, stack)
    if found is None:
        message = f"the global store {spec.name!r} is not on disk: it is kept in memory, or the application has never run"
        raise StateError(message, hint="read its topic instead: headrace consume TOPIC")
    return _part(_GLOBAL, "disk", found, spec)


def _part(task: str, source: str, store: Any, spec: StoreSpec) -> StorePart:
    count = getattr(store, "approximate_count", None)
    size = getattr(store, "size_bytes", None) if source == "disk" else None
    return StorePart(
        task,
        source,
        public_store(store, spec, read_only=True),
        None if count is None else count(),
        None if size is None else size(),
    )


def _from_disk(program: Program, spec: StoreSpec, directory: Path, stack: ExitStack) -> Store | None:
    """The store over the database on disk; None if there is no such database."""
    engine = spec.engine or engine_of(program.config)
    if not isinstance(engine, RocksDbEngine) or not engine.exists(directory / spec.name):
        return None
    reading = replace(engine, read_only=True)
    store = _patiently_opened(replace(spec, engine=reading), _Context(directory, reading, _memory()))
    stack.callback(store.close)
    return store


def _patiently_opened(spec: StoreSpec, context: _Context) -> Store:
    """A writer may replace files between the moment they are listed and the moment they are opened: then once more."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return open_store(spec, context)
        except StoreCorruptError:
            continue
    return open_store(spec, context)


def _from_changelog(program: Program, log: Log, spec: StoreSpec, part: Subtopology, number: int, stack: ExitStack) -> Store:
    if not spec.logging and spec.changelog_topic is None:
        message = f"store {spec.name!r} of task {part.id}_{number} is neither on disk nor in a changelog"
        raise StateError(message, hint="it lives in the memory of the application only")
    memory = MemoryEngine()
    store = open_store(replace(spec, engine=memory), _Context(Path(), memory, _memory()))
    stack.callback(store.close)
    topic = spec.changelog_topic or f"{program.config.app_id}-{spec.name}-changelog"
    if topic in log.admin().topics():
        _replay(log, TopicPartition(topic, number), _end(program, log, spec, TopicPartition(topic, number)), store)
    return store


def _end(program: Program, log: Log, spec: StoreSpec, partition: TopicPartition) -> int:
    """The end of a changelog; of a source topic that serves as one, the committed position."""
    if spec.changelog_topic is None:
        return log.admin().end_offsets([partition])[partition]
    position = log.admin().positions(program.config.app_id).get(partition)
    return 0 if position is None else position.offset


def _replay(log: Log, partition: TopicPartition, end: int, store: Store) -> None:
    reader = log.reader()
    try:
        start = log.admin().start_offsets([partition])[partition]
        reader.assign({partition: start})
        while reader.position(partition) < end:
            for batch in reader.poll(_BATCH, 0.0):
                headers = batch.headers
                records = [
                    RestoreRecord(key, batch.values[i], batch.timestamps[i], () if headers is None else headers[i])
                    for i, key in enumerate(batch.keys)
                    if key is not None and batch.offsets[i] < end
                ]
                store.restore(records, min(batch.next_offset, end))
    finally:
        reader.close()


def _stream_time(program: Program, log: Log, store: str, part: Subtopology, number: int) -> int:
    """The store's committed time, which decides about windows that have expired."""
    topics = _layout(program, log).inputs_of(part)
    committed = log.admin().positions(program.config.app_id)
    inputs = (committed.get(TopicPartition(topic, number)) for topic in topics)
    times = merged_times(decode_metadata(position.metadata) for position in inputs if position is not None)
    return times.get(f"store:{store}", -1)


def _memory() -> SharedMemory:
    return SharedMemory(1 << 30)
