"""`make bench-kafka`: engine, Kafka Streams and Quix Streams on one real broker; writes bench/results/kafka.json.

See bench/README.md for the method. Ends with an error if a result is wrong or a floor is missed.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
from rich.console import Console

from bench import kafka_broker, kafka_latency, kafka_lines
from bench.expected import EXPECTED
from bench.kafka_lines import FLOORS, GUARANTEES, QUERY_LIMIT_MS, QUIX_FLOOR, RESTORE_FLOOR, Line, at_least, at_most
from bench.kafka_measure import Order
from bench.kafka_process import WORK, measure, ordered
from bench.kafka_programs import KEYS_WORKLOAD, RESTORED_STORE, TICKS
from bench.kafka_queries import query_times
from bench.kafka_quix import QuixStreams
from bench.kafka_streams import KafkaStreams
from bench.workloads import PARTITIONS, WORKLOADS
from headrace.cluster.ports import free_ports
from headrace.log.api import NewTopic

RESULTS = Path(__file__).parent / "results" / "kafka.json"
COMPARED = ("w1", "w2", "w3", "w4", "w1all")
PARTS = (*COMPARED, "quix", "latency", "restore", "queries")
WORKERS = (1, 2)
_MOST_FOR_QUIX = 100_000
_WARM_S = 5.0
_LATENCIES = {"at_least_once": ("1s", 30.0), "exactly_once_v2": ("100ms", 100.0 + 60.0)}
"""Commit interval, and the limit of the 99th percentile in ms."""

console = Console()


@dataclass(slots=True)
class KafkaBench:
    """One run of the whole on one broker.

    Attributes:
        runs: Repetitions of each measurement.
        seconds: How long latencies are measured.
        notes: What is told below the table.
    """

    bootstrap: str
    records: int
    runs: int
    seconds: float
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def compare(self, name: str) -> None:
        """Engine, with each number of workers, and Kafka Streams take turns; both guarantees."""
        peer = KafkaStreams(WORK)
        rates: dict[tuple[str, str], list[float]] = {}
        with kafka_broker.filled(self.bootstrap, WORKLOADS[name], self.records) as values:
            expected = EXPECTED[name](values)
            for _ in range(self.runs):
                for guarantee in GUARANTEES:
                    for workers in WORKERS:
                        rate = self.rate_of_engine(name, guarantee, workers, expected)
                        rates.setdefault((guarantee, f"{workers}"), []).append(rate)
                        console.print(f"  {name} {guarantee}, workers {workers}: {rate:,.0f}/s")
                    rate = self.rate_of_kafka_streams(peer, name, guarantee, expected)
                    rates.setdefault((guarantee, "peer"), []).append(rate)
                    console.print(f"  {name} {guarantee}, Kafka Streams: {rate:,.0f}/s")
        for guarantee in GUARANTEES:
            by_workers = {workers: statistics.median(rates[guarantee, f"{workers}"]) for workers in WORKERS}
            best = max(by_workers, key=by_workers.__getitem__)
            theirs = statistics.median(rates[guarantee, "peer"])
            self._add(at_least(name, guarantee, by_workers[best], theirs, FLOORS[name, guarantee]))
            told = ", ".join(f"{workers}: {rate:,.0f}" for workers, rate in by_workers.items())
            self.notes.append(f"{name} {guarantee}, records/s by workers: {told}")

    def quix(self) -> None:
        """W1 at least once, over fewer records: its rate does not depend on how many there are."""
        try:
            peer = QuixStreams(WORK)
        except RuntimeError as error:
            self._skip("quix", str(error))
            return
        records = min(self.records, _MOST_FOR_QUIX)
        ours, theirs = [], []
        with kafka_broker.filled(self.bootstrap, WORKLOADS["w1"], records) as values:
            expected = EXPECTED["w1"](values)
            for _ in range(self.runs):
                ours.append(self.rate_of_engine("w1", GUARANTEES[0], 1, expected, records))

                def run() -> float:
                    return peer.run(self.bootstrap, records)["processed_s"]

                theirs.append(records / self._checked("w1", "Quix Streams", expected, run))
        rates = statistics.median(ours), statistics.median(theirs)
        self._add(at_least("w1 / Quix Streams", GUARANTEES[0], *rates, QUIX_FLOOR))

    def latency(self) -> None:
        """The 99th percentile from produce to output, stateless and with a store that is not cached."""
        self._latencies("counted", GUARANTEES[1])  # for the broker alone: until it has compiled its code it is slow
        for program in ("stateless", "counted"):
            for guarantee, (interval, limit_ms) in _LATENCIES.items():
                times = self._latencies(program, guarantee)
                half, most = kafka_latency.quantile(times, 0.5), kafka_latency.quantile(times, 0.99)
                self._add(at_most(f"latency {program}", guarantee, most, limit_ms))
                self.notes.append(f"latency {program} {guarantee}: p50 {half:.1f} ms, p99 {most:.1f} ms, commit {interval}")

    def _latencies(self, program: str, guarantee: str) -> list[float]:
        kafka_broker.clear(self.bootstrap)
        with kafka_broker.opened(self.bootstrap) as log:
            log.admin().create_topics([NewTopic(TICKS, PARTITIONS)])
        sizes = {"warm_s": min(_WARM_S, self.seconds), "seconds": self.seconds}
        interval, _ = _LATENCIES[guarantee]
        return kafka_latency.latencies(self.bootstrap, program, guarantee, commit_interval=interval, **sizes)

    def restore(self) -> None:
        """A store from its changelog against nothing but consuming it."""
        guarantee = GUARANTEES[1]
        ours, theirs = [], []
        with (
            kafka_broker.filled(self.bootstrap, KEYS_WORKLOAD, self.records),
            ordered(self.bootstrap, "restored", guarantee) as order,
        ):
            measure("finish", order)
            topic = f"{order.app_id}-{RESTORED_STORE}-changelog"
            for _ in range(self.runs):
                shutil.rmtree(Path(order.directory))
                run = measure("restore", order)
                if run["records"] != self.records:
                    stop_at_wrong("restore", f"{run['records']:,.0f} of {self.records:,} records")
                ours.append(self.records / run["restored_s"])
                raw = measure("consume", Order(bootstrap=self.bootstrap, topic=topic, records=self.records))
                theirs.append(self.records / raw["consumed_s"])
        rates = statistics.median(ours), statistics.median(theirs)
        self._add(at_least("restore / consume()", guarantee, *rates, RESTORE_FLOOR))

    def queries(self) -> None:
        """A key over HTTP from the instance that has it, while that one runs through W2."""
        workload = WORKLOADS["w2"]
        halves: dict[str, list[float]] = {guarantee: [] for guarantee in GUARANTEES}
        mosts: dict[str, list[float]] = {guarantee: [] for guarantee in GUARANTEES}
        with kafka_broker.filled(self.bootstrap, workload, self.records):
            for _ in range(self.runs):
                for guarantee in GUARANTEES:
                    kafka_broker.clear(self.bootstrap, but=workload)
                    times = query_times(self.bootstrap, guarantee, free_ports(1)[0])
                    halves[guarantee].append(kafka_latency.quantile(times, 0.5))
                    mosts[guarantee].append(kafka_latency.quantile(times, 0.99))
                    told = f"p50 {halves[guarantee][-1]:.1f} ms, p99 {mosts[guarantee][-1]:.1f} ms, {len(times):,} answers"
                    console.print(f"  local key by HTTP {guarantee}: {told}")
        for guarantee in GUARANTEES:
            half, most = statistics.median(halves[guarantee]), statistics.median(mosts[guarantee])
            self._add(at_most("local key by HTTP", guarantee, most, QUERY_LIMIT_MS))
            self.notes.append(f"local key by HTTP {guarantee}, medians of {self.runs}: p50 {half:.1f} ms, p99 {most:.1f} ms")

    def rate_of_engine(
        self, name: str, guarantee: str, workers: int, expected: pl.DataFrame, records: int | None = None
    ) -> float:
        """Records per second of a program whose result is right."""
        options: dict[str, Any] = {"workers": workers} if workers > 1 else {}

        def run() -> float:
            with ordered(self.bootstrap, name, guarantee, **options) as order:
                return measure("finish", order)["committed_s"]

        return (records or self.records) / self._checked(name, f"Headrace {guarantee}", expected, run)

    def rate_of_kafka_streams(self, peer: KafkaStreams, name: str, guarantee: str, expected: pl.DataFrame) -> float:
        """Records per second of Kafka Streams, if its result is right."""

        def run() -> float:
            return peer.run(name, guarantee, self.bootstrap, self.records)["committed_s"]

        return self.records / self._checked(name, f"Kafka Streams {guarantee}", expected, run)

    def _checked(self, name: str, who: str, expected: pl.DataFrame, run: Callable[[], float]) -> float:
        """The seconds of a run whose result is right; every run has an empty output."""
        kafka_broker.clear(self.bootstrap, but=WORKLOADS[name])
        seconds = run()
        try:
            kafka_broker.check(self.bootstrap, name, expected)
        except AssertionError as error:
            stop_at_wrong(f"{who}, {name}", str(error))
        return seconds

    def _add(self, line: Line) -> None:
        self.lines.append(line)
        told = f"{line.engine:,g} / {line.peer:,g} = {line.ratio:.3f}"
        console.print(f"{line.workload} {line.guarantee}: {told} ({line.floor:g}) {'' if line.ok else 'MISSED'}")

    def _skip(self, part: str, why: str) -> None:
        self.notes.append(f"{part} was left out: {why}")
        console.print(self.notes[-1])


def stop_at_wrong(whose: str, what: str) -> NoReturn:
    """Ends the benchmark: a figure whose result is wrong is never printed."""
    message = f"the result of {whose} is wrong: {what}"
    raise SystemExit(message)


def run_parts(bench: KafkaBench, parts: list[str]) -> None:
    """Runs what is asked for, in the order of the table."""
    for part in PARTS:
        if part not in parts:
            continue
        if part in COMPARED:
            bench.compare(part)
        else:
            {"quix": bench.quix, "latency": bench.latency, "restore": bench.restore, "queries": bench.queries}[part]()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--latency-seconds", type=float, default=20.0)
    parser.add_argument("--only", nargs="*", choices=PARTS, help="parts to run; then nothing is written, or with --merge")
    parser.add_argument("--merge", action="store_true", help="put the lines into the result, and leave its others as they are")
    asked = parser.parse_args()
    with kafka_broker.broker() as bootstrap:
        bench = KafkaBench(bootstrap, asked.records, asked.runs, asked.latency_seconds)
        run_parts(bench, asked.only or list(PARTS))
    title = f"Kafka 4.1.1, one broker, {asked.records:,} records, commit 1 s, median of {asked.runs}"
    kafka_lines.show(console, title, bench.lines, bench.notes)
    if asked.merge:
        kafka_lines.merge(RESULTS, bench.lines)
    elif not asked.only:
        kafka_lines.write(RESULTS, bench.lines)
    missed = [f"{line.workload} {line.guarantee}" for line in bench.lines if not line.ok]
    if missed:
        raise SystemExit("missed: " + ", ".join(missed))


if __name__ == "__main__":
    main()
