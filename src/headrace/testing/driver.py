"""A driver for tests: all sub-topologies of a program in one real task, on the memory log, with a manual clock.

Source of the semantics: Kafka Streams' TopologyTestDriver. Each record is processed, with all that follows from it through
internal topics, before the call returns; without caching it is committed, too.
"""

from __future__ import annotations

import difflib
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from headrace.app.checks import runnable
from headrace.app.registries import with_registry
from headrace.app.stores import unknown_store
from headrace.app.wiring import POLICY_OPTIONS, needs_dead_letters, policies_of, services_of
from headrace.config.app_config import OPTIONS_BY_NAME, AppConfig
from headrace.config.resolve import resolve
from headrace.core.attributes import NamesWhatItHas
from headrace.core.errors import ConfigurationError, LifecycleError, UnknownTopicError
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.core.records import Headers
from headrace.core.time import Duration, ManualClock
from headrace.log.api import NewTopic, RecordColumns
from headrace.log.memory import MemoryLog
from headrace.observe.metrics import Metrics
from headrace.processor.stores import public_store
from headrace.runtime.commit.committer import Committer
from headrace.runtime.global_state import GlobalState
from headrace.runtime.tasks.task import Task
from headrace.runtime.topics import TopicLayout, ensure_topics
from headrace.state.spec import StoreSpec
from headrace.testing.named_topics import OnePartition, formats_of, may_appear, named_topics, read_topics
from headrace.testing.topic import TestTopic
from headrace.topology.physical import SourceNode, Topology

_ID = TaskId(0, 0)
_OWN_OPTIONS = ("start_ms", "caching")


class TestDriver(NamesWhatItHas):
    """Drives a topology record by record.

    Args:
        topology: What `StreamsBuilder.build()` or `TopologyBuilder.build()` returned.
        start_ms: Where the wall clock stands at first, ms since the epoch.
        caching: False forwards every update at once; True holds updates back until `commit`, as in production.
        engine: `memory` or `rocksdb` for stores that name none.
        options: Further options of the application by name.

    >>> from headrace import StreamsBuilder
    >>> builder = StreamsBuilder()
    >>> builder.stream("words").map_values(str.upper).to("loud")
    >>> with TestDriver(builder.build()) as driver:
    ...     driver.topic("words").pipe("k", "hello")
    ...     driver.topic("loud").read_value()
    'HELLO'
    """

    __test__ = False

    def __init__(
        self, topology: Topology, *, start_ms: int = 0, caching: bool = False, engine: str = "memory", **options: Any
    ) -> None:
        self._resources = ExitStack()
        try:
            self._open(runnable(topology), start_ms, caching=caching, options={"engine": engine, **options})
        except BaseException:
            self.close()
            raise

    def _open(self, topology: Topology, start_ms: int, *, caching: bool, options: dict[str, Any]) -> None:
        directory = self._resources.enter_context(tempfile.TemporaryDirectory(prefix="headrace-test-"))
        handlers = {name: options.pop(name) for name in POLICY_OPTIONS if callable(options.get(name))}
        self._metrics = Metrics()
        self._caching = caching
        self._clock = ManualClock(start_ms)
        self._config = _config(options, Path(directory))
        self._topology = topology = with_registry(topology, self._config)
        self._log = MemoryLog(self._clock)
        self._resources.callback(self._log.close)
        self._admin = self._log.admin()
        for name in named_topics(topology):
            self._admin.create_topics([NewTopic(name, 1)])
        layout = TopicLayout(topology, self._config.app_id, {name: 1 for name in self._admin.topics()})
        ensure_topics(self._admin, layout.internal_topics(0))
        policies = policies_of(self._config, handlers)
        if needs_dead_letters(self._config, handlers, topology):
            self._admin.create_topics([NewTopic(self._config.dead_letter_topic, 1)])
        stores: dict[str, Any] = {}
        self._services = services_of(
            self._config,
            OnePartition(layout, self._admin),
            self._clock,
            self._metrics,
            policies,
            caching=caching,
            global_stores=stores,
        )
        self._resources.callback(self._services.async_runner.close)
        self._global = GlobalState(topology, self._services, stores, self._admin, self._log.reader())
        self._resources.callback(self._global.close)
        self._global.open()
        self._producer = self._log.producer()
        self._committer = Committer(self._log.producer("driver"), self._admin, self._config.app_id, exactly_once=True)
        self._reader = self._log.reader()
        inputs = [topic for part in topology.subtopologies for topic in layout.inputs_of(part)]
        partitions = [TopicPartition(topic, 0) for topic in dict.fromkeys(inputs)]
        self._task = Task(_ID, topology, topology.subtopologies, partitions, {}, self._services)
        self._resources.callback(self._task.close)
        self._task.begin_restoring()
        self._task.begin_running()
        self._reader.assign(dict.fromkeys(partitions, 0))
        self._assigned = set(partitions)
        self._piped: dict[str, set[int]] = {}
        self._open_topics: dict[str, TestTopic] = {}
        self._failed: BaseException | None = None

    # ---- records --------------------------------------------------------------------------------------------------

    def topic(self, name: str, key: Any = None, value: Any = None) -> TestTopic:
        """A topic to pipe into and read from; the same object each time.

        Args:
            name: Its name. Internal topics go by their whole names (`test-driver-counts-changelog`).
            key: Format or type of keys; by default that of the step that reads or writes the topic.
            value: The same for values.

        Raises:
            UnknownTopicError: No step of the topology reads or writes it.
        """
        if name not in self._open_topics:
            self._check_known(name)
            piped = self._piped.setdefault(name, set())
            self._open_topics[name] = TestTopic(self, self._log, name, formats_of(self._topology, name), piped)
        return self._open_topics[name].with_formats(*with_registry((key, value), self._config))

    def written_topics(self) -> list[str]:
        """Topics that steps of the topology have written to, sorted; internal ones are left out."""
        topics = [name for name in self._admin.topics() if not name.startswith(f"{self._config.app_id}-")]
        ends = self._admin.end_offsets([TopicPartition(name, 0) for name in topics])
        return sorted(topic for (topic, _), end in ends.items() if end > len(self._piped.get(topic, ())))

    def pipe_bytes(
        self, topic: str, key: bytes | None, value: bytes | None, timestamp: int | None = None, headers: Headers = ()
    ) -> None:
        """One record as bytes. Raises UnknownTopicError if no source reads the topic."""
        self._check_open()
        self._check_input(topic)
        columns = RecordColumns()
        columns.append(key, value, self._clock.now_ms() if timestamp is None else timestamp, headers)
        self._producer.append(topic, 0, columns)
        written = self._producer.flush()
        self._piped.setdefault(topic, set()).add(written[TopicPartition(topic, 0)] - 1)
        self._run()

    # ---- time and commit ------------------------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        """Where the wall clock stands."""
        return self._clock.now_ms()

    def advance_wall_clock(self, duration: Duration) -> None:
        """Moves the wall clock; schedules that are due run, each once."""
        self._check_open()
        self._clock.advance(duration)
        self._guarded(lambda: self._task.punctuate_wall_clock(self._clock.now_ms()))
        self._run()

    def commit(self) -> None:
        """Flushes caches and commits, until nothing is left to process."""
        self._check_open()
        self._guarded(self._commit_all)

    # ---- state ----------------------------------------------------------------------------------------------------

    def store(self, name: str) -> Any:
        """A store as processors see it. Raises UnknownStoreError with the names there are."""
        spec = self._specs().get(name)
        if spec is None:
            raise unknown_store(name, self.stores())
        found = self._task.stores.get(name)
        return public_store(self._services.global_stores[name] if found is None else found, spec)

    def stores(self) -> list[str]:
        """Names of all stores."""
        return list(self._specs())

    @property
    def metrics(self) -> Metrics:
        """What the application counts: `driver.metrics.total("headrace_dropped_records_total", reason="late")`."""
        return self._metrics

    # ---- life cycle -----------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Closes processors and stores, and removes files. May be called again."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._guarded(self._complete)

    def _guarded(self, work: Any) -> None:
        try:
            work()
        except BaseException as error:
            self._failed = error
            raise

    def _complete(self) -> None:
        """Processes one record after another, those of internal topics too, until nothing waits."""
        self._settle()
        while self._poll() or self._task.group.waiting_records:
            if self._task.process(1):
                self._settle()

    def _settle(self) -> None:
        if not self._caching or self._task.commit_requested:
            self._committer.commit([self._task])

    def _commit_all(self) -> None:
        while self._committer.commit([self._task]):
            while self._poll() or self._task.group.waiting_records:
                self._task.process(1)

    def _poll(self) -> int:
        self._global.update()
        batches = self._reader.poll(1_000, 0.0)
        for batch in batches:
            self._task.add(batch)
        return len(batches)

    def _check_open(self) -> None:
        if self._failed is not None:
            message = f"the driver has failed before: {self._failed}"
            raise LifecycleError(message, hint="make a new driver") from self._failed

    def _check_known(self, topic: str) -> None:
        if topic not in self._admin.topics() and not may_appear(self._topology, topic):
            message = f"no step of the topology reads or writes topic {topic!r}"
            raise UnknownTopicError(message, hint=f"there are: {', '.join(sorted(self._admin.topics()))}")

    def _check_input(self, topic: str) -> None:
        partition = TopicPartition(topic, 0)
        if partition in self._assigned or any(topic in node.source.topics for node in self._topology.global_stores):
            return
        for node in self._topology.nodes.values():
            if isinstance(node, SourceNode) and node.pattern is not None and node.pattern.fullmatch(topic):
                self._add_matched(partition)
                return
        reads = ", ".join(read_topics(self._topology)) or "none by name"
        if topic in self._admin.topics():
            message = f"topic {topic!r} is only written by the topology: records cannot be piped into it"
            raise UnknownTopicError(message, hint=f"pipe into a topic that it reads: {reads}")
        message = f"no source of the topology reads topic {topic!r}"
        raise UnknownTopicError(message, hint=f"it reads: {reads}")

    def _add_matched(self, partition: TopicPartition) -> None:
        if partition.topic not in self._admin.topics():
            self._admin.create_topics([NewTopic(partition.topic, 1)])
        self._task.add_input(partition)
        positions = {known: self._reader.position(known) for known in self._assigned}
        self._reader.assign({**positions, partition: 0})
        self._assigned.add(partition)

    def _specs(self) -> dict[str, StoreSpec]:
        return {**self._topology.stores, **{node.store.name: node.store for node in self._topology.global_stores}}


def _config(options: dict[str, Any], directory: Path) -> AppConfig:
    for name in options:
        meant = next(iter(difflib.get_close_matches(name, _OWN_OPTIONS, n=1, cutoff=0.75)), None)
        if meant is not None and name not in OPTIONS_BY_NAME:
            message = f"unknown option {name!r}"
            raise ConfigurationError(message, hint=f"did you mean {meant!r}?")
    given = {"app_id": "test-driver", "max_task_idle_ms": -1, "data_dir": directory, **options}
    return resolve(given, environment={}, directory=directory)
