"""Names and structure of topologies against Kafka Streams 4.1.1: what its `Topology.describe()` prints.

`describe_cases.jsonl` has topologies of recorded cases and their descriptions, `named_descriptions.jsonl` those of the programs
in `named_programs.py`. Both were printed by Kafka Streams.
"""

import json
import re
from pathlib import Path

import pytest
from case_builder import build_topology
from named_programs import PROGRAMS

from headrace import StreamsBuilder, Topology
from headrace.topology.describe import describe

HERE = Path(__file__).parent
EXTRACTOR = re.compile(r"extractor class: .*\)\n")


def recorded(file: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (HERE / file).read_text().splitlines()]


def description(topology: Topology) -> str:
    """The description; the class of a topic extractor is each language's own."""
    return EXTRACTOR.sub("extractor class: lambda)\n", describe(topology))


@pytest.mark.parametrize("case", recorded("describe_cases.jsonl"), ids=lambda case: case["id"])
def test_recorded_topology_has_the_names_and_edges_of_kafka_streams(case):
    topology = build_topology(case["topology"], lambda topic, key, value: None, naming="kafka-streams")
    assert description(topology) == case["description"]


@pytest.mark.parametrize("case", recorded("named_descriptions.jsonl"), ids=lambda case: case["id"])
def test_given_names_are_used_and_counted_as_in_kafka_streams(case):
    builder = StreamsBuilder(naming="kafka-streams")
    PROGRAMS[case["id"]](builder)
    assert description(builder.build()) == case["description"]


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_stable_names_build_every_program(program):
    builder = StreamsBuilder()
    program(builder)
    assert describe(builder.build()).startswith("Topologies:")
