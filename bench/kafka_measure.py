"""One Headrace application on Kafka in a process of its own: `python -m bench.kafka_measure KIND ORDER`.

KIND is `finish` (all input that is there, then end), `stay` (until SIGTERM; says when it runs), `restore` (stores from their
changelogs) or `consume` (the peer of `restore`: every record of a topic through `consume()`, and nothing else). ORDER is an
`Order` as JSON. Prints one line of JSON with seconds.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as KafkaPartition

from bench.kafka_broker import COMPRESSION
from bench.kafka_programs import KAFKA_PROGRAMS
from bench.workloads import PARTITIONS
from headrace.app.application import App
from headrace.app.states import AppState
from headrace.core.identifiers import TopicPartition
from headrace.dsl import StreamsBuilder
from headrace.runtime.commit.committer import CommitPoint

_POLL_RECORDS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to run.

    Attributes:
        program: Name of the program.
        app_id: Its application id.
        directory: Where its state is.
        options: Further options of the application.
        topic: What `consume` reads.
        records: How many records `consume` reads.
    """

    bootstrap: str
    program: str = ""
    guarantee: str = "exactly_once_v2"
    app_id: str = "bench"
    directory: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    topic: str = ""
    records: int = 0

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def application(order: Order, **further: Any) -> App:
    """The application, with the settings of all measurements."""
    builder = StreamsBuilder()
    KAFKA_PROGRAMS[order.program](builder)
    options: dict[str, Any] = {
        "bootstrap": order.bootstrap,
        "data_dir": Path(order.directory),
        "guarantee": order.guarantee,
        "commit_interval": "1s",
        "engine": "rocksdb",
        "memory_limit": "256MB",
        "progress_interval": 0,
        "kafka": COMPRESSION,
    }
    return App(order.app_id, builder.build(), **(options | order.options | further))


class Clock:
    """Notes in a file when this process began to process, and when it committed for the last time.

    Each worker is a process, and all of them have the same monotonic clock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._began = self._committed = 0.0
        folder.mkdir(parents=True, exist_ok=True)

    def state(self, new: AppState, _old: AppState) -> None:
        if new is AppState.RUNNING:
            self._began = time.monotonic()
            self._note()

    def probe(self, point: CommitPoint) -> None:
        if point is CommitPoint.LOG_COMMITTED:
            self._committed = time.monotonic()
            self._note()

    def seconds(self) -> float:
        """From the first process that began to the last one that committed."""
        times = [tuple(map(float, path.read_text().split())) for path in self._folder.iterdir()]
        return max(committed for _, committed in times) - min(began for began, _ in times)

    def _note(self) -> None:
        (self._folder / str(os.getpid())).write_text(f"{self._began} {self._committed}")


def finish(order: Order) -> dict[str, float]:
    """From the moment at which it runs, before it fetches anything, to its last commit."""
    clock = Clock(Path(order.directory) / "clock")
    app = application(order, commit_probe=clock.probe)
    app.on_state(clock.state)
    app.run(until_end=True)
    return {"committed_s": clock.seconds()}


def stay(order: Order) -> dict[str, float]:
    """Until it is told to stop."""
    app = application(order)
    app.on_state(lambda new, _old: print("running", flush=True) if new is AppState.RUNNING else None)
    app.run()
    return {}


class RestoreClock:
    """Notes when the first store began to be restored, when the last one was ready, and how many records that took."""

    def __init__(self) -> None:
        self.began = self.ended = 0.0
        self.records = 0

    def on_restore_start(self, _partition: TopicPartition, _store: str, _start: int, _end: int) -> None:
        self.began = self.began or time.perf_counter()

    def on_batch_restored(self, _partition: TopicPartition, _store: str, _position: int, restored: int) -> None:
        self.records += restored

    def on_restore_end(self, _partition: TopicPartition, _store: str, _total: int) -> None:
        self.ended = time.perf_counter()


def restore(order: Order) -> dict[str, float]:
    """From the first store that begins to the last one that is ready."""
    clock = RestoreClock()
    app = application(order)
    app.on_restore(clock)
    app.run(until_end=True)
    return {"restored_s": clock.ended - clock.began, "records": clock.records}


def consume(order: Order) -> dict[str, float]:
    """From the assignment to the last record."""
    settings = {"bootstrap.servers": order.bootstrap, "group.id": "bench-consume", "enable.auto.commit": False}
    consumer = Consumer({**settings, "fetch.max.bytes": 50_000_000, "max.partition.fetch.bytes": 10_000_000})
    began = time.perf_counter()
    consumer.assign([KafkaPartition(order.topic, partition, 0) for partition in range(PARTITIONS)])
    left = order.records
    while left > 0:
        left -= len(consumer.consume(_POLL_RECORDS, 1.0))
    seconds = time.perf_counter() - began
    consumer.close()
    return {"consumed_s": seconds}


KINDS = {"finish": finish, "stay": stay, "restore": restore, "consume": consume}


def main(kind: str, order: str) -> None:
    logging.getLogger("headrace").setLevel(logging.ERROR)
    print(json.dumps(KINDS[kind](Order(**json.loads(order)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
