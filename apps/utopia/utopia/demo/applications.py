"""The three samples of the demo as applications that run side by side on one log until all input is consumed."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from headrace import App, StreamsBuilder
from headrace.core.identifiers import TopicPartition
from headrace.log.api import Log
from utopia.entities import EVENTS, STREAMS, TICKETS
from utopia.samples import customer_stream_count, purchase_event_ticket, top_customer_artists

_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample with what it reads.

    Attributes:
        rekeyed: The input that travels through a repartition topic, so that its records are read twice.
    """

    app_id: str
    build: Callable[[StreamsBuilder], None]
    inputs: tuple[str, ...]
    rekeyed: str


SAMPLES = (
    Sample("kafka-workshop-stream-count", customer_stream_count.build, (STREAMS,), STREAMS),
    Sample("kafka-workshop-top-artists", top_customer_artists.build, (STREAMS,), STREAMS),
    Sample("kafka-workshop-tickets", purchase_event_ticket.build, (EVENTS, TICKETS), TICKETS),
)


@dataclass(frozen=True, slots=True)
class Finished:
    """How a sample's run went: records of its inputs, seconds."""

    app_id: str
    records: int
    seconds: float


def run_all(log: Log, data_dir: Path, progress: Callable[[Sample, int], object]) -> list[Finished]:
    """Runs all samples until everything that is in the log is consumed.

    Args:
        log: Holds the inputs.
        data_dir: Where the stores go.
        progress: Hears now and then how many records an application has read and committed.

    Raises:
        HeadraceError: An application failed; the others are stopped.
    """
    apps = {sample.app_id: _app(sample, log, data_dir) for sample in SAMPLES}
    with ThreadPoolExecutor(len(SAMPLES)) as threads:
        runs = {sample: threads.submit(_run, apps[sample.app_id]) for sample in SAMPLES}
        try:
            _follow(log, runs, progress)
        finally:
            for app in apps.values():
                app.close()
    return [Finished(sample.app_id, expected(log, sample.inputs), run.result()) for sample, run in runs.items()]


def expected(log: Log, topics: tuple[str, ...]) -> int:
    """How many records topics hold."""
    known = log.admin().topics()
    partitions = [TopicPartition(topic, number) for topic in topics for number in range(known[topic].partitions)]
    starts, ends = log.admin().start_offsets(partitions), log.admin().end_offsets(partitions)
    return sum(ends[partition] - starts[partition] for partition in partitions)


def _app(sample: Sample, log: Log, data_dir: Path) -> App:
    builder = StreamsBuilder()
    sample.build(builder)
    return App(sample.app_id, builder.build(), log=log, data_dir=data_dir, commit_interval_ms=1_000)


def _run(app: App) -> float:
    started = time.perf_counter()
    app.run(until_end=True)
    return time.perf_counter() - started


def _follow(log: Log, runs: dict[Sample, Future[float]], progress: Callable[[Sample, int], object]) -> None:
    waiting = set(runs.values())
    while waiting:
        done, waiting = wait(waiting, timeout=_LOOK_EVERY_S)
        for sample in runs:
            positions = log.admin().positions(sample.app_id)
            progress(sample, sum(position.offset for position in positions.values()))
        for run in done:
            run.result()
