"""One life of an application: log, topics, services and worker, put together and taken apart again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from threading import Event
from typing import Any, Protocol

from headrace.app.beat import Beat
from headrace.app.joining import Place, join
from headrace.app.prepare_topics import prepare_topics
from headrace.app.progress import ProgressReporter
from headrace.app.restore_progress import RestoreProgress
from headrace.app.wiring import policies_of, services_of
from headrace.app.workers.link import Link
from headrace.app.workers.reporter import Reporter
from headrace.config.app_config import AppConfig
from headrace.core.errors import LifecycleError
from headrace.core.identifiers import TaskId
from headrace.core.time import Clock
from headrace.log.api import GroupLog, Log
from headrace.log.embedded import open_log
from headrace.observe.metrics import Metrics
from headrace.runtime.all_tasks import all_tasks
from headrace.runtime.commit.committer import CommitProbe
from headrace.runtime.directory import Directory, Holder
from headrace.runtime.live_topics import LiveTopics
from headrace.runtime.policies import ErrorHandler
from headrace.runtime.restore.listeners import RestoreListener
from headrace.runtime.task_states import TaskState
from headrace.runtime.tasks.services import NodeWrapper
from headrace.runtime.topics import TopicLayout
from headrace.runtime.worker import End, Worker
from headrace.runtime.worker_parts import WorkerParts
from headrace.topology.physical import Topology


class Instance:
    """Made anew for each life. `live` works in the caller's thread.

    Args:
        log: A log that is open already and stays open; None opens the one that the configuration names, and closes it again.
        handlers: Error policies of the user's own by option name.
        wrap_nodes: Wraps each processor's function.
        link: To the parent, if this process is a worker: the parent owns the application, and deals out tasks.

    Attributes:
        url: Where other instances can ask this one.
        directory: Who else has which task, when this is known.
        layout: Names and partition counts of topics, when they are known.
        beat: Beats with the worker's loop.
        trouble: Of others that it speaks for; there are none.
    """

    trouble: str | None = None

    def __init__(
        self,
        config: AppConfig,
        topology: Topology,
        log: Log | None,
        clock: Clock,
        metrics: Metrics,
        handlers: Mapping[str, ErrorHandler],
        wrap_nodes: NodeWrapper | None = None,
        link: Link | None = None,
    ) -> None:
        self._config = config
        self._topology = topology
        self._log = log
        self._clock = clock
        self._metrics = metrics
        self._handlers = handlers
        self._wrap_nodes = wrap_nodes
        self._link = link
        self.url: str | None = None
        self._worker: Worker | None = None
        self.layout: TopicLayout | None = None
        self.directory: Directory | None = None
        self.beat = Beat()

    @property
    def worker(self) -> Worker:
        """The worker; there is none before topics and stores are known."""
        if self._worker is None:
            message = "the application is not ready yet"
            raise LifecycleError(message, hint="wait for it: app.wait_until_running()")
        return self._worker

    @property
    def has_worker(self) -> bool:
        """Whether there is a worker already."""
        return self._worker is not None

    def stop(self) -> None:
        """Asks for an orderly end."""
        if self._worker is not None:
            self._worker.stop()

    def pause(self) -> None:
        """Stops processing; a worker that is still to be made begins paused."""
        if self._worker is not None:
            self._worker.pause()

    def resume(self) -> None:
        """Goes on."""
        if self._worker is not None:
            self._worker.resume()

    def task_states(self) -> Sequence[TaskState]:
        """The tasks that are here, also while they are made ready."""
        return () if self._worker is None else self._worker.task_states()

    def lag(self) -> int:
        """Records still to process."""
        return self.worker.submit(self.worker.lag).result()

    def live(
        self,
        running: Callable[[], None],
        stop_asked: Event,
        listeners: Sequence[RestoreListener],
        probe: CommitProbe,
        paused: Event,
        *,
        until_end: bool,
    ) -> End:
        """Takes ownership, makes topics, and works until the end."""
        with ExitStack() as stack:
            log = self._owned_log(stack)
            shared = isinstance(log, GroupLog)
            layout = self.layout = prepare_topics(log.admin(), self._config, self._topology, self._handlers, shared=shared)
            place = join(log, self._config, self._topology, layout, self._clock, self.url, stack, self._link)
            self.directory = place.directory
            stores: dict[str, Any] = {}
            services = services_of(
                self._config,
                LiveTopics(layout, log.admin(), self._config.topic_partitions if self._config.create_topics else None),
                self._clock,
                self._metrics,
                policies_of(self._config, self._handlers),
                caching=self._config.memory_limit_bytes > 0,
                global_stores=stores,
                wrap_nodes=self._wrap_nodes,
                future_allowance_ms=log.admin().future_allowance_ms,
            )
            restore = RestoreProgress(self._metrics, listeners, self._config.progress_interval_ms)
            parts = WorkerParts(
                log=log,
                topology=self._topology,
                layout=layout,
                config=self._config,
                services=services,
                global_stores=stores,
                restore_listener=restore,
                probe=probe,
                name=place.name,
            )
            self._worker = Worker(parts, place.membership, running if self._link is None else self._link.after(running))
            if stop_asked.is_set():
                self._worker.stop()
            if paused.is_set():
                self._worker.pause()
            if self._link is not None:
                return self._work_with(self._link, layout, place, until_end=until_end)
            reporter = ProgressReporter(self._config, self._worker, self._metrics)
            return self._worker.run(until_end=until_end, each_round=self.beat.before(reporter.maybe_report))

    def _owned_log(self, stack: ExitStack) -> Log:
        """The log, with ownership of the application unless the parent has that."""
        log = self._log
        if log is None:
            log = open_log_of(self._config)
            stack.callback(log.close)
        if self._link is None:
            stack.enter_context(log.own(self._config.app_id))
        return log

    def _work_with(self, link: Link, layout: TopicLayout, place: Place, *, until_end: bool) -> End:
        """Works for a parent, which reports, decides about the end, and deals out tasks anew when topics have changed."""
        reporter = Reporter(link, self.worker, place.directory, all_tasks(self._topology, layout), self.url)
        each_round = self.beat.before(reporter.maybe_report)
        end = self.worker.run(until_end=until_end, each_round=each_round, may_end=link.at_end)
        if end is End.TOPICS_CHANGED and not place.agrees:
            link.topics_changed()
            return End.STOPPED
        return end


class HasDirectory(Protocol):
    """A life of an application."""

    @property
    def directory(self) -> Directory | None:
        """Who else has which task, when this is known."""
        ...


class CurrentDirectory:
    """The directory of the life that an application is in.

    Args:
        current: That life, if there is one.
    """

    def __init__(self, current: Callable[[], HasDirectory | None]) -> None:
        self._current = current

    def holders(self, task: TaskId) -> Sequence[Holder]:
        """Those who have a task."""
        life = self._current()
        return () if life is None or life.directory is None else life.directory.holders(task)


def open_log_of(config: AppConfig) -> Log:
    """The log of an application: Kafka if the option bootstrap names brokers, else the embedded one."""
    if config.bootstrap is None:
        return open_log(config.data_dir / "log", durability=config.durability)
    # Imported here: an application on the embedded log does without librdkafka's 40 ms and its memory.
    from headrace.log.kafka import open_kafka  # noqa: PLC0415

    return open_kafka(
        config.bootstrap,
        client_id=config.app_id,
        settings=config.kafka,
        replication_factor=config.replication_factor,
        patience_s=config.task_timeout_ms / 1000,
    )
