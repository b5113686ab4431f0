"""A series of what a group has committed, and its largest gap."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from types import TracebackType
from typing import NamedTuple, Self

from confluent_kafka import Consumer, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from headrace import TopicPartition
from support.kafka_access import KafkaAccess

_EACH_S = 0.25


class Sample(NamedTuple):
    """Committed offsets at a moment, by partition."""

    at: float
    committed: dict[TopicPartition, int]

    @property
    def total(self) -> int:
        return sum(self.committed.values())


class Gap(NamedTuple):
    """A time without progress."""

    seconds: float
    began: float


class ProgressSeries:
    """Samples the committed positions of an application's inputs four times a second, in a thread of its own.

    It asks for what is committed now. Headrace's own look at positions waits for open transactions to end, so that one halted
    instance would make it blind to the progress of all others.

    Args:
        inputs: The partitions whose offsets are the progress; they hold nothing but the records to process.
    """

    def __init__(self, access: KafkaAccess, group: str, inputs: Sequence[TopicPartition]) -> None:
        settings = {"bootstrap.servers": access.bootstrap, "group.id": group, "isolation.level": "read_uncommitted"}
        self._consumer = Consumer({**settings, "enable.auto.commit": False, "socket.timeout.ms": 5_000})
        self._inputs = inputs
        self._asked = [KafkaPartition(*where) for where in inputs]
        self._ends = access.log.admin().end_offsets(inputs)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.samples = [Sample(time.monotonic(), {})]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join()
        self._consumer.close()

    @property
    def share(self) -> float:
        """How much of the work is done and committed."""
        return self.samples[-1].total / sum(self._ends.values())

    def quiet_s(self) -> float:
        """How long nothing has gone on by now."""
        last = self.samples[-1].total
        return time.monotonic() - next(sample.at for sample in self.samples if sample.total == last)

    def largest_gap(self) -> Gap:
        """The longest time between two samples that differ, from the first progress to the end of the work."""
        return _largest([(sample.at, sample.total) for sample in self.samples], self.samples[0].at)

    def largest_gap_of_a_partition(self) -> Gap:
        """The longest time in which one partition stood still that was not at its end."""
        series = ([(sample.at, sample.committed.get(each, 0)) for sample in self.samples] for each in self._inputs)
        return max(_largest(one, self.samples[0].at) for one in series)

    def _run(self) -> None:
        while not self._stopped.wait(_EACH_S):
            try:
                found = self._consumer.committed(self._asked, 2)
            except KafkaException:  # what cannot be seen is a gap all the same
                continue
            committed = {
                TopicPartition(of.topic, of.partition): of.offset for of in found if of.error is None and of.offset >= 0
            }
            if sum(committed.values()) >= self.samples[-1].total:
                self.samples.append(Sample(time.monotonic(), committed))


def _largest(series: Sequence[tuple[float, int]], origin: float) -> Gap:
    moves = [(at, done) for (at, done), (_, before) in zip(series[1:], series, strict=False) if done != before]
    gaps = (Gap(after[0] - before[0], before[0] - origin) for before, after in pairwise(moves))
    return max(gaps, default=Gap(0.0, 0.0))
