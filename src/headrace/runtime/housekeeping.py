"""What a worker does now and then: purge internal topics, notice topics that have changed, remove state nobody needs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from headrace.config.app_config import AppConfig
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.core.time import Clock
from headrace.log.api import Admin, Position
from headrace.observe.events import event_logger
from headrace.runtime.task_directories import TaskDirectories
from headrace.runtime.tasks.task import Task
from headrace.runtime.topics import TopicLayout
from headrace.topology.physical import Topology

_LOOK_INTERVAL_S = 1.0
_log = event_logger("housekeeping")


class Purge:
    """Gives up records of repartition topics that are processed: below the committed positions, never above.

    Source of the semantics: KIP-204 and `repartition.purge.interval.ms`.
    """

    def __init__(self, admin: Admin, topics: frozenset[str], interval_ms: int) -> None:
        self._admin = admin
        self._topics = topics
        self._interval_s = interval_ms / 1000
        self._at = time.monotonic()
        self._purged: dict[TopicPartition, int] = {}

    def maybe(self, committed: Mapping[TopicPartition, Position]) -> None:
        """Purges if the interval is over."""
        now = time.monotonic()
        if not self._topics or now - self._at < self._interval_s:
            return
        self._at = now
        before = {
            partition: position.offset
            for partition, position in committed.items()
            if partition.topic in self._topics and position.offset > self._purged.get(partition, 0)
        }
        if before:
            self._admin.delete_records(before)
            self._purged.update(before)


class ChangelogPurge:
    """Gives up windows in changelogs that have expired in their stores, by stream time.

    The log's own retention goes by the wall clock: it would take the windows of old events away while they are still open.

    Args:
        keep_ms: How much longer than their stores changelogs keep windows.
    """

    def __init__(self, admin: Admin, keep_ms: int, interval_ms: int) -> None:
        self._admin = admin
        self._keep_ms = keep_ms
        self._interval_s = interval_ms / 1000
        self._at = time.monotonic()

    def maybe(self, tasks: Iterable[Task]) -> None:
        """Purges if the interval is over."""
        now = time.monotonic()
        if now - self._at < self._interval_s:
            return
        self._at = now
        times = {
            partition: oldest - self._keep_ms
            for task in tasks
            for partition, oldest in task.oldest_windows().items()
            if oldest > self._keep_ms
        }
        before = self._admin.offsets_for_times(times) if times else {}
        first = self._admin.start_offsets(list(before)) if before else {}
        gone = {partition: offset for partition, offset in before.items() if offset > first[partition]}
        if gone:
            self._admin.delete_records(gone)


class TopicWatch:
    """Notices topics that a pattern has come to match, and topics that have got more partitions.

    Topics that are gone are left to the reader, which names them.
    """

    def __init__(self, admin: Admin, layout: TopicLayout) -> None:
        self._admin = admin
        self._layout = layout
        self._at = time.monotonic()

    def changed(self) -> bool:
        """Whether tasks have to be made anew; looks at most once a second."""
        now = time.monotonic()
        if now - self._at < _LOOK_INTERVAL_S:
            return False
        self._at = now
        changes = self._layout.changes(self._admin.partition_counts())
        if changes:
            _log.info("topics_changed", topics=", ".join(changes))
        return bool(changes)


class Housekeeping:
    """All of it for one worker."""

    def __init__(self, admin: Admin, topology: Topology, layout: TopicLayout, config: AppConfig) -> None:
        interval_ms = config.repartition_purge_interval_ms
        repartition = frozenset(layout.real_name(base) for base in topology.internal_topics)
        self._purge = Purge(admin, repartition, interval_ms)
        # On Kafka the brokers do it, by the wall clock.
        keep_ms = config.windowstore_changelog_additional_retention_ms
        self._changelogs = ChangelogPurge(admin, keep_ms, interval_ms) if config.embedded else None
        self._watch = TopicWatch(admin, layout)

    def committed(self, positions: Mapping[TopicPartition, Position], tasks: Iterable[Task]) -> None:
        """A commit was made: what it has done with may go."""
        self._purge.maybe(positions)
        if self._changelogs is not None:
            self._changelogs.maybe(tasks)

    def topics_have_changed(self) -> bool:
        """Whether tasks have to be made anew."""
        return self._watch.changed()


def remove_old_state(state_root: Path, tasks: Iterable[TaskId], delay_ms: int, clock: Clock) -> list[str]:
    """Removes the directories of tasks that are not run here and were not touched for the delay; their names.

    Their stores are restored from changelogs should they come back. Source: `state.cleanup.delay.ms`.
    """
    directories, here, removed = TaskDirectories(state_root), frozenset(tasks), []
    for task in directories.there():
        if task in here or not directories.take(task):  # or another process uses it
            continue
        directory = directories.of(task)
        touched_ms = max(entry.stat().st_mtime_ns for entry in (directory, *directory.rglob("*"))) // 1_000_000
        if clock.now_ms() - touched_ms >= delay_ms:
            shutil.rmtree(directory)
            removed.append(directory.name)
            _log.info("old_state_removed", task=directory.name)
        directories.give_back(task)
    return removed
