"""Recorded cases of Kafka Streams through the whole runtime on a broker, with one instance.

Each step waits until the positions of the application have reached the ends of its inputs. Caching is off, as it was when the
cases were recorded.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, product
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from kafka_cases import Case, chosen
from kafka_runs import CaseRun
from runner import compare

from headrace.log.kafka import KafkaLog, open_kafka

COUNT = 200
AT_ONCE = 8
OPTIONS = {"commit_interval": "50ms", "emit_interval": 0, "memory_limit": 0, "progress_interval": 0}
KINDS = product(("rocksdb", "memory"), ("exactly_once_v2", "at_least_once"))

pytestmark = [pytest.mark.kafka, pytest.mark.xdist_group("kafka"), pytest.mark.timeout(600)]


@pytest.fixture
def bootstrap(request: pytest.FixtureRequest) -> str:
    running = os.environ.get("HEADRACE_TEST_KAFKA")
    return running or str(request.getfixturevalue("kafka_cluster").bootstrap)


@pytest.fixture
def kafka(bootstrap: str) -> Iterator[KafkaLog]:
    opened = open_kafka(bootstrap, client_id="cases")
    yield opened
    opened.close()


def test_gives_the_recorded_results_on_a_broker(bootstrap: str, kafka: KafkaLog, tmp_path: Path) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})

    def difference(case: Case, kind: tuple[str, str]) -> str | None:
        engine, guarantee = kind
        options: dict[str, Any] = {**OPTIONS, "engine": engine, "guarantee": guarantee}
        try:
            answer = CaseRun(case, bootstrap, kafka, producer, tmp_path, **options).answer()
        except Exception as error:  # the other cases go on
            return f"{type(error).__name__}: {error}"
        found: str | None = compare(case["expected"], answer)
        return found

    cases = chosen(COUNT)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        differences = list(pool.map(difference, cases, cycle(KINDS)))
    producer.close()
    assert len(differences) == COUNT
    told = {case["id"]: found for case, found in zip(cases, differences, strict=True) if found is not None}
    assert told == {}
