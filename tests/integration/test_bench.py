"""The benchmark's programs and hand-written loops give what polars computes, with a few thousand records."""

import json
import shutil
import sys
from pathlib import Path

import pytest

pytest.importorskip("polars")
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench import inputs, kafka_lines, measure
from bench.expected import EXPECTED, check
from bench.run_embedded import FLOORS
from bench.workloads import WORKLOADS

RECORDS = 5_000


@pytest.fixture(scope="module", params=sorted(FLOORS))
def prepared(request, tmp_path_factory):
    data = tmp_path_factory.mktemp(request.param) / "data"
    values = inputs.prepare(WORKLOADS[request.param], RECORDS, data)
    return request.param, data, EXPECTED[request.param](values)


@pytest.mark.parametrize("kind", ["engine", "peer", "tenths"])
def test_gives_the_expected_result(prepared, kind, tmp_path):
    name, data, expected = prepared
    run = tmp_path / "run"
    shutil.copytree(data, run)
    figures = measure.KINDS[kind](name, RECORDS, run)
    check(name, run, expected)
    assert figures["rate"] > 0


def test_typed_program_gives_the_same_as_the_untyped_one(tmp_path):
    values = inputs.prepare(WORKLOADS["w1"], RECORDS, tmp_path)
    measure.engine("w1typed", RECORDS, tmp_path)
    check("w1typed", tmp_path, EXPECTED["w1"](values))


def test_wrong_result_is_found(tmp_path):
    values = inputs.prepare(WORKLOADS["w5"], RECORDS, tmp_path)
    measure.engine("w5", RECORDS, tmp_path)
    with pytest.raises(AssertionError):
        check("w5", tmp_path, EXPECTED["w5"](values.head(RECORDS - 10)))


def test_lines_of_a_part_take_the_place_of_those_for_the_same(tmp_path):
    first = [kafka_lines.at_least(name, "at_least_once", 2, 1, 1.0) for name in ("w1", "w2")]
    again = [kafka_lines.at_least(name, "at_least_once", 3, 1, 1.0) for name in ("w1", "w3")]
    path = tmp_path / "results" / "kafka.json"
    kafka_lines.merge(path, first)
    kafka_lines.merge(path, again)
    found = [(line["workload"], line["engine"]) for line in json.loads(path.read_text())]
    assert found == [("w1", 3), ("w2", 2), ("w3", 3)]
