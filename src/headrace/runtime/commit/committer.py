"""The commit of one interval of one worker, in numbered steps.

Exactly once (one transaction of the log):
1. flush caches: updates run through the operators below them and end in sinks and changelogs;
2. append all output, 3. append positions, 4. commit the transaction;
5. write state changes to the engines, each in one batch with the changelog offset it stands for.

At least once: 1 and 2, then the output is made durable, then positions are written, then 5. Where the log can begin to write
before the commit, results of sinks are sent in each round of the worker.

A crash before 4 leaves nothing behind; one after 4 leaves engines behind the log, which the restore of the tail mends. State is
never ahead of the log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from enum import Enum

from headrace.core.identifiers import TaskId, TopicPartition
from headrace.log.api import Admin, EagerProducer, PackingProducer, Position, Producer, RecordColumns
from headrace.runtime.commit.interval import SEND_EVERY_S
from headrace.runtime.patience import Patience
from headrace.runtime.tasks.task import Task


class CommitPoint(Enum):
    """Moments of a commit at which a crash has different consequences."""

    OUTPUTS_APPENDED = "after-outputs"
    LOG_COMMITTED = "after-log-commit"
    BEFORE_STORES = "before-store-batch"
    AFTER_STORES = "after-store-batch"


CommitProbe = Callable[[CommitPoint], None]
"""Told of each point as it is passed, in the processing thread; for fault injection and measurements."""


def no_probe(_point: CommitPoint) -> None:
    """Watches nothing."""


class Committer:
    """Commits the tasks of one worker.

    Args:
        producer: Transactional if `exactly_once`.
        group: The application id.
        patience: For errors that go away by themselves.
    """

    def __init__(
        self,
        producer: Producer,
        admin: Admin,
        group: str,
        *,
        exactly_once: bool,
        probe: CommitProbe = no_probe,
        patience: Patience | None = None,
    ) -> None:
        self._producer = producer
        self._admin = admin
        self._group = group
        self._probe = probe
        self._patience = patience or Patience(0)
        self._write = self._write_transaction if exactly_once else self._write_in_steps
        self._committed: dict[TaskId, dict[TopicPartition, Position]] = {}
        self._eager = producer if isinstance(producer, EagerProducer) else None
        self._packs_at = producer.packs_at if isinstance(producer, PackingProducer) else None
        self._exactly_once = exactly_once
        self._transaction_is_open = False
        self._sent: set[TaskId] = set()
        self._sent_at = 0.0

    def send(self, tasks: Iterable[Task]) -> None:
        """Begins to write what sinks have, on a log that can do so before the commit: at least once lets others see it at once.

        At most once per `SEND_EVERY_S`: a request per partition for each record would be more than brokers bear. Changes of
        stores wait for the commit: after a crash before it, nothing is counted twice.
        """
        now = time.monotonic()
        if self._eager is None or now - self._sent_at < SEND_EVERY_S:
            return
        self._sent_at = now
        for task in tasks:
            for (topic, partition), columns in task.take_results().items():
                self._sent.add(task.id)
                self._eager.append(topic, partition, columns)
        if self._sent:
            self._eager.send()

    def hand_over(self, task: Task) -> None:
        """Lets the producer have what it packs at once, so that it does not wait for the commit as objects of Python."""
        if self._packs_at is None:
            return
        for (topic, partition), columns in task.take_large(self._packs_at).items():
            self._begin()
            self._sent.add(task.id)
            self._producer.append(topic, partition, columns)

    def commit(self, tasks: Sequence[Task]) -> bool:
        """Commits all that the tasks have done since the last time; False if there was nothing."""
        outputs: list[tuple[TopicPartition, RecordColumns]] = []
        positions: dict[TopicPartition, Position] = {}
        for task in tasks:
            made, now = task.flush(), task.positions()
            outputs.extend(made.items())
            # With what punctuations have made go positions that have not moved: by them an expelled instance is refused.
            if made or task.id in self._sent or now != self._committed.get(task.id, {}):
                positions.update(now)
        if not (outputs or positions or self._sent):
            return False
        written = self._write(outputs, positions)
        self._sent.clear()
        for task in tasks:
            self._committed[task.id] = task.positions()
            self._probe(CommitPoint.BEFORE_STORES)
            task.commit_stores(written)
            self._probe(CommitPoint.AFTER_STORES)
        return True

    def forget(self, tasks: Iterable[TaskId]) -> None:
        """These tasks are not here any more; should they come back, others may have committed them in between."""
        for task in tasks:
            self._committed.pop(task, None)
            self._sent.discard(task)

    @property
    def committed(self) -> dict[TopicPartition, Position]:
        """Positions that were committed here, of all tasks."""
        return {partition: position for of in self._committed.values() for partition, position in of.items()}

    def _begin(self) -> None:
        if self._exactly_once and not self._transaction_is_open:
            self._producer.begin()
            self._transaction_is_open = True

    def _append(self, outputs: Iterable[tuple[TopicPartition, RecordColumns]]) -> None:
        for (topic, partition), columns in outputs:
            self._producer.append(topic, partition, columns)
        self._probe(CommitPoint.OUTPUTS_APPENDED)

    def _write_transaction(
        self, outputs: Iterable[tuple[TopicPartition, RecordColumns]], positions: dict[TopicPartition, Position]
    ) -> dict[TopicPartition, int]:
        self._begin()
        try:
            self._append(outputs)
            self._producer.send_positions(self._group, positions)
            written = self._patience.repeat(self._producer.commit, "commit")
        except BaseException:
            self._producer.abort()
            raise
        finally:
            self._transaction_is_open = False
        self._probe(CommitPoint.LOG_COMMITTED)
        return written

    def _write_in_steps(
        self, outputs: Iterable[tuple[TopicPartition, RecordColumns]], positions: dict[TopicPartition, Position]
    ) -> dict[TopicPartition, int]:
        self._append(outputs)
        written = self._patience.repeat(self._producer.flush, "commit")
        self._patience.repeat(lambda: self._admin.set_positions(self._group, positions), "commit")
        self._probe(CommitPoint.LOG_COMMITTED)
        return written
