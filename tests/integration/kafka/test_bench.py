"""The benchmark's programs on Kafka, engine and peers, give what polars computes; with a few thousand records."""

import shutil
import sys
from itertools import cycle
from pathlib import Path

import pytest

pytest.importorskip("polars")
sys.path.insert(0, str(Path(__file__).parents[3]))

from bench import kafka_broker
from bench.expected import EXPECTED
from bench.kafka_lines import GUARANTEES
from bench.kafka_streams import KafkaStreams
from bench.run_kafka import COMPARED, KafkaBench
from bench.workloads import WORKLOADS

RECORDS = 5_000


@pytest.fixture
def run(kafka, bootstrap):
    return KafkaBench(bootstrap, RECORDS, runs=1, seconds=1.0)


@pytest.mark.parametrize(("name", "guarantee"), list(zip(COMPARED, cycle(GUARANTEES), strict=False)))
def test_engine_gives_the_expected_result(run, name, guarantee):
    with kafka_broker.filled(run.bootstrap, WORKLOADS[name], RECORDS) as values:
        assert run.rate_of_engine(name, guarantee, 1, EXPECTED[name](values)) > 0


def test_two_workers_give_the_expected_result(run):
    with kafka_broker.filled(run.bootstrap, WORKLOADS["w1all"], RECORDS) as values:
        assert run.rate_of_engine("w1all", "exactly_once_v2", 2, EXPECTED["w1all"](values)) > 0


@pytest.mark.skipif(shutil.which("javac") is None, reason="the peers need a Java compiler")
@pytest.mark.timeout(300)
def test_kafka_streams_gives_the_expected_result(run, tmp_path):
    with kafka_broker.filled(run.bootstrap, WORKLOADS["w1all"], RECORDS) as values:
        expected = EXPECTED["w1all"](values)
        assert run.rate_of_kafka_streams(KafkaStreams(tmp_path), "w1all", "exactly_once_v2", expected) > 0


def test_wrong_result_ends_the_benchmark(run):
    with (
        kafka_broker.filled(run.bootstrap, WORKLOADS["w3"], RECORDS) as values,
        pytest.raises(SystemExit, match="the result of Headrace exactly_once_v2, w3 is wrong"),
    ):
        run.rate_of_engine("w3", "exactly_once_v2", 1, EXPECTED["w3"](values.head(RECORDS - 1_000)))


def test_every_output_arrives_while_latency_is_measured(run):
    run.latency()
    assert [line.workload for line in run.lines] == ["latency stateless"] * 2 + ["latency counted"] * 2


def test_whole_store_is_restored_and_consumed(run):
    run.restore()
    assert [line.workload for line in run.lines] == ["restore / consume()"]


def test_answers_come_while_the_program_runs(run):
    run.records = 20_000
    run.queries()
    assert [line.workload for line in run.lines] == ["local key by HTTP"] * 2
