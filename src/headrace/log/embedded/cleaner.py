"""Cleans the whole log: retention, compaction, space. One process cleans at a time."""

from __future__ import annotations

from headrace.core.time import Clock
from headrace.log.compaction import compacted_to
from headrace.log.embedded import catalog, failures, space
from headrace.log.embedded.compactor import Compactor
from headrace.log.embedded.database import Database
from headrace.log.embedded.directory import CLEANING_LOCK
from headrace.log.embedded.discard import sweep
from headrace.log.embedded.file_lock import file_lock
from headrace.log.embedded.retention import retain
from headrace.log.topics import compacts, deletes

_DUE_BYTES = 4 << 20
_DUE_FRAMES = 500
_DUE_FREE_PAGES = 2_048


class Cleaner:
    """Runs retention and compaction over all partitions."""

    def __init__(self, database: Database, clock: Clock, busy_timeout_s: float) -> None:
        self._database = database
        self._clock = clock
        self._busy_timeout_s = busy_timeout_s

    def clean(self) -> None:
        """Cleans everything now. Raises LogBusyError if another process cleans for longer than the time-out."""
        with file_lock(self._database.directory / CLEANING_LOCK, wait_s=self._busy_timeout_s) as held:
            if not held:
                raise failures.busy(self._database.directory)
            self._clean(only_due=False)
            space.give_back(self._database)

    def clean_if_due(self) -> None:
        """Cleans what is worth it, unless another process is at it: the cheap call for every half minute."""
        with file_lock(self._database.directory / CLEANING_LOCK) as held:
            if not held:
                return
            self._clean(only_due=True)
            free, total = space.free_share(self._database)
            if free >= _DUE_FREE_PAGES and free * 4 >= total:
                space.give_back(self._database)

    def _clean(self, *, only_due: bool) -> None:
        now_ms = self._clock.now_ms()
        sweep(self._database)
        with self._database.read() as connection:
            topics = catalog.topics(connection)
            partitions = catalog.cleaned_partitions(connection)
        reader = self._database.connect_reader()
        try:
            for partition in partitions:
                config = topics[partition.topic].config
                start = partition.start
                if deletes(config) and (config.retention_ms >= 0 or config.retention_bytes >= 0):
                    start = retain(self._database, reader, partition, config, now_ms)
                if compacts(config) and (not only_due or self._is_due(partition)):
                    Compactor(self._database, reader, partition, config).run(now_ms, start)
        finally:
            self._database.disconnect(reader)

    def _is_due(self, partition: catalog.CleanedPartition) -> bool:
        """Whether half of the partition is new (Kafka's `min.cleanable.dirty.ratio`) and that is not next to nothing."""
        dirty = compacted_to(partition.marks)
        with self._database.read() as connection:
            new_bytes, new_frames = connection.execute(
                "SELECT coalesce(sum(bytes), 0), count(*) FROM frames WHERE partition_id = ? AND next_offset > ?",
                (partition.id, dirty),
            ).fetchone()
            if new_bytes < _DUE_BYTES and new_frames < _DUE_FRAMES:
                return False
            (all_bytes,) = connection.execute(
                "SELECT coalesce(sum(bytes), 0) FROM frames WHERE partition_id = ?", (partition.id,)
            ).fetchone()
        return bool(new_bytes * 2 >= all_bytes)
